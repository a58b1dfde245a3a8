"""`rerun`: repeats a recorded call with its model, once unrecorded and once recorded, and compares.

The recorded prompt ids, mask, settings and random state go in; tokens and raw logits must come out the same.
The tokens that a branch forced are forced again.
The global random state is put back afterwards. Does not check a trace against itself: `tracer.verify` does.
"""

import tempfile
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracer import processor_names
from tracer.errors import SignalMissingError
from tracer.live.branching_off.forcing import Forcing, forced
from tracer.live.replaying.recorded_call import (
    generate_arguments,
    other_chain,
    random_state_of,
    recorded_inputs,
    repeated_settings,
    require_same_model,
    threads_of,
    why_not_drawn_again,
    why_not_repeatable,
)
from tracer.recording.model.target_model import inner_model
from tracer.recording.recorder import record
from tracer.replay.closeness import same_bits
from tracer.replay.place import Place, find_place
from tracer.replay.verdicts import Check, Tally, Verification, cannot_check
from tracer.trace.call import Call
from tracer.trace.opening import open_trace
from tracer.trace.trace import Trace


def rerun(trace: Trace, model: Any, call: int = 0, *, tokenizer: Any = None) -> Verification:
    """Returns the checks that the model repeats a recorded call.

    Checks: `rerun tokens` and `rerun logits` compare an unrecorded run with the trace, `recorded tokens` and
    `recorded logits` a recorded run with the unrecorded one.

    Args:
        tokenizer: needed where the call stopped at strings.

    Raises:
        ModelError: `model` is not the recorded one, or was loaded otherwise.
        ValueError: the trace has no such call.
    """
    recorded = trace.call(call)
    require_same_model(trace, model)
    place = find_place(trace.manifest.environment)
    reason = why_not_repeatable(recorded) or why_not_drawn_again(recorded)
    if reason is None:
        checks = _repeat(recorded, inner_model(model), tokenizer, place)
    else:
        checks = iter([cannot_check("rerun tokens", reason, call=call)])
    return Verification(tuple(checks))


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What one run gave: generated ids (rows, rounds), and raw logits per round (rows, vocab) float32."""

    token_ids: Any
    logits: tuple[Any, ...]


def _repeat(call: Call, model: Any, tokenizer: Any, place: Place) -> Iterator[Check]:
    with tempfile.TemporaryDirectory() as folder, threads_of(call):
        path = Path(folder) / "rerun.trace"
        with random_state_of(call, model):
            outcome = _generate(call, model, tokenizer)
        preset = call.trace.manifest.config.get("preset", "standard")
        with random_state_of(call, model), record(model, None, to=path, preset=preset, logits="last"):
            again = _generate(call, model, tokenizer)
        repeated = open_trace(path).call(0)
        if difference := other_chain(call, repeated.stage_names[1:], repeated.criterion_names):
            yield cannot_check("rerun tokens", difference, call=call.index)
        else:
            yield from _compare_with_trace(call, outcome, place)
        yield from _compare_runs(call, outcome, again, repeated)


def _generate(call: Call, model: Any, tokenizer: Any) -> _Outcome:
    arguments = generate_arguments(repeated_settings(call), model.generation_config, tokenizer)
    is_branch = any(call.info.forced_steps)
    with forced(model, Forcing.repeating(call)) if is_branch else nullcontext():
        output = model.generate(
            **recorded_inputs(call, model), return_dict_in_generate=True, output_logits=True, **arguments
        )
    prompt_len = call.info.prompt_len
    return _Outcome(output.sequences[:, prompt_len:].cpu(), tuple(row.cpu() for row in output.logits))


def _compare_with_trace(call: Call, outcome: _Outcome, place: Place) -> Iterator[Check]:
    tokens = Tally("rerun tokens", call.index, "tokens of an unrecorded run are those of the trace")
    logits = Tally(
        "rerun logits", call.index, "rows of raw logits of an unrecorded run are those of the trace"
    )
    spoiled = _spoiled(call)
    for sequence in call.sequences:
        repeated = outcome.token_ids[sequence.row].tolist()
        for step in sequence.steps:
            now = repeated[step.index] if step.index < len(repeated) else None
            detail = f"step {step.index}: token {step.token_id} recorded, {now} when repeated"
            _judge(tokens, now == step.token_id, detail, sequence.row, place)
            if spoiled is not None or step.index >= len(outcome.logits):
                logits.skip(spoiled or "the repeated run was shorter")
                continue
            try:
                recorded = step.logits
            except SignalMissingError:
                logits.skip("the raw logits of some steps were not recorded")
                continue
            is_same = same_bits(recorded, outcome.logits[step.index][sequence.row].numpy())
            _judge(logits, is_same, f"step {step.index}: the raw logits have other bits", sequence.row, place)
    yield from tokens.checks()
    yield from logits.checks()


def _spoiled(call: Call) -> str | None:
    """Returns why transformers' own raw logits cannot be trusted, or None."""
    for info in call.processors:
        if info.module != processor_names.MODULE or info.class_name not in processor_names.LEAVES_SCORES:
            return f"{info.class_name} may write into the raw logits that transformers returns"
    return None


def _judge(tally: Tally, agrees: bool, detail: str, row: int, place: Place) -> None:
    if agrees or place.is_same:
        tally.judge(agrees, detail, row)
    else:
        tally.skip(f"the trace was {place.difference}, and bits differ here")


def _compare_runs(call: Call, outcome: _Outcome, again: _Outcome, repeated: Call) -> Iterator[Check]:
    tokens = Tally("recorded tokens", call.index, "rows of tokens are the same with and without recording")
    logits = Tally(
        "recorded logits", call.index, "rows of raw logits are the same with and without recording"
    )
    spoiled = _spoiled(repeated)
    for row in range(len(outcome.token_ids)):
        is_same = outcome.token_ids[row].tolist() == again.token_ids[row].tolist()
        tokens.judge(is_same, "the tokens differ with and without recording", row)
    for sequence in repeated.sequences:
        for step in sequence.steps:
            if spoiled is not None:
                logits.skip(spoiled)
                continue
            bare = (
                outcome.logits[step.index][sequence.row].numpy() if step.index < len(outcome.logits) else None
            )
            detail = f"step {step.index}: the raw logits differ with and without recording"
            logits.judge(bare is not None and same_bits(step.logits, bare), detail, sequence.row)
    yield from tokens.checks()
    yield from logits.checks()
