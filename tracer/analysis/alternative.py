"""What a step would have given with other settings: the answer as a frozen value, and how it is put together.

The chain, what runs each processor, and who wins come from outside (`chain_editing`, `common_processors`,
`choice`, and `tracer.replay` for what needs torch). An answer holds for one step, given the recorded text
before it: after the first change the real text would have gone another way.
"""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tracer.analysis.chain_editing import Link, prompt_row
from tracer.analysis.choice import Choice, Undecided
from tracer.analysis.explanation import json_ready
from tracer.analysis.settings import Setting, setting_of
from tracer.analysis.statistics import Scores, ranks, removed_mass, stage_statistics, top_ids
from tracer.self_rendering import RendersItself

if TYPE_CHECKING:
    from tracer.trace.step import Step

MOST_ROWS = 10
BEST = 6

Process = Callable[[Link, Scores], Scores]
"""Runs one processor on the scores of a step."""


class Luck(StrEnum):
    """Where the luck of the draw comes from."""

    NONE = "none"  # the highest score wins
    RECORDED = "recorded"
    NEW = "new"  # drawn by numpy from the seed that was given


@dataclass(frozen=True, slots=True)
class ChangedSetting:
    """A setting that was asked for, and what it was; None where it was or is not set."""

    name: str
    recorded: Any
    asked: Any


@dataclass(frozen=True, slots=True)
class AlternativeStage:
    """One stage of the edited chain; `is_recorded`: its scores are those of the trace, nothing was computed."""

    stage: int
    setting: Setting
    num_left: int
    removed_mass: float
    is_recorded: bool


@dataclass(frozen=True, slots=True)
class AlternativeRow:
    """One token before (as recorded) and after (with the settings asked for), under the final scores.

    `removed_at` is the stage of the edited chain that cut it off, `removed_by` the class of its processor.
    """

    token_id: int
    token: str
    probability_before: float
    probability_after: float
    rank_before: int
    rank_after: int
    removed_at: int | None
    removed_by: str | None
    is_chosen: bool
    is_answer: bool


@dataclass(frozen=True, slots=True)
class WhatIf(RendersItself):
    """What one step would have given. Without a winner `token_id`, `token`, `probability`, `changed` are None.

    `undecided` then says why. `probability` is that of the answered token under the new final scores;
    `chosen_after` what the recorded token would have had. `margin` is the winner's lead in nats.
    """

    call: int
    sequence: int
    step: int
    settings: tuple[ChangedSetting, ...]
    mode: str
    luck: Luck
    token_id: int | None
    token: str | None
    probability: float | None
    changed: bool | None
    undecided: Undecided | None
    margin: float | None
    chosen_id: int
    chosen: str
    chosen_before: float
    chosen_after: float
    stages: tuple[AlternativeStage, ...]
    rows: tuple[AlternativeRow, ...]

    def describe(self) -> dict[str, Any]:
        """Returns all of it as JSON-ready values."""
        described: dict[str, Any] = json_ready(dataclasses.asdict(self))
        return described


