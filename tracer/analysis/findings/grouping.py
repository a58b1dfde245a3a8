"""Findings of one rule in one sequence, put together: the strongest speaks, the others are counted.

Decides what a short list shows; finds nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from tracer.analysis.findings.finding import Finding


@dataclass(frozen=True, slots=True)
class Group:
    """The strongest finding of its kind, and the steps of all of them, in order."""

    strongest: Finding
    steps: tuple[int, ...]


def grouped(findings: Iterable[Finding]) -> tuple[Group, ...]:
    """Returns one group for each rule, sequence and setting, in the order of the findings."""
    kinds: dict[object, list[Finding]] = {}
    for one in findings:
        is_of_step = one.step is not None
        kind = (one.rule, one.call, one.row, one.settings, None if is_of_step else tuple(one.tokens.items()))
        kinds.setdefault(kind, []).append(one)
    return tuple(
        Group(
            strongest=max(members, key=lambda one: one.strength),
            steps=tuple(sorted({one.step for one in members if one.step is not None})),
        )
        for members in kinds.values()
    )
