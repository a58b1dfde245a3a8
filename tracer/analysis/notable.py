"""Which steps of a sequence are worth looking at, how much, and why; also the next one and the one before.

One rule orders all of them, so that the step to open first is the first of the list. Reads the tables as whole
columns; a text of thousands of steps takes a fraction of a second. Findings of lint are given by the caller.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tracer.analysis.findings.finding import Finding as LintFinding
from tracer.analysis.findings.finding import Rule, Severity
from tracer.analysis.forks import CLOSE_NATS, CLOSE_PROBABILITY
from tracer.analysis.settings import listed
from tracer.analysis.step_columns import Numbers, StepColumns, step_columns

if TYPE_CHECKING:
    from tracer.trace.sequence import Sequence

FEW = range(3, 11)
"""Among so many tokens a lost draw is worth a look."""

SURPRISING = 0.05
"""A chosen token that the model gave less is a surprise."""


class Finding(StrEnum):
    """What makes a step worth looking at, the strongest first."""

    STOP_OVERRULED = "stop_overruled"
    WINNER_CHANGED = "winner_changed"
    WINNER_LOST = "winner_lost"
    LEAST_SURE = "least_sure"
    LINT = "lint"
    CLOSE_CALL = "close_call"
    SURPRISING = "surprising"


_BANDS: Mapping[Finding, tuple[float, float]] = MappingProxyType(
    {
        Finding.STOP_OVERRULED: (0.85, 1.0),
        Finding.WINNER_CHANGED: (0.7, 0.85),
        Finding.WINNER_LOST: (0.55, 0.7),
        Finding.LEAST_SURE: (0.5, 0.55),
        Finding.LINT: (0.3, 0.5),
        Finding.CLOSE_CALL: (0.15, 0.3),
        Finding.SURPRISING: (0.0, 0.15),
    }
)
"""Where the strengths of a finding lie: a stronger kind goes before a weaker one, whatever the numbers."""

_FEW_STEPS = 5
_ONE_IN = 5
"""Of a long text at most one step in so many is stopped at; of a short one the first `_FEW_STEPS`."""

_UNREADABLE = 0.3
"""A step whose token is special, blank, or part of a character counts so much, less than any `LEAST_SURE`."""

_SEVERITIES = MappingProxyType({Severity.ERROR: 1.0, Severity.WARNING: 0.6, Severity.NOTE: 0.2})


@dataclass(frozen=True, slots=True)
class Reason:
    """One finding at a step; `amount`, 0 to 1, is what it rests on, as `notable_steps` says.

    `stage` is the one that overturned the favorite, `rule` the one of lint, where that is the finding.
    """

    finding: Finding
    amount: float
    stage: int | None = None
    rule: Rule | None = None

    @property
    def strength(self) -> float:
        """0 to 1, comparable between findings."""
        low, high = _BANDS[self.finding]
        return low + (high - low) * self.amount


@dataclass(frozen=True, slots=True)
class Notable:
    """A step worth looking at; its reasons, the strongest first."""

    step: int
    strength: float
    reasons: tuple[Reason, ...]

    @property
    def finding(self) -> Finding:
        """The strongest of its findings."""
        return self.reasons[0].finding


def notable_steps(sequence: "Sequence", lint: Iterable[LintFinding] = ()) -> tuple[Notable, ...]:
    """Returns the steps worth looking at, the strongest first; none only for a sequence without steps.

    Amounts: the model's probability of its favorite where that was to stop, or was overturned; by how much the
    winner led where it lost the draw; how near the runner-up was; how little the model expected the token. A step
    that is only the model's least sure is there when none was overruled, overturned or lost.

    Args:
        lint: findings of `lint` on the trace; those at a step of this sequence count.
    """
    columns = step_columns(sequence)
    if not len(columns.step):
        return ()
    is_readable = _readable(sequence, columns)
    reasons = defaultdict[int, list[Reason]](list)
    for finding, is_found, amount in _judged(columns, _stop_ids(sequence)):
        for place in np.flatnonzero(is_found).tolist():
            stage = int(columns.overturned_at[place]) if finding is Finding.WINNER_CHANGED else 0
            reasons[place].append(Reason(finding, float(np.clip(amount[place], 0.0, 1.0)), stage or None))
    _add_lint(reasons, sequence, columns, lint)
    _add_least_sure(reasons, columns, is_readable)
    return tuple(
        sorted(
            (_notable(int(columns.step[at]), found, bool(is_readable[at])) for at, found in reasons.items()),
            key=lambda one: (-one.strength, one.step),
        )
    )


def worth_stopping_at(notables: Iterable[Notable], num_steps: int) -> tuple[Notable, ...]:
    """Returns the strongest of them, as many as help someone who goes from one to the next: one step in five."""
    found = sorted(notables, key=lambda one: (-one.strength, one.step))
    return tuple(found[: max(_FEW_STEPS, num_steps // _ONE_IN)])


def next_notable(notables: Iterable[Notable], step: int) -> Notable | None:
    """Returns the nearest one behind a step, or None."""
    return min((one for one in notables if one.step > step), key=lambda one: one.step, default=None)


def previous_notable(notables: Iterable[Notable], step: int) -> Notable | None:
    """Returns the nearest one before a step, or None."""
    return max((one for one in notables if one.step < step), key=lambda one: one.step, default=None)


def _judged(
    columns: StepColumns, stop_ids: frozenset[int]
) -> Iterator[tuple[Finding, npt.NDArray[np.bool_], Numbers]]:
    stops = np.array(sorted(stop_ids), dtype=np.int64)
    is_overruled = np.isin(columns.favorite_id, stops) & ~np.isin(columns.token_id, stops)
    yield Finding.STOP_OVERRULED, is_overruled, columns.favorite_before
    is_changed = columns.winner_id != columns.favorite_id
    yield Finding.WINNER_CHANGED, is_changed, columns.favorite_before
    is_lost = (columns.token_id != columns.winner_id) & np.isin(columns.num_left, FEW)
    yield Finding.WINNER_LOST, is_lost, columns.winner_probability - columns.probability
    lead = columns.winner_probability - columns.second_probability
    nearest = np.minimum(
        columns.winner_probability * np.exp(-CLOSE_NATS), columns.winner_probability - CLOSE_PROBABILITY
    )
    is_close = (
        (columns.num_left > 1) & (columns.second_probability > 0) & (columns.second_probability >= nearest)
    )
    yield Finding.CLOSE_CALL, is_close, 1.0 - lead
    yield (
        Finding.SURPRISING,
        columns.model_probability < SURPRISING,
        1.0 - columns.model_probability / SURPRISING,
    )


def _add_lint(
    reasons: dict[int, list[Reason]], sequence: "Sequence", columns: StepColumns, lint: Iterable[LintFinding]
) -> None:
    places = {step: place for place, step in enumerate(columns.step.tolist())}
    for one in lint:
        if (one.call, one.row) == (sequence.call.index, sequence.row) and one.step in places:
            reasons[places[one.step]].append(Reason(Finding.LINT, _SEVERITIES[one.severity], rule=one.rule))


def _add_least_sure(
    reasons: dict[int, list[Reason]], columns: StepColumns, is_readable: npt.NDArray[np.bool_]
) -> None:
    """Where no readable step, or none at all, was overruled, changed or lost, the least sure one stands first."""
    among = np.flatnonzero(is_readable) if is_readable.any() else np.arange(len(is_readable))
    strong = {Finding.STOP_OVERRULED, Finding.WINNER_CHANGED, Finding.WINNER_LOST}
    if not any(one.finding in strong for place in among.tolist() for one in reasons.get(place, ())):
        reasons[int(among[np.argmax(columns.model_entropy[among])])].append(Reason(Finding.LEAST_SURE, 1.0))


def _notable(step: int, found: list[Reason], is_readable: bool) -> Notable:
    reasons = tuple(sorted(found, key=lambda one: -one.strength))
    return Notable(step, reasons[0].strength * (1.0 if is_readable else _UNREADABLE), reasons)


def _readable(sequence: "Sequence", columns: StepColumns) -> npt.NDArray[np.bool_]:
    vocabulary = sequence.call.trace.vocabulary
    ids, places = np.unique(columns.token_id, return_inverse=True)
    shown = ((token_id, vocabulary.visible(token_id)) for token_id in ids.tolist())
    is_readable = [
        not vocabulary.special(token_id) and "⟨" not in text and any(map(str.isalnum, text))
        for token_id, text in shown
    ]
    return np.array(is_readable, dtype=np.bool_)[places]


def _stop_ids(sequence: "Sequence") -> frozenset[int]:
    found = (listed(criterion.parameters.get("eos_token_id")) for criterion in sequence.call.criteria)
    return frozenset(token_id for ids in found for token_id in ids if isinstance(token_id, int))
