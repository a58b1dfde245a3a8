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

Columns = dict[str, list[Any]]

_BY_STAGE = ("score", "probability", "rank", "removed")


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

    def columns(self, sequence: int, step: int) -> Columns:
        """Returns the rows of one step of one sequence, column by column."""
        key = (sequence << 32) | step
        begin, end = np.searchsorted(self._keys, [key, key + 1])
        columns: Columns = self._table.take(self._order[begin:end]).to_pydict()
        return columns


def group_candidates(
    columns: Columns, num_stages: int, render: Callable[[int], str]
) -> tuple[Candidate, ...]:
    """Returns one candidate per token, ordered by raw rank, then id; `render` gives the text of an id.

    Raises:
        TraceFormatError: a token lacks a stage.
    """
    stages, expected = columns["stage"], list(range(num_stages))
    by_token: dict[int, list[int]] = defaultdict(list)
    for place in sorted(range(len(stages)), key=stages.__getitem__):
        by_token[columns["token_id"][place]].append(place)
    candidates = []
    for token_id, places in by_token.items():
        found = [stages[place] for place in places]
        if found != expected:
            raise TraceFormatError(
                f"Candidate {token_id} of step {columns['step'][places[0]]} has the stages {found}, "
                f"and 0 to {num_stages - 1} were expected. The candidates table is damaged: record again."
            )
        cells = (tuple([columns[name][place] for place in places]) for name in _BY_STAGE)
        candidates.append(Candidate(token_id, render(token_id), *cells))
    return tuple(sorted(candidates, key=lambda one: (one.rank[0], one.token_id)))
