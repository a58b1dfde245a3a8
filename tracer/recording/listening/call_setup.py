"""The settings of one call, described at the moment `generate` has resolved them and before its first forward.

Everything is read here, on the generating thread, before any processor has run: processors may change themselves.
"""

from dataclasses import dataclass, replace
from typing import Any

import torch
from transformers import GenerationConfig

from tracer.config import RecordingConfig
from tracer.recording.description.parameters import describe_criterion, describe_processor, scale_hint
from tracer.recording.description.provenance import describe_generation_config
from tracer.recording.listening.caches import cache_of, describe_layers
from tracer.schema import ConfigParameter, CriterionInfo, Missing, ProcessorInfo

DRAWING_DEVICES = ("cpu", "cuda")
"""The device types whose random state is read and whose noise can be drawn again."""


@dataclass(frozen=True, slots=True)
class CallSetup:
    """What is known of a call before it generates. `prompt_mask` is (rows, columns) or None: all ones.

    `prefix_len` positions are in the cache already. `config` is what a budget leaves of the block's
    configuration; None: all of it.
    """

    mode: str
    num_rows: int
    num_return_sequences: int
    prompt_len: int
    max_new_tokens: int
    prompt_mask: torch.Tensor | None
    device: torch.device
    cache_class: str | None
    use_cache: bool
    is_cache_visible: bool
    generation_config: dict[str, ConfigParameter]
    processors: tuple[ProcessorInfo, ...]
    scale_hints: tuple[float | None, ...]
    criteria: tuple[CriterionInfo, ...] = ()
    notes: tuple[str, ...] = ()
    missing: tuple[Missing, ...] = ()
    prefix_len: int = 0
    config: RecordingConfig | None = None

    def with_criteria(self, criteria: Any) -> "CallSetup":
        """Returns the setup with its stopping criteria."""
        return replace(self, criteria=tuple(describe_criterion(criterion) for criterion in criteria))


def describe_setup(
    model: Any, processors: Any, kwargs: dict[str, Any], arguments: dict[str, Any]
) -> CallSetup:
    """Returns the setup from the arguments of `_get_logits_processor` and those of `generate`.

    Source: transformers 5.23, generation/utils.py, generate.
    """
    config: GenerationConfig = kwargs["generation_config"]
    model_kwargs = kwargs.get("model_kwargs") or {}
    encoder_input_ids = kwargs["encoder_input_ids"]
    returned = int(config.num_return_sequences or 1)
    prompt_len = int(kwargs["input_ids_seq_length"])
    cache = cache_of(model_kwargs)
    mask = model_kwargs.get("attention_mask")
    members = list(processors)
    return CallSetup(
        mode="sample" if config.do_sample else "greedy",
        num_rows=int(encoder_input_ids.shape[0]) * returned,
        num_return_sequences=returned,
        prompt_len=prompt_len,
        max_new_tokens=max(int(config.max_length or 0) - prompt_len, 0),
        prompt_mask=None if mask is None else mask.clone(),  # the user's own, who may overwrite it
        device=encoder_input_ids.device if model.device.type == "meta" else model.device,
        cache_class=None if cache is None else type(cache).__name__,
        use_cache=bool(config.use_cache),
        is_cache_visible=bool(config.return_dict_in_generate) or cache_of(arguments) is not None,
        generation_config=describe_generation_config(
            config,
            arguments=arguments,
            given=arguments.get("generation_config"),
            model_config=model.generation_config,
        ),
        processors=tuple(describe_processor(member, stage) for stage, member in enumerate(members, start=1)),
        scale_hints=(None, *(scale_hint(member) for member in members)),
        notes=_notes(config, cache),
        missing=_missing(config, model.device),
        prefix_len=max((layer.length for layer in describe_layers(cache)), default=0),
    )


def _missing(config: GenerationConfig, device: torch.device) -> tuple[Missing, ...]:
    if not config.do_sample or device.type in DRAWING_DEVICES:
        return ()
    return (Missing(signal="noise", reason=f"the random state of a {device.type} device is not read"),)


def _notes(config: GenerationConfig, cache: Any) -> tuple[str, ...]:
    notes = []
    if config.max_time is not None:
        notes.append("max_time stops by the clock: recording can move the step at which it stops.")
    if config.token_healing:
        notes.append(
            "token_healing ran a generate call of its own on the prompt; that inner call is not recorded."
        )
    if "Quantized" in type(cache).__name__:
        notes.append(
            "The cache is quantized: keys and values are stored as attention saw them when they were new; "
            "later steps saw them rounded."
        )
    return tuple(notes)
