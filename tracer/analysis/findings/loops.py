"""The rule about loops: the same tokens again and again, directly behind each other."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tracer.analysis.findings.finding import Finding, Rule, Severity, of_call

if TYPE_CHECKING:
    from tracer.trace.call import Call

MIN_TIMES = 4

MIN_TIMES_ALONE = 8
"""For a single token: digits, dashes and blanks repeat a few times in any good text."""

MAX_LENGTH = 64


@dataclass(frozen=True, slots=True)
class Loop:
    """Tokens that stand `times` times in a row, beginning at a place; `length` tokens each time."""

    start: int
    length: int
    times: int


def loops(call: "Call") -> Iterator[Finding]:
    """Finds answers in which a run of tokens comes `MIN_TIMES` times in a row or more."""
    for sequence in call.sequences:
        for loop in loops_in(sequence.token_ids):
            numbers = {"num_times": loop.times, "length": loop.length, "num_tokens": loop.times * loop.length}
            yield of_call(
                Rule.LOOP,
                Severity.WARNING,
                call,
                numbers,
                row=sequence.row,
                step=sequence.steps[loop.start].index,
                tokens={"first": sequence.token_ids[loop.start]},
                strength=numbers["num_tokens"],
            )


def loops_in(token_ids: tuple[int, ...]) -> tuple[Loop, ...]:
    """Returns the loops of a row of ids, none overlapping another, by their place; of equals the shorter."""
    ids, found = np.asarray(token_ids), list[Loop]()
    for length in range(1, min(MAX_LENGTH, len(ids) // MIN_TIMES) + 1):
        for start, count in _runs(ids[length:] == ids[:-length]):
            loop = Loop(start, length, count // length + 1)
            is_known = any(
                start < one.start + one.length * one.times and one.start < start + length * loop.times
                for one in found
            )
            if loop.times >= (MIN_TIMES_ALONE if length == 1 else MIN_TIMES) and not is_known:
                found.append(loop)
    return tuple(sorted(found, key=lambda loop: loop.start))


def _runs(is_equal: np.ndarray) -> Iterator[tuple[int, int]]:
    """Yields start and length of each unbroken row of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], is_equal.astype(np.int8), [0]])))
    for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        yield start, end - start
