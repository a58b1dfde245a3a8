"""`rerun`: repeats a recorded call with its model, once unrecorded and once recorded, and compares.

The recorded prompt ids, mask, settings and random state go in; tokens and raw logits must come out the same.
The global random state is put back afterwards. Does not check a trace against itself: `tracer.verify` does.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import GenerationConfig

from tracer import processor_names
from tracer.errors import ModelError, SignalMissingError
from tracer.recording.description.environment import describe_model
from tracer.recording.model.target_model import inner_model
from tracer.recording.recorder import record
from tracer.replay.closeness import same_bits
from tracer.replay.place import Place, find_place
from tracer.replay.verdicts import Check, Tally, Verification, cannot_check
from tracer.trace.call import Call
from tracer.trace.opening import open_trace
from tracer.trace.trace import Trace

_COMPUTED_FROM = {"max_length": "max_new_tokens", "min_length": "min_new_tokens"}
_LEFT_OUT = frozenset(
    {
        "num_return_sequences",  # every row is given
        "token_healing",  # and as it was healed
        "max_time",  # the number of rounds stands for it
        "return_dict_in_generate",
        "output_logits",
        "transformers_version",
    }
)

_SAME_IN = ("class_name", "dtype", "num_parameters", "attn_implementation")


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
    _require_same_model(trace, model)
    place = find_place(trace.manifest.environment)
    reason = _why_not(recorded)
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


def _require_same_model(trace: Trace, model: Any) -> None:
    given = describe_model(model)
    for name in _SAME_IN:
        was, now = getattr(trace.model, name), getattr(given, name)
        if was != now:
            raise ModelError(
                f"The trace was recorded with {name}={was!r}, and this model has {now!r}. "
                f"Load the recorded model again: {trace.model.name!r}, {trace.model.dtype}, "
                f"attn_implementation={trace.model.attn_implementation!r}."
            )


def _why_not(call: Call) -> str | None:
    info = call.info
    prefix_len = max([info.prefix_len, *(forward.prefix_len for forward in call.forwards)])
    if prefix_len:
        return f"the call began with a cache that already held {prefix_len} positions"
    if not info.prompt_len or not any(map(len, info.prompt_ids)):
        return "the prompt was not given as token ids"
    if not any(sequence.steps for sequence in call.sequences):
        return "the call has no steps"
    return None


def _repeat(call: Call, model: Any, tokenizer: Any, place: Place) -> Iterator[Check]:
    with tempfile.TemporaryDirectory() as folder, _threads_of(call):
        path = Path(folder) / "rerun.trace"
        with _random_state_of(call, model):
            outcome = _generate(call, model, tokenizer)
        preset = call.trace.manifest.config.get("preset", "standard")
        with _random_state_of(call, model), record(model, None, to=path, preset=preset, logits="last"):
            again = _generate(call, model, tokenizer)
        repeated = open_trace(path).call(0)
        if difference := _other_settings(call, repeated):
            yield cannot_check("rerun tokens", difference, call=call.index)
        else:
            yield from _compare_with_trace(call, outcome, place)
        yield from _compare_runs(call, outcome, again, repeated)


@contextmanager
def _threads_of(call: Call) -> Iterator[None]:
    """Sets the recorded number of threads: on the CPU another number adds up in another order."""
    present = torch.get_num_threads()
    torch.set_num_threads(call.trace.manifest.environment.num_threads or present)
    try:
        yield
    finally:
        torch.set_num_threads(present)


@contextmanager
def _random_state_of(call: Call, model: Any) -> Iterator[None]:
    """Sets the recorded random state of the first round, and puts the present one back at the end."""
    device = model.device
    devices = [device] if device.type == "cuda" else []
    state = call.sequences[0].steps[0].random_state if call.sequences[0].steps else None
    with torch.random.fork_rng(devices=devices):
        if state is not None:
            words = torch.frombuffer(bytearray(state), dtype=torch.uint8)
            if device.type == "cuda":
                torch.cuda.set_rng_state(words, device)
            else:
                torch.set_rng_state(words)
        yield


def _generate(call: Call, model: Any, tokenizer: Any) -> _Outcome:
    info = call.info
    prompt = torch.tensor(info.prompt_ids, device=model.device)
    mask = None if info.prompt_mask is None else torch.tensor(info.prompt_mask, device=model.device)
    output = model.generate(
        input_ids=prompt,
        attention_mask=mask,
        return_dict_in_generate=True,
        output_logits=True,
        **_arguments(call, model.generation_config, tokenizer),
    )
    return _Outcome(output.sequences[:, info.prompt_len :].cpu(), tuple(row.cpu() for row in output.logits))


def _arguments(call: Call, model_config: GenerationConfig, tokenizer: Any) -> dict[str, Any]:
    """Returns the settings as arguments; None keeps the model's own ones out where the call had none."""
    config = GenerationConfig(**_settings(call))
    names = {name for name in vars(config) if not name.startswith("_")} - _LEFT_OUT
    arguments = {name: getattr(config, name) for name in names}
    given = {name for name, value in arguments.items() if value is not None}
    cleared = {name for name, value in vars(model_config).items() if value is not None} & names
    arguments = {name: arguments[name] for name in given | cleared}
    return arguments | ({"tokenizer": tokenizer} if tokenizer is not None and config.stop_strings else {})


def _settings(call: Call) -> dict[str, Any]:
    """Returns the resolved settings; a call that ended early is repeated for as many rounds as it had."""
    settings = {name: parameter.value for name, parameter in call.info.generation_config.items()}
    for computed, base in _COMPUTED_FROM.items():
        if settings.get(base) is not None:
            settings.pop(computed, None)
    if call.status != "complete" or settings.get("max_time") is not None:
        settings.pop("max_length", None)
        settings["max_new_tokens"] = max(len(sequence.steps) for sequence in call.sequences)
    return {name: value for name, value in settings.items() if name not in _LEFT_OUT}


def _other_settings(call: Call, repeated: Call) -> str | None:
    """Returns what the repeated call cannot have: processors and criteria that no setting stands for."""
    for what, was, now in (
        ("processors", call.stage_names[1:], repeated.stage_names[1:]),
        ("criteria", call.criterion_names, repeated.criterion_names),
    ):
        is_clock_only = what == "criteria" and set(was) - set(now) <= {"MaxTimeCriteria"}
        if was != now and not is_clock_only:
            return f"the call had the {what} {_listed(was)}, and its settings give {_listed(now)}"
    return None


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "none"


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
