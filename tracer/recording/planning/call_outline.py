"""What of a call decides how many bytes recording it takes, and the forwards that it will make.

Built from the settings that `generate` has resolved, or from those that it would resolve. Counts no bytes.
"""

import inspect
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from transformers import GenerationMixin, LogitsProcessorList

from tracer.recording.listening.call_setup import CallSetup, describe_setup
from tracer.recording.listening.modes import judge_arguments
from tracer.recording.planning.model_outline import ModelOutline
from tracer.schema import CriterionInfo

Counts = npt.NDArray[np.int64]

_GENERATE_ONLY = frozenset(inspect.signature(GenerationMixin.generate).parameters) - {"self", "kwargs"}
_CUDA_STATE_BYTES = 16


@dataclass(frozen=True, slots=True)
class Forwards:
    """The forwards of a call as columns; `new` is how many positions get keys and values that are stored."""

    step: Counts
    query_len: Counts
    position_start: Counts
    new: Counts

    @property
    def kv_len(self) -> Counts:
        """Positions seen, those of the forward included."""
        return self.position_start + self.query_len


@dataclass(frozen=True, slots=True)
class CallOutline:
    """One call. `prompt_len` counts all columns, those of the cache included; rows count every sequence."""

    setup: CallSetup
    num_rows: int
    prompt_len: int
    prefix_len: int
    num_steps: int
    chunk_size: int | None
    has_mask: bool
    is_padded: bool
    is_static: bool

    @property
    def is_sampled(self) -> bool:
        """Whether tokens are drawn."""
        return self.setup.mode == "sample"

    @property
    def random_state_bytes(self) -> int:
        """Bytes of one random state of the device."""
        return _CUDA_STATE_BYTES if self.setup.device.type == "cuda" else int(torch.get_rng_state().numel())

    @property
    def max_len(self) -> int:
        """The length of a static cache."""
        return self.prompt_len + self.num_steps - 1

    def forwards(self) -> Forwards:
        """Returns the forwards of a run that takes all its steps."""
        later = np.arange(1, self.num_steps, dtype=np.int64)
        if not self.setup.use_cache:
            steps = np.concatenate([[0], later])
            new = np.concatenate([[self.prompt_len], np.ones_like(later)])
            return Forwards(steps, self.prompt_len + steps, np.zeros_like(steps), new)
        given = self.prompt_len - self.prefix_len
        size = min(self.chunk_size or given, given)
        chunks = np.full(-(-given // size), size, dtype=np.int64)
        chunks[-1] = given - size * (len(chunks) - 1)
        lengths = np.concatenate([chunks, np.ones_like(later)])
        steps = np.concatenate([np.zeros_like(chunks), later])
        ends = self.prefix_len + np.cumsum(lengths)
        return Forwards(steps, lengths, ends - lengths, lengths)


def outline_call(setup: CallSetup) -> CallOutline:
    """Returns the outline of a call that is about to run."""
    mask = setup.prompt_mask
    is_padded = mask is not None and not bool((mask != 0).all())
    columns = setup.prompt_len if mask is None else max(setup.prompt_len, int(mask.shape[-1]))
    chunk = setup.generation_config.get("prefill_chunk_size")
    return CallOutline(
        setup=setup,
        num_rows=setup.num_rows,
        prompt_len=max(columns, setup.prefix_len + 1),
        prefix_len=setup.prefix_len,
        num_steps=max(setup.max_new_tokens, 1),
        chunk_size=None if chunk is None else chunk.value,
        has_mask=mask is not None,
        is_padded=is_padded,
        is_static="Static" in (setup.cache_class or ""),
    )


@dataclass(frozen=True, slots=True)
class CallShape:
    """The size of a call that is only thought of; `rows` are prompts."""

    prompt_len: int
    max_new_tokens: int
    rows: int
    prefix_len: int

    def __post_init__(self) -> None:
        for name, least in (("prompt_len", 1), ("max_new_tokens", 1), ("rows", 1), ("prefix_len", 0)):
            if getattr(self, name) < least:
                raise ValueError(f"{name}={getattr(self, name)!r} is below {least}. Type {name}={least}.")
        if self.prefix_len >= self.prompt_len:
            raise ValueError(
                f"prefix_len={self.prefix_len!r} leaves nothing of prompt_len={self.prompt_len!r}, which counts "
                f"the positions in the cache as well. Type prompt_len={self.prefix_len + 1} or more."
            )


def imagine_call(
    model: Any, outline: ModelOutline, shape: CallShape, settings: dict[str, Any], *, is_padded: bool
) -> CallOutline:
    """Returns the outline of the call that `model.generate` would make with these settings.

    Source: transformers 5.23, generation/utils.py, generate: the steps before the logits processors.

    Raises:
        TypeError: a setting is unknown to `generate`.
        UnsupportedCallError: the decoding mode cannot be recorded.
    """
    judge_arguments(model, settings)
    tokens = {"max_new_tokens": shape.max_new_tokens}
    named = {name: value for name, value in settings.items() if name not in _GENERATE_ONLY}
    given = settings.get("generation_config")
    resolved, unknown = type(model)._prepare_generation_config(model, given, **named, **tokens)
    unknown = [name for name in unknown if name not in ("output_attentions", "output_hidden_states")]
    if unknown:
        raise TypeError(
            f"plan() has no setting {unknown[0]!r}. Give fields of RecordingConfig or of GenerationConfig, "
            "spelled as there."
        )
    model._prepare_special_tokens(resolved, True, device="cpu")
    resolved.max_length = shape.prompt_len + shape.max_new_tokens
    if resolved.min_new_tokens is not None:
        resolved.min_length = shape.prompt_len + resolved.min_new_tokens
    input_ids = torch.ones((shape.rows, shape.prompt_len), dtype=torch.long)
    mask = torch.ones_like(input_ids)
    mask[:, 0] = 0 if is_padded else 1
    arguments = {
        "generation_config": resolved,
        "input_ids_seq_length": shape.prompt_len,
        "encoder_input_ids": input_ids,
        "prefix_allowed_tokens_fn": settings.get("prefix_allowed_tokens_fn"),
        "logits_processor": LogitsProcessorList(settings.get("logits_processor") or ()),
        "device": "cpu",
        "model_kwargs": {"attention_mask": mask},
    }
    processors = type(model)._get_logits_processor(model, **arguments)
    if outline.drops_full_masks and not is_padded:
        arguments["model_kwargs"] = {}
    setup = describe_setup(model, processors, arguments, {**named, **tokens})
    cache_class = "StaticCache" if "static" in (resolved.cache_implementation or "") else "DynamicCache"
    criteria = ["MaxLengthCriteria"] + ["EosTokenCriteria"] * (resolved.eos_token_id is not None)
    return outline_call(
        replace(
            setup,
            prefix_len=shape.prefix_len,
            cache_class=cache_class if setup.use_cache else None,
            criteria=tuple(CriterionInfo(class_name=name) for name in criteria),
        )
    )
