"""`branch`: continues a recorded call for real from one of its steps, with another token or other settings.

The call runs again as it was recorded: prefill, then one forward a token, with the recorded tokens forced up to
the step and the recorded random states in place; from there on nothing is forced. The result is a new trace that
names its parent. The global random state is put back afterwards. Answers no what-if without the model.
"""

import dataclasses
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from tracer.config import RecordingConfig
from tracer.errors import ModelError, SignalMissingError, UnsupportedCallError
from tracer.live.branching_off.branch_settings import BranchSettings
from tracer.live.branching_off.branch_token import find_token_id
from tracer.live.branching_off.forcing import Forcing, forced
from tracer.live.branching_off.rehearsal import Rehearsal, rehearse
from tracer.live.replaying.recorded_call import (
    continued_settings,
    generate_arguments,
    other_chain,
    random_state_of,
    recorded_inputs,
    require_same_model,
    threads_of,
    why_not_repeatable,
)
from tracer.recording.model.target_model import inner_model
from tracer.recording.recorder import record
from tracer.recording.writing.trace_writing import Lineage
from tracer.replay.closeness import same_bits
from tracer.schema import Branch
from tracer.trace.call import Call
from tracer.trace.opening import open_trace
from tracer.trace.step import Step
from tracer.trace.trace import Trace

logger = logging.getLogger(__name__)


def branch(
    trace: Trace,
    step: int | Step,
    *,
    model: Any,
    to: str | Path,
    tokenizer: Any = None,
    token: str | int | None = None,
    seed: int | None = None,
    config: RecordingConfig | None = None,
    **settings: Any,
) -> Trace:
    """Continues a recorded call from a step as a new trace, and returns it. With nothing changed, it repeats the call.

    Changed settings are those of the whole new call: before the step they show in the recorded stages, while the
    tokens are the recorded ones. The other rows of a batch keep their recorded tokens, and go on by themselves
    where these end before the call does.

    Args:
        step: its index, or `trace.step(3, call=0, row=1)` where the trace holds several sequences.
        model: the recorded one; tokenizer: for stop strings, and for the vocabulary where the trace has none.
        token: takes the place of the recorded one: its text, "#123", or its id.
        seed: makes other draws from the step on; None: the recorded random state, so the recorded luck.
        config: what to record; None: what the trace recorded.
        settings: as in `generate`; `max_new_tokens` counts from the prompt.

    Raises:
        ValueError: no such step or token, or a setting that cannot be changed at a step.
        ModelError: `model` is not the recorded one, or its settings do not give the recorded processors.
        UnsupportedCallError: the trace does not hold what the call began with.
        TraceExistsError: `to` holds a trace already.
    """
    chosen = trace.step(step) if isinstance(step, int) else step
    _check_places(trace, chosen, Path(to))
    require_same_model(trace, model)
    inner = inner_model(model)
    given = BranchSettings.of(settings)
    departure = _Departure(
        step=chosen,
        token_id=None if token is None else find_token_id(token, trace, tokenizer),
        seed=seed,
        given=given,
        arguments=_arguments(chosen, inner, tokenizer, given),
    )
    prefix = _PrefixComparison(departure)
    with threads_of(chosen.call), random_state_of(chosen.call, inner):
        recording = record(model, tokenizer, to=to, config=config or recorded_config(chosen.call))
        with recording:
            lineage = departure.lineage(with_vocabulary=tokenizer is None)
            recording.note_lineage(lineage)
            with forced(inner, departure.forcing(), on_logits=prefix.compare):
                inner.generate(**departure.arguments)
            recording.note_lineage(prefix.noted_in(lineage))
    prefix.warn()
    return open_trace(to)


def recorded_config(call: Call, *, overwrite: bool = False) -> RecordingConfig:
    """Returns what the call's trace recorded, for a new trace."""
    described = call.trace.manifest.config
    known = {field.name for field in dataclasses.fields(RecordingConfig)}
    values = {name: value for name, value in described.items() if name in known}
    for name in ("layers", "steps"):
        values[name] = None if values.get(name) is None else tuple(values[name])
    messages = None if call.info.messages is None else tuple(call.info.messages)
    return RecordingConfig(**values | {"messages": messages, "overwrite": overwrite, "unsupported": "raise"})


