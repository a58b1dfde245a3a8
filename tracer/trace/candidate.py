"""The candidates of a step: tokens followed through every stage, with score, probability and rank.

Reads the table of the step's own shard; computes nothing.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from tracer.errors import TraceFormatError


@dataclass(frozen=True, slots=True)
class Candidate:
    """One token through the chain; the tuples are indexed by stage, 0 being the raw logits."""

    token_id: int
    token: str
    score: tuple[float, ...]
    probability: tuple[float, ...]
    rank: tuple[int, ...]
    removed: tuple[bool, ...]


class CandidateTable:
    """The candidates of one shard, addressed by sequence and step."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table
        sequence, step = (table[name].to_numpy().astype(np.int64) for name in ("sequence", "step"))
        keys = (sequence << 32) | step
        self._order = np.argsort(keys, kind="stable")
        self._keys = keys[self._order]

    def rows(self, sequence: int, step: int) -> list[dict[str, Any]]:
        """Returns the rows of one step of one sequence."""
        key = (sequence << 32) | step
        begin, end = np.searchsorted(self._keys, [key, key + 1])
        rows: list[dict[str, Any]] = self._table.take(self._order[begin:end]).to_pylist()
        return rows


def group_candidates(
    rows: list[dict[str, Any]], num_stages: int, render: Callable[[int], str]
) -> tuple[Candidate, ...]:
    """Returns one candidate per token, ordered by raw rank, then id; `render` gives the text of an id.

    Raises:
        TraceFormatError: a token lacks a stage.
    """
    by_token: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row["stage"]):
        by_token[row["token_id"]].append(row)
    candidates = []
    for token_id, stages in by_token.items():
        found = [row["stage"] for row in stages]
        if found != list(range(num_stages)):
            raise TraceFormatError(
                f"Candidate {token_id} of step {stages[0]['step']} has the stages {found}, "
                f"and 0 to {num_stages - 1} were expected. The candidates table is damaged: record again."
            )
        columns = {
            name: tuple(row[name] for row in stages) for name in ("score", "probability", "rank", "removed")
        }
        candidates.append(Candidate(token_id=token_id, token=render(token_id), **columns))
    return tuple(sorted(candidates, key=lambda one: (one.rank[0], one.token_id)))