@dataclass(frozen=True, slots=True)
class WhatIfText(RendersItself):
    """The answers for every step of a text, each given the recorded text before it.

    `first_change` is the first step that would have given another token; what really follows it is unknown.
    """

    settings: tuple[ChangedSetting, ...]
    steps: tuple[WhatIf, ...]

    @property
    def first_change(self) -> int | None:
        """The first step with another token, or None."""
        return next((answer.step for answer in self.steps if answer.changed), None)

    @property
    def first_undecided(self) -> int | None:
        """The first step whose token cannot be known, or None; a change may lie there already."""
        return next((answer.step for answer in self.steps if answer.undecided), None)

    def describe(self) -> dict[str, Any]:
        """Returns all of it as JSON-ready values."""
        steps = [answer.describe() for answer in self.steps]
        settings = [json_ready(dataclasses.asdict(setting)) for setting in self.settings]
        found = {"first_change": self.first_change, "first_undecided": self.first_undecided}
        return {"settings": settings, **found, "steps": steps}


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of every step: the settings, the edited chain, how tokens are chosen."""

    settings: tuple[ChangedSetting, ...]
    links: tuple[Link, ...]
    mode: str
    luck: Luck


def tokens_before(step: "Step") -> npt.NDArray[np.int64]:
    """Returns the ids that the processors of a step saw in its row, padding included."""
    prompt = prompt_row(step.call, step.call.info.prompt_ids, step.sequence.row)
    return np.array([*prompt, *step.sequence.token_ids[: step.index]], dtype=np.int64)


def run_chain(step: "Step", links: tuple[Link, ...], process: Process) -> list[Scores]:
    """Returns the scores of every stage of the edited chain, the logits first.

    As long as the chain is the recorded one, the recorded scores are taken; `process` runs the rest.
    """
    stages = [step.after(stage) for stage in range(_common_length(step, links) + 1)]
    for link in links[len(stages) - 1 :]:
        stages.append(process(link, stages[-1]))
    return stages


def _common_length(step: "Step", links: tuple[Link, ...]) -> int:
    """How many processors, from the first one on, are the recorded ones."""
    pairs = zip(links, step.call.processors, strict=False)
    differing = (place for place, (link, info) in enumerate(pairs) if link.info is not info)
    return next(differing, min(len(links), len(step.call.processors)))


def answer(step: "Step", asked: Asked, stages: list[Scores], choice: Choice) -> WhatIf:
    """Returns the answer for one step from the scores of its edited chain and the winner."""
    final = stages[-1]
    logsumexp = stage_statistics(final).logsumexp
    chosen, winner = step.token_id, choice.token_id
    visible = step.call.trace.vocabulary.visible
    return WhatIf(
        call=step.call.index,
        sequence=step.sequence.row,
        step=step.index,
        settings=asked.settings,
        mode=asked.mode,
        luck=asked.luck,
        token_id=winner,
        token=None if winner is None else visible(winner),
        probability=None if winner is None else _probability(final, winner, logsumexp),
        changed=None if winner is None else winner != chosen,
        undecided=choice.undecided,
        margin=choice.margin,
        chosen_id=chosen,
        chosen=visible(chosen),
        chosen_before=step.probability,
        chosen_after=_probability(final, chosen, logsumexp),
        stages=_stages(step, asked.links, stages),
        rows=_rows(step, asked.links, stages, choice),
    )


def _probability(scores: Scores, token_id: int, logsumexp: float) -> float:
    score = float(scores[token_id])
    return 0.0 if score == -np.inf else float(np.exp(score - logsumexp))


def _stages(step: "Step", links: tuple[Link, ...], stages: list[Scores]) -> tuple[AlternativeStage, ...]:
    settings = [Setting("logits")]
    settings += [setting_of(link.info.class_name, link.info.parameters) for link in links]
    num_recorded = _common_length(step, links)
    statistics = [stage_statistics(scores) for scores in stages]
    masses = [0.0]
    masses += [
        removed_mass(before, found.logsumexp, after)
        for before, found, after in zip(stages[:-1], statistics[:-1], stages[1:], strict=True)
    ]
    return tuple(
        AlternativeStage(stage, setting, found.survivors, mass, stage <= num_recorded)
        for stage, (setting, found, mass) in enumerate(zip(settings, statistics, masses, strict=True))
    )


def _rows(
    step: "Step", links: tuple[Link, ...], stages: list[Scores], choice: Choice
) -> tuple[AlternativeRow, ...]:
    """The recorded token, the answer, and the most probable ones before and after, by what they are after."""
    before, after = step.scores, stages[-1]
    leading = [one for pair in zip(_best(after), _best(before), strict=False) for one in pair]
    wanted = [step.token_id, *([] if choice.token_id is None else [choice.token_id])]
    wanted += [*leading, *_best(after), *_best(before)]
    ids = np.array(list(dict.fromkeys(wanted))[:MOST_ROWS], dtype=np.int64)
    ids = ids[np.lexsort((ids, -before[ids], -after[ids]))]
    logsumexp = (step.logsumexp[-1], stage_statistics(after).logsumexp)
    places = (ranks(before, ids).tolist(), ranks(after, ids).tolist())
    removed_at = [_removed_at(token_id, stages) for token_id in ids.tolist()]
    return tuple(
        AlternativeRow(
            token_id=token_id,
            token=step.call.trace.vocabulary.visible(token_id),
            probability_before=_probability(before, token_id, logsumexp[0]),
            probability_after=_probability(after, token_id, logsumexp[1]),
            rank_before=rank_before,
            rank_after=rank_after,
            removed_at=stage,
            removed_by=links[stage - 1].info.class_name if stage else None,
            is_chosen=token_id == step.token_id,
            is_answer=token_id == choice.token_id,
        )
        for token_id, stage, rank_before, rank_after in zip(ids.tolist(), removed_at, *places, strict=True)
    )


def _best(scores: Scores) -> list[int]:
    best: list[int] = top_ids(scores, BEST).tolist()
    return best


def _removed_at(token_id: int, stages: list[Scores]) -> int | None:
    removed = (stage for stage, scores in enumerate(stages) if scores[token_id] == -np.inf)
    return next(removed, None)


def changed_settings(recorded: Mapping[str, Any], asked: Mapping[str, Any]) -> tuple[ChangedSetting, ...]:
    """Returns the settings asked for beside what they were, in the order given."""
    return tuple(ChangedSetting(name, recorded.get(name), value) for name, value in asked.items())