@dataclass(frozen=True, slots=True)
class _Departure:
    """Where the branch leaves, and with what. `arguments` are all of the new `generate` call."""

    step: Step
    token_id: int | None
    seed: int | None
    given: BranchSettings
    arguments: dict[str, Any]

    @property
    def rows(self) -> tuple[tuple[int, ...], ...]:
        """Per row of the batch, the tokens to force."""
        own = self.step.sequence.token_ids[: self.step.index]
        own += () if self.token_id is None else (self.token_id,)
        sequences = self.step.call.sequences
        return tuple(own if one.row == self.step.sequence.row else one.token_ids for one in sequences)

    def forcing(self) -> Forcing:
        """Returns tokens and random states up to the step."""
        states = tuple(one.random_state for one in self.step.sequence.steps[: self.step.index + 1])
        return Forcing(self.rows, states, self.seed, self.step.index)

    def lineage(self, *, with_vocabulary: bool) -> Lineage:
        """Returns what the new trace says of its parent; where there is no tokenizer, with its vocabulary."""
        trace = self.step.call.trace
        return Lineage(
            branch=Branch(
                trace=str(trace.path),
                created_at=trace.manifest.created_at,
                call=self.step.call.index,
                row=self.step.sequence.row,
                step=self.step.index,
                token_id=self.token_id,
                seed=self.seed,
                settings=self.given.describe(),
            ),
            forced_steps=tuple(map(len, self.rows)),
            notes=tuple(self._notes()),
            vocabulary=trace.files.vocabulary_table() if with_vocabulary else None,
            chat_template=trace.chat_template if with_vocabulary else None,
        )

    def _notes(self) -> list[str]:
        step, call = self.step, self.step.call
        notes = [
            f"Branch of {str(call.trace.path)!r}, call {call.index}, row {step.sequence.row}, from step {step.index} "
            "on. Before it the recorded tokens were forced behind the last stage: the stages of those steps are "
            "what the model and the settings of this call gave."
        ]
        if self.token_id is not None:
            notes.append(f"At step {step.index} the token {self.token_id} was set by hand.")
        if len(call.sequences) > 1:
            notes.append("The other rows kept their recorded tokens as far as these go.")
        is_sampled = self.arguments.get("do_sample")
        if is_sampled and self.seed is None and step.random_state is None:
            notes.append(
                f"The trace holds no random state of step {step.index}: the draws from there on are new."
            )
        if "max_time" in call.info.generation_config:
            notes.append("max_time was left out: the recorded number of rounds stands for it.")
        return notes


class _PrefixComparison:
    """Whether the raw logits of the row, up to the step, come out with the recorded bits."""

    def __init__(self, departure: _Departure) -> None:
        self._step = departure.step
        self._num_compared = 0
        self._first_other: int | None = None

    def compare(self, index: int, logits: torch.Tensor) -> None:
        """Compares one round, (rows, vocab)."""
        sequence = self._step.sequence
        if index > self._step.index or self._first_other is not None:
            return
        try:
            recorded = sequence.steps[index].logits
        except SignalMissingError:
            return
        self._num_compared += 1
        if not same_bits(recorded, logits[sequence.row].float().cpu().numpy()):
            self._first_other = index

    def noted_in(self, lineage: Lineage) -> Lineage:
        """Returns the lineage with the answer, which is written once the call has run."""
        answer = self._first_other is None if self._num_compared else None
        branch = lineage.branch.model_copy(update={"repeats_prefix": answer})
        return dataclasses.replace(lineage, branch=branch, vocabulary=None)

    def warn(self) -> None:
        """Logs a warning where the bits differ: other weights, another machine or other versions."""
        if self._first_other is not None:
            logger.warning(
                "At step %d the raw logits have other bits than the recorded ones: the weights, the machine "
                "or the versions differ. The branch follows the recorded tokens all the same.",
                self._first_other,
            )


def _check_places(trace: Trace, step: Step, to: Path) -> None:
    if step.call.trace.path != trace.path:
        raise ValueError(
            f"step={step!r} is of {str(step.call.trace.path)!r}, not of {str(trace.path)!r}. "
            "Type step=trace.step(3, call=0, row=0)."
        )
    if to.resolve() == trace.path.resolve():
        raise ValueError(
            f"to={str(to)!r} is the trace that is to be continued. Give another path, such as to='runs/branch.trace'."
        )
    reason = why_not_repeatable(step.call)
    if reason is not None:
        raise UnsupportedCallError(
            f"Call {step.call.index} of {str(trace.path)!r} cannot be continued, because {reason}. "
            "Branch from a call that began with its whole prompt as token ids."
        )


def _arguments(step: Step, model: Any, tokenizer: Any, given: BranchSettings) -> dict[str, Any]:
    """Returns the arguments of the new call, after transformers has accepted them."""
    inputs = recorded_inputs(step.call, model)

    def arguments(settings: Mapping[str, Any]) -> dict[str, Any]:
        named = generate_arguments(settings, model.generation_config, tokenizer)
        return {**inputs, **named, "return_dict_in_generate": True}

    recorded = continued_settings(step.call)
    _check_chain(step.call, [rehearse(model, arguments(recorded) | extra) for extra in ({}, given.objects)])
    changed = given.changed(recorded)
    _check_stops(step, rehearse(model, arguments(changed) | given.objects), model)
    return arguments(changed) | given.objects | given.listeners


def _check_chain(call: Call, rehearsals: list[Rehearsal]) -> None:
    """Raises unless one of them has the recorded processors and criteria."""
    differences = [other_chain(call, one.processor_names, one.criterion_names) for one in rehearsals]
    if all(differences):
        raise ModelError(
            f"Call {call.index} of {str(call.trace.path)!r} cannot be continued as it was: {differences[-1]}. "
            "Pass the missing ones again: branch(..., logits_processor=[...], stopping_criteria=[...])."
        )


def _check_stops(step: Step, rehearsal: Rehearsal, model: Any) -> None:
    """Raises where the new settings end the row before the step."""
    row, prompt_len = step.sequence.row, step.call.info.prompt_len
    ids = [*step.call.info.prompt_ids[row], *step.sequence.token_ids[: step.index]]
    found = rehearsal.stops_within(torch.tensor([ids], device=model.device), prompt_len)
    if found is not None:
        stopped, criterion = found
        raise ValueError(
            f"step={step.index} is never reached with these settings: {criterion} ends row {row} at step {stopped}. "
            f"Branch at step {stopped} or before, or leave out what ends it (max_new_tokens counts from the "
            "prompt)."
        )
