"""A recorded call, ready to run again with its model: inputs, settings, number of threads, random state.

What `rerun` and `branch` share. Runs nothing itself; changes of torch's state last for a block.
"""

import inspect
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from transformers import GenerationConfig

from tracer.errors import ModelError
from tracer.live.loading.models import load_model
from tracer.live.loading.progress import Progress
from tracer.recording.description.environment import describe_model
from tracer.schema import ModelInfo
from tracer.trace.call import Call
from tracer.trace.trace import Trace

COMPUTED_FROM = {"max_length": "max_new_tokens", "min_length": "min_new_tokens"}
"""Settings that `generate` overwrites with the prompt's length plus another one."""

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


def load_recorded(recorded: ModelInfo, name: str | None = None, *, progress: Progress | None = None) -> Any:
    """Returns (model, tokenizer), loaded as the recorded one was: by its recorded name, or by another.

    Raises:
        ModelError: the model is not there, or cannot be loaded.
    """
    return load_model(
        name or recorded.name,
        dtype=recorded.dtype,
        device="cpu" if recorded.device == "cpu" else None,
        attn_implementation=recorded.attn_implementation,
        progress=progress,
    )


def require_same_model(trace: Trace, model: Any) -> None:
    """Raises ModelError unless the model has the recorded class, dtype, size and attention implementation."""
    given = describe_model(model)
    for name in _SAME_IN:
        was, now = getattr(trace.model, name), getattr(given, name)
        if was != now:
            raise ModelError(
                f"The trace was recorded with {name}={was!r}, and this model has {now!r}. "
                f"Load the recorded model again: {trace.model.name!r}, {trace.model.dtype}, "
                f"attn_implementation={trace.model.attn_implementation!r}."
            )


def why_not_repeatable(call: Call) -> str | None:
    """Returns why the trace does not hold what the call began with, as a clause, or None."""
    info, packed = call.info, call.trace.manifest.packed
    if packed is not None and packed.is_redacted:
        return "the trace was packed with --redact, which took its prompt out"
    prefix_len = max([info.prefix_len, *(forward.prefix_len for forward in call.forwards)])
    if prefix_len:
        return f"the call began with a cache that already held {prefix_len} positions"
    if not info.prompt_len or not any(map(len, info.prompt_ids)):
        return "the prompt was not given as token ids"
    if not any(sequence.steps for sequence in call.sequences):
        return "the call has no steps"
    return None


def why_not_drawn_again(call: Call) -> str | None:
    """Returns why the draws of the call cannot be repeated, as a clause, or None."""
    if call.info.mode != "sample" or call.sequences[0].steps[0].random_state is not None:
        return None
    return "the random state of its first step was not recorded"


@contextmanager
def threads_of(call: Call) -> Iterator[None]:
    """Sets the recorded number of threads: on the CPU another number adds up in another order."""
    present = torch.get_num_threads()
    torch.set_num_threads(call.trace.manifest.environment.num_threads or present)
    try:
        yield
    finally:
        torch.set_num_threads(present)


@contextmanager
def random_state_of(call: Call, model: Any) -> Iterator[None]:
    """Sets the recorded random state of the first round, and puts the present one back at the end."""
    devices = [model.device] if model.device.type == "cuda" else []
    state = call.sequences[0].steps[0].random_state if call.sequences[0].steps else None
    with torch.random.fork_rng(devices=devices):
        if state is not None:
            set_random_state(state, model.device)
        yield


def set_random_state(state: bytes, device: torch.device) -> None:
    """Makes a recorded state that of the device's generator."""
    words = torch.frombuffer(bytearray(state), dtype=torch.uint8)
    if device.type == "cuda":
        torch.cuda.set_rng_state(words, device)
    else:
        torch.set_rng_state(words)


def recorded_inputs(call: Call, model: Any) -> dict[str, Any]:
    """Returns `input_ids` and `attention_mask`, (rows, prompt_len), on the model's device."""
    info = call.info
    inputs = {"input_ids": torch.tensor(info.prompt_ids, device=model.device)}
    if info.prompt_mask is not None:
        inputs["attention_mask"] = torch.tensor(info.prompt_mask, device=model.device)
    elif "attention_mask" in inspect.signature(model.forward).parameters:
        # All ones; transformers would guess a mask from padding tokens in the prompt.
        inputs["attention_mask"] = torch.ones_like(inputs["input_ids"])
    return inputs


def repeated_settings(call: Call) -> dict[str, Any]:
    """Returns the resolved settings; a call that ended early gets as many rounds as it had."""
    settings = continued_settings(call)
    return settings if call.status == "complete" else _for_its_rounds(call, settings)


def continued_settings(call: Call) -> dict[str, Any]:
    """Returns the resolved settings; where a clock could stop the call, its number of rounds stands for it."""
    settings = {name: parameter.value for name, parameter in call.info.generation_config.items()}
    for computed, base in COMPUTED_FROM.items():
        if settings.get(base) is not None:
            settings.pop(computed, None)
    if settings.get("max_time") is not None:
        settings = _for_its_rounds(call, settings)
    return {name: value for name, value in settings.items() if name not in _LEFT_OUT}


def _for_its_rounds(call: Call, settings: dict[str, Any]) -> dict[str, Any]:
    num_rounds = max(len(sequence.steps) for sequence in call.sequences)
    settings = {name: value for name, value in settings.items() if name != "max_length"}
    return settings | {"max_new_tokens": num_rounds}


def generate_arguments(
    settings: Mapping[str, Any], model_config: GenerationConfig, tokenizer: Any
) -> dict[str, Any]:
    """Returns settings as arguments; None keeps the model's own ones out where there are none.

    The tokenizer is among them where the call stops at strings.
    """
    config = GenerationConfig(**settings)
    names = {name for name in vars(config) if not name.startswith("_")} - _LEFT_OUT
    names |= settings.keys() & {"max_time"}
    arguments = {name: getattr(config, name) for name in names}
    given = {name for name, value in arguments.items() if value is not None}
    cleared = {name for name, value in vars(model_config).items() if value is not None} & names
    arguments = {name: arguments[name] for name in given | cleared}
    return arguments | ({"tokenizer": tokenizer} if tokenizer is not None and config.stop_strings else {})


def other_chain(call: Call, processors: tuple[str, ...], criteria: tuple[str, ...]) -> str | None:
    """Returns how class names differ from the recorded ones: what no setting stands for; or None."""
    for what, was, now in (
        ("processors", call.stage_names[1:], processors),
        ("criteria", call.criterion_names, criteria),
    ):
        is_clock_only = what == "criteria" and set(was) - set(now) <= {"MaxTimeCriteria"}
        if was != now and not is_clock_only:
            return f"the call had the {what} {_listed(was)}, and its settings give {_listed(now)}"
    return None


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "none"
