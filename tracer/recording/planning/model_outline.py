"""What of a model decides how many bytes recording it takes: layers, widths, dtype, accounted parts, inputs.

Reads modules and configuration, never a weight; a configuration alone is enough, an empty model is then built
from it on the meta device. Counts no bytes itself.
"""

import copy
import inspect
from dataclasses import dataclass
from typing import Any

import torch
import transformers
from transformers import AutoModelForCausalLM, GenerationMixin, PretrainedConfig

from tracer.recording.description.environment import describe_model
from tracer.recording.model.anatomy import Anatomy, BlockShape, LayerAnatomy, dissect
from tracer.recording.model.head_rows import why_unreadable
from tracer.recording.model.norms import NormKind
from tracer.recording.model.target_model import inner_model
from tracer.schema import ModelInfo

_HALF = ("bfloat16", "float16")
_HEARD = "get_interface"
"""An attention module that can be heard asks the interface for its function.

Source: transformers 5.23, any modeling file.
"""


@dataclass(frozen=True, slots=True)
class AttentionOutline:
    """One layer whose attention can be heard: the numbers that it takes per position and row."""

    layer: int
    num_heads: int
    query_width: int
    key_width: int
    value_width: int
    window: int | None
    has_sinks: bool


@dataclass(frozen=True, slots=True)
class ModelOutline:
    """A model as far as planning needs it. `accounted` are the parts of accounting, empty where there is none."""

    info: ModelInfo
    num_layers: int
    hidden_size: int
    itemsize: int
    stream_itemsize: int
    logits_itemsize: int
    implementation: str
    attention: tuple[AttentionOutline, ...]
    divided: tuple[int, ...]
    accounted: tuple[str, ...]
    takes_position_ids: bool
    takes_attention_mask: bool
    drops_full_masks: bool

    @property
    def windows(self) -> set[int | None]:
        """The distinct sliding windows among the layers that are heard; None stands for full attention."""
        return {layer.window for layer in self.attention}


def generating_model(holder: Any) -> Any:
    """Returns the model in `holder`, or an empty one made from the configuration that it is or has.

    Raises:
        TypeError: there is neither a model nor a configuration of a causal language model.
    """
    try:
        return inner_model(holder)
    except TypeError:
        config = holder if isinstance(holder, PretrainedConfig) else getattr(holder, "config", None)
        if not isinstance(config, PretrainedConfig):
            raise TypeError(
                f"{type(holder).__name__} is neither a model nor a transformers configuration. Give plan() a "
                "model, or AutoConfig.from_pretrained(...)."
            ) from None
    model = _empty_model(config)
    given = getattr(holder, "generation_config", None)
    if given is not None:
        model.generation_config = copy.deepcopy(given)
    return model


def _empty_model(config: PretrainedConfig) -> Any:
    config = copy.deepcopy(config)
    if hasattr(config, "quantization_config"):
        del config.quantization_config  # it speaks of weights, and there are none
    named = [getattr(transformers, name, None) for name in getattr(config, "architectures", None) or ()]
    chosen = next((cls for cls in named if cls is not None and issubclass(cls, GenerationMixin)), None)
    with torch.device("meta"):
        if chosen is not None:
            return chosen._from_config(config).eval()
        try:
            return AutoModelForCausalLM.from_config(config).eval()
        except ValueError as error:
            raise TypeError(
                f"{type(config).__name__} is no configuration of a causal language model that transformers "
                "knows. Give plan() the model itself."
            ) from error


def outline_model(model: Any) -> ModelOutline:
    """Returns the outline of a generating model, with weights or without."""
    anatomy = dissect(model)
    info = describe_model(model)
    text = model.config.get_text_config(decoder=True)
    itemsize = _itemsize(info.dtype)
    implementation = getattr(text, "_attn_implementation", None) or info.attn_implementation or "eager"
    windows = _windows(text, len(anatomy.layers))
    attention = (
        _outline_attention(layer, info, implementation, window)
        for layer, window in zip(anatomy.layers, windows, strict=True)
    )
    forward = inspect.signature(model.forward).parameters
    return ModelOutline(
        info=info,
        num_layers=len(anatomy.layers),
        hidden_size=info.hidden_size or 0,
        itemsize=itemsize,
        stream_itemsize=4 if getattr(text, "residual_in_fp32", False) else itemsize,
        logits_itemsize=4 if _widens_logits(model) else itemsize,
        implementation=implementation,
        attention=tuple(found for found in attention if found is not None),
        divided=tuple(layer.index for layer in anatomy.layers if layer.attention is not None),
        accounted=_accounted_parts(model, anatomy, info.dtype),
        takes_position_ids="position_ids" in forward,
        takes_attention_mask="attention_mask" in forward,
        drops_full_masks=_drops_full_masks(),
    )


