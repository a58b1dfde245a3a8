"""Checks the chain of logits processors: each one rebuilt and run again gives the recorded stage.

On the recorded device type and versions every bit must agree; elsewhere values may differ by 2 units in the
last place, and a processor that cuts by score may keep or remove other tokens only where they tie with the
cut. A stage that cannot be rebuilt is taken as recorded, and the next one starts from it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tracer import processor_names
from tracer.errors import RebuildError, SignalMissingError
from tracer.replay.absence import absence
from tracer.replay.closeness import MAX_ULPS, same_bits, tied_with_cut, ulps
from tracer.replay.place import Place
from tracer.replay.processors import rebuild, why_not
from tracer.replay.rounds import Round, Scores, read_rounds
from tracer.replay.verdicts import Check, Tally
from tracer.schema import ProcessorInfo
from tracer.trace.call import Call

if TYPE_CHECKING:
    import torch
    from transformers import LogitsProcessor

_LISTED = 8


def check_processors(call: Call, place: Place) -> Iterator[Check]:
    """Yields the checks of every stage of a call."""
    stages = [_Stage.of(call, info, place) for info in call.processors]
    for one in read_rounds(call) if stages else ():
        _replay(one, stages, place)
    for stage in stages:
        yield from stage.tally.checks()
    if not stages:
        yield from Tally("processors", call.index, "stages, because there are no logits processors").checks()


@dataclass(slots=True)
class _Stage:
    """One stage: its processor, or why there is none."""

    info: ProcessorInfo
    tally: Tally
    processor: "LogitsProcessor | None"
    reason: str | None
    ties: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, call: Call, info: ProcessorInfo, place: Place) -> "_Stage":
        agree = "bit for bit" if place.is_same else f"within {MAX_ULPS} ulp ({place.difference})"
        tally = Tally(
            "processors", call.index, f"rows of stage {info.stage} ({info.class_name}) agree {agree}"
        )
        processor, reason = None, why_not(info)
        if reason is None:
            try:
                processor = rebuild(info, device=place.device)
            except RebuildError as error:
                reason = str(error).rstrip(".")
        return cls(info, tally, processor, reason)

    def give_up(self, reason: str) -> None:
        """Stops replaying this stage: its state is no longer that of the recorded processor."""
        self.processor, self.reason = None, reason

    def skip_round(self, one: Round, reason: str) -> None:
        """Leaves a round out, after which a processor that keeps state has lost it."""
        self.tally.skip(reason)
        if self.info.is_stateful and self.reason is None:
            self.give_up(f"{self.info.class_name} keeps state, and step {one.index} was not recorded")

    def run(self, input_ids: "torch.Tensor", scores: "torch.Tensor") -> "torch.Tensor | None":
        """Returns the processor's output, or None where there is no processor."""
        if self.processor is None:
            return None
        given = scores.clone() if self.info.class_name in processor_names.WRITES_INTO_SCORES else scores
        output: torch.Tensor = self.processor(input_ids, given)
        return output


def _replay(one: Round, stages: list[_Stage], place: Place) -> None:
    import torch

    try:
        recorded = [one.after(stage.info.stage) for stage in stages]
    except SignalMissingError:
        trace = next(iter(one.steps.values())).call.trace
        no_scores = absence(trace, "the scores of some steps were not recorded", "scores", "logits")
        for stage in stages:
            stage.skip_round(one, no_scores)
        return
    current = _start(one, place)
    input_ids = torch.from_numpy(one.input_ids.copy()).to(place.device)
    with torch.no_grad():
        for stage, rows in zip(stages, recorded, strict=True):
            current = _replay_stage(one, stage, (input_ids, current), rows, place)


def _start(one: Round, place: Place) -> "torch.Tensor | None":
    """Returns the raw logits, (rows, vocab) float32, or None where they were not recorded."""
    import torch

    try:
        return torch.from_numpy(one.logits().copy()).to(place.device)
    except SignalMissingError:
        return None


def _replay_stage(
    one: Round,
    stage: _Stage,
    given: "tuple[torch.Tensor, torch.Tensor | None]",
    recorded: dict[int, Scores],
    place: Place,
) -> "torch.Tensor":
    """Runs one processor on (input_ids, scores), compares, and returns what the next one starts from."""
    import torch

    input_ids, before = given
    if before is None:
        stage.skip_round(one, "the raw logits were not recorded")
        before = torch.zeros(one.num_rows, len(next(iter(recorded.values()))), device=place.device)
        return _with_rows(before, recorded)
    try:
        output = stage.run(input_ids, before)
    except Exception as error:  # whatever a processor raises is an answer about the trace
        stage.tally.fail(f"step {one.index}: {stage.info.class_name} raised {type(error).__name__}: {error}")
        stage.give_up(f"{stage.info.class_name} raised in round {one.index}")
        output = None
    if output is None:
        stage.tally.skip(stage.reason or "")
    else:
        replayed = output.float().cpu().numpy()
        for row, scores in recorded.items():
            _compare(one, stage, row, (before[row].cpu().numpy(), scores, replayed[row]), place)
        if all(same_bits(replayed[row], scores) for row, scores in recorded.items()):
            return output
    return _with_rows(before if output is None else output, recorded)


def _with_rows(scores: "torch.Tensor", rows: dict[int, Scores]) -> "torch.Tensor":
    """Returns a copy in which the rows that were still generating are those recorded."""
    import torch

    after = scores.clone()
    for row, values in rows.items():
        after[row] = torch.from_numpy(values.copy()).to(after.device)
    return after


def _compare(
    one: Round, stage: _Stage, row: int, scores: tuple[Scores, Scores, Scores], place: Place
) -> None:
    before, recorded, replayed = scores
    if same_bits(recorded, replayed):
        return stage.tally.hold()
    if recorded.shape != replayed.shape:
        return stage.tally.fail(
            f"step {one.index}: {recorded.shape} recorded, {replayed.shape} replayed", row
        )
    wrong = np.flatnonzero(recorded.view(np.int32) != replayed.view(np.int32))
    if not place.is_same:
        wrong = wrong[ulps(recorded[wrong], replayed[wrong]) > MAX_ULPS]
        if stage.info.class_name in processor_names.CUTS_BY_SCORE:
            tied = tied_with_cut(before, recorded, replayed, wrong)
            if len(tied):
                stage.tally.note(f"step {one.index} row {row}: {_listed(tied)} tied with the cut")
            wrong = np.setdiff1d(wrong, tied)
    stage.tally.judge(not len(wrong), _difference(one, stage, recorded, replayed, wrong), row)
    return None


def _difference(
    one: Round, stage: _Stage, recorded: Scores, replayed: Scores, wrong: npt.NDArray[np.int64]
) -> str:
    if not len(wrong):
        return ""
    first = int(wrong[0])
    return (
        f"step {one.index}, stage {stage.info.stage} ({stage.info.class_name}): {len(wrong)} of "
        f"{len(recorded)} scores differ, the first of token {first}: "
        f"{recorded[first]} recorded, {replayed[first]} replayed"
    )


def _listed(ids: npt.NDArray[np.int64]) -> str:
    shown = ", ".join(map(str, ids[:_LISTED]))
    return f"{len(ids)} tokens ({shown}{', …' if len(ids) > _LISTED else ''})"
