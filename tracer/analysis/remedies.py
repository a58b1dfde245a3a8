"""What would have had to be otherwise at a step for a given token to be chosen: found by trying.

Each answer was tried on the recorded scores with the recorded luck (`tracer.analysis.trial`) and holds for this
step alone, the text before it as it was. One setting is changed at a time, but for `keep`, which changes as
many as must let the token through. A setting that the call did not have is not added.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from tracer.analysis.settings import Setting, scalar, setting_of
from tracer.analysis.statistics import Scores, ranks, stage_statistics
from tracer.analysis.trial import (
    TRIABLE,
    UntriableError,
    Value,
    Verdict,
    rescored,
    stage_scores,
    wins_by_luck,
    wins_by_score,
)

if TYPE_CHECKING:
    from tracer.trace.step import Step

Changes = Mapping[int, Value]

_MOST_K = 300
_GRIDS = {
    "temperature": tuple(round(0.05 * n, 2) for n in range(1, 61)),
    "penalty": tuple(round(1 + 0.01 * n, 2) for n in range(1, 101)),
    "top_p": tuple(round(0.01 * n, 2) for n in range(1, 100)),
    "min_p": tuple(round(0.01 * n, 2) for n in range(1, 101)),
}
"""The values that are tried, for top-k see `_values`."""


class Choice(StrEnum):
    """How the token is taken from the final scores."""

    LUCK = "luck"  # the recorded draw
    GREEDY = "greedy"


@dataclass(frozen=True, slots=True)
class Adjustment:
    """One setting as recorded, and the value it would need; None: the processor left out."""

    setting: Setting
    value: Value


@dataclass(frozen=True, slots=True)
class Remedy:
    """What chooses the token: these settings changed (none: as recorded), taken this way."""

    adjustments: tuple[Adjustment, ...]
    choice: Choice


@dataclass(frozen=True, slots=True)
class Remedies:
    """What was found for one token. `found` and `undecided` hold the nearest value of each setting.

    `keep`: the least change of the filters that leaves the token in; empty where it never was removed.
    `probability`: the token's final one, with `keep`. `undecided`: the recorded luck does not tell.
    `untriable`: classes that stood in the way of a trial.
    """

    token_id: int
    mode: str
    keep: tuple[Adjustment, ...]
    probability: float | None
    found: tuple[Remedy, ...]
    undecided: tuple[Remedy, ...]
    untriable: tuple[str, ...]

    @property
    def needs_another_draw(self) -> bool:
        """Whether every trial was decided, and none chose the token with the recorded luck."""
        is_open = self.undecided or self.untriable
        is_found = any(remedy.choice is Choice.LUCK for remedy in self.found)
        return self.mode == "sample" and not is_open and not is_found


def remedies_for(step: "Step", token_id: int) -> Remedies:
    """Returns what would have chosen the token at this step.

    Raises:
        SignalMissingError: the logits or the scores were not recorded.
    """
    trials = _Trials(step, token_id)
    keep = trials.keep()
    own = Choice.LUCK if step.call.info.mode == "sample" else Choice.GREEDY
    if own is Choice.LUCK and not trials.judge({}, Choice.GREEDY):
        for changes in ({stage: None} for stage in trials.active):
            trials.judge(changes, Choice.GREEDY)
    for stage in trials.active:
        trials.judge({stage: None}, own)
        trials.judge_nearest(stage, own)
    if keep:
        trials.judge(keep, own)
    return Remedies(
        token_id=token_id,
        mode=step.call.info.mode,
        keep=trials.adjustments(keep or {}),
        probability=None if keep is None else trials.probability(keep),
        found=tuple(trials.found),
        undecided=tuple(trials.undecided),
        untriable=tuple(dict.fromkeys(trials.untriable)),
    )


class _Trials:
    """The trials of one token at one step, and what they showed."""

    def __init__(self, step: "Step", token_id: int) -> None:
        self._step = step
        self._token_id = token_id
        self.found: list[Remedy] = []
        self.undecided: list[Remedy] = []
        self.untriable: list[str] = []
        stages = range(1, step.num_stages)
        self.active = [n for n in stages if not np.array_equal(step.after(n - 1), step.after(n))]

    def adjustments(self, changes: Changes) -> tuple[Adjustment, ...]:
        """Returns changes by stage as settings."""
        infos = self._step.call.processors
        return tuple(
            Adjustment(setting_of(infos[stage - 1].class_name, infos[stage - 1].parameters), value)
            for stage, value in sorted(changes.items())
        )

    def judge(self, changes: Changes, choice: Choice) -> bool:
        """Tries changes, notes what they show, and returns whether they choose the token."""
        remedy = Remedy(self.adjustments(changes), choice)
        verdict = self._try(changes, choice)
        if verdict is Verdict.CHOSEN and remedy not in self.found:
            self.found.append(remedy)
        if verdict is Verdict.UNDECIDED and remedy not in self.undecided:
            self.undecided.append(remedy)
        return verdict is Verdict.CHOSEN

    def judge_nearest(self, stage: int, choice: Choice) -> None:
        """Tries values of one setting, the nearest first, until one chooses the token."""
        first_undecided: Changes | None = None
        for value in self._values(stage):
            match self._try({stage: value}, choice):
                case Verdict.CHOSEN:
                    self.judge({stage: value}, choice)
                    return
                case Verdict.UNDECIDED if first_undecided is None:
                    first_undecided = {stage: value}
                case None:
                    return
        if first_undecided is not None:
            self.judge(first_undecided, choice)

    def keep(self) -> Changes | None:
        """Returns the least changes with which no stage removes the token, or None where that is not known."""
        changes: dict[int, Value] = {}
        scores = self._step.logits
        for stage in range(1, self._step.num_stages):
            try:
                after = stage_scores(self._step, stage, scores, changes)
                if after[self._token_id] == -math.inf < scores[self._token_id]:
                    changes[stage] = self._least(stage, scores)
                    after = stage_scores(self._step, stage, scores, changes)
            except UntriableError as error:
                self.untriable.append(str(error))
                return None
            scores = after
        return changes

    def probability(self, changes: Changes) -> float:
        """Returns the token's final probability under these changes."""
        scores = rescored(self._step, changes)
        return float(np.exp(float(scores[self._token_id]) - stage_statistics(scores).logsumexp))

    def _try(self, changes: Changes, choice: Choice) -> Verdict | None:
        try:
            scores = rescored(self._step, changes)
        except UntriableError as error:
            self.untriable.append(str(error))
            return None
        if choice is Choice.GREEDY:
            return wins_by_score(scores, self._token_id)
        return wins_by_luck(self._step, scores, self._token_id)

    def _values(self, stage: int) -> Iterator[Value]:
        processor = self._step.call.processors[stage - 1]
        name = TRIABLE.get(processor.class_name)
        recorded = scalar(processor.parameters.get(name)) if name else None
        if name is None or not isinstance(recorded, int | float):
            return
        values: Iterable[float] = _GRIDS.get(name, ())
        if name == "top_k":
            least = _place(self._step.after(stage - 1), self._token_id)
            values = range(least, max(least + 1, _MOST_K))
        yield from sorted(
            (value for value in values if value != recorded), key=lambda value: abs(value - recorded)
        )

    def _least(self, stage: int, scores: Scores) -> Value:
        """The value nearest to the recorded one with which a stage does not remove the token; None: none."""
        match TRIABLE.get(self._step.call.processors[stage - 1].class_name):
            case "top_k":
                return _place(scores, self._token_id)
            case "top_p":
                better = scores[scores > scores[self._token_id]].astype(np.float64)
                above = float(np.exp(better - stage_statistics(scores).logsumexp).sum())
                values = [round(math.ceil(above * 1000) / 1000 + 0.001 * n, 3) for n in range(2)]
            case "min_p":
                share = math.exp(float(scores[self._token_id]) - float(scores.max()))
                digits = 10.0 ** (2 - math.floor(math.log10(share)))
                values = [(round(share * digits) - n) / digits for n in range(2)]
            case _:
                return None
        for value in values:
            if 0 < value < 1 and math.isfinite(
                stage_scores(self._step, stage, scores, {stage: value})[self._token_id]
            ):
                return value
        return None


def _place(scores: Scores, token_id: int) -> int:
    return int(ranks(scores, np.array([token_id]))[0]) + 1