def _itemsize(dtype: str) -> int:
    known = getattr(torch, dtype, None)
    return known.itemsize if isinstance(known, torch.dtype) else 4


def _widens_logits(model: Any) -> bool:
    """Whether the model returns float32 logits whatever its dtype, as state-space models do."""
    return "float" in inspect.unwrap(type(model).forward).__code__.co_names


def _drops_full_masks() -> bool:
    """Whether `generate` drops an attention mask of ones. Source: transformers 5.23; 5.17 keeps it."""
    return "_mask_length" in inspect.unwrap(GenerationMixin.generate).__code__.co_names


def _windows(text: Any, num_layers: int) -> list[int | None]:
    """The sliding window of each layer. Source: transformers 5.23, cache_utils.py, DynamicCache."""
    window = getattr(text, "sliding_window", None) or getattr(text, "attention_chunk_size", None)
    types = getattr(text, "layer_types", None)
    if types is None:
        return [window] * num_layers
    slides = [layer_type in ("sliding_attention", "chunked_attention") for layer_type in types]
    slides += [False] * num_layers
    return [window if slides[layer] else None for layer in range(num_layers)]


def _outline_attention(
    layer: LayerAnatomy, info: ModelInfo, implementation: str, window: int | None
) -> AttentionOutline | None:
    module = layer.attention_module
    if module is None or not _is_heard(module, implementation):
        return None
    heads = info.num_attention_heads or 1
    kv_heads = info.num_key_value_heads or heads
    dim = getattr(module, "head_dim", None) or info.head_dim or 0
    query, key, value = heads * dim, kv_heads * dim, kv_heads * dim
    if hasattr(module, "kv_b_proj"):  # latent attention expands its keys and values to every head
        query = key = heads * int(getattr(module, "qk_head_dim", dim))
        value = heads * int(getattr(module, "v_head_dim", dim))
    else:
        key, value = _out_features(module, "k_proj", key), _out_features(module, "v_proj", value)
    return AttentionOutline(
        layer=layer.index,
        num_heads=heads,
        query_width=query,
        key_width=key,
        value_width=value,
        window=window,
        has_sinks=hasattr(module, "sinks"),
    )


def _out_features(module: torch.nn.Module, name: str, otherwise: int) -> int:
    width = getattr(getattr(module, name, None), "out_features", None)
    return width if isinstance(width, int) else otherwise


def _is_heard(module: torch.nn.Module, implementation: str) -> bool:
    if implementation == "eager" and getattr(module, "reorder_and_upcast_attn", False):
        return False
    return _HEARD in inspect.unwrap(type(module).forward).__code__.co_names


def _accounted_parts(model: Any, anatomy: Anatomy, dtype: str) -> tuple[str, ...]:
    """Names the parts as `tracer.recording.writing.accounting` will, were every layer to add up."""
    if not _is_accountable(model, anatomy):
        return ()
    parts = ["embedding"]
    for layer in anatomy.layers:
        name = f"layer-{layer.index:02d}"
        if layer.shape is BlockShape.UNDIVIDED:
            parts.append(name)
        else:
            parts += [f"{name}.attention", f"{name}.mlp"]
            parts += [f"{name}.rounding"] if dtype in _HALF else []
    parts += ["norm.bias"] if getattr(anatomy.final_norm, "bias", None) is not None else []
    parts += ["norm.rounding"] if dtype in _HALF and anatomy.final_norm is not None else []
    ends = (anatomy.head, anatomy.projection)
    parts += ["head.bias"] if any(getattr(end, "bias", None) is not None for end in ends) else []
    return tuple(parts)


def _is_accountable(model: Any, anatomy: Anatomy) -> bool:
    if model.device.type != "meta":
        return why_unreadable(anatomy) is None
    return bool(anatomy.layers) and anatomy.head is not None and anatomy.norm.kind is not NormKind.OTHER
