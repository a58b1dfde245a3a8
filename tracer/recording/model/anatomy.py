"""The parts of a causal language model: decoder, layers, what each block adds to the stream, norm, head.

Holds one table of block shapes and structural rules; registers no hook and runs nothing of the model. Whether
a layer's two parts really make up its output is not decided here: `tracer.recording.writing.accounting` checks it
with the first recorded numbers. A block that the table does not know is `UNDIVIDED`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from torch import nn

from tracer.recording.model.norms import NormFormula, read_formula


class BlockShape(StrEnum):
    """How a block combines its parts: h + a(h) + m(h + a(h)), or h + a(h) + m(h), or not known."""

    SEQUENTIAL = "sequential"
    PARALLEL = "parallel"
    UNDIVIDED = "undivided"


@dataclass(frozen=True, slots=True)
class LayerAnatomy:
    """One decoder layer and the modules to listen to.

    What `attention` and `mlp` return (a tensor, or the first item of a tuple) times `multiplier` is what the
    block adds to the stream; both are None in an undivided block. Batch and positions may be folded into one
    axis (OPT), and the block may change the tensor in place once it has it (Falcon): copy it inside the hook.
    `attention_module` is the one that calls the attention interface, if the layer has one.
    """

    index: int
    module: nn.Module
    shape: BlockShape
    attention: nn.Module | None
    mlp: nn.Module | None
    multiplier: float
    attention_module: nn.Module | None


@dataclass(frozen=True, slots=True)
class Anatomy:
    """A causal language model. The stream is the input of the first layer and the output of each layer.

    logits = softcap(scaling * head(projection(final_norm(stream)))), where `projection` is a linear map from
    the norm to the head (OPT); `projection`, `scaling` and `softcap` are None where there is no such step.
    """

    decoder: nn.Module
    layers: tuple[LayerAnatomy, ...]
    final_norm: nn.Module | None
    norm: NormFormula
    projection: nn.Module | None
    head: nn.Module | None
    scaling: float | None
    softcap: float | None


@dataclass(frozen=True, slots=True)
class _Block:
    """Paths below a layer: what adds the attention, what adds the MLP. The first path that exists counts."""

    attention: tuple[str, ...]
    mlp: tuple[str, ...]


_BLOCKS = (
    # The addition passes a norm of its own (GLM-4; Gemma, OLMo-2, EXAONE-4; AFMoE).
    _Block(("post_self_attn_layernorm",), ("post_mlp_layernorm",)),
    _Block(("post_attention_layernorm",), ("post_feedforward_layernorm", "post_mlp_layernorm")),
    # The module takes the residual and returns the sum; its last linear map is what it adds (BLOOM; MPT).
    _Block(("self_attention.dense",), ("mlp.dense_4h_to_h",)),
    _Block(("attn",), ("ffn.down_proj",)),
    # Everybody else. `fc2` is the end of an MLP that is written out in the block (OPT, XGLM, BioGPT).
    _Block(
        ("self_attn", "self_attention", "attn", "attention"),
        ("mlp", "feed_forward", "ffn", "block_sparse_moe", "moe", "fc2"),
    ),
)
"""The table of block shapes, more particular rows first."""

_PARALLEL_FLAGS = ("use_parallel_residual", "parallel_attn")
_PROJECTION = "project_out"
_FACTORS = ("logit_scale", "lm_head_multiplier")
_DIVISORS = ("logits_scaling",)
_SOFTCAPS = ("final_logit_softcapping", "logits_soft_cap", "output_logit_soft_cap")


def dissect(model: nn.Module) -> Anatomy:
    """Returns the parts of a causal language model; what it cannot find is None or an empty tuple."""
    config = _text_config(model)
    decoder, modules = _find_layers(model, getattr(config, "num_hidden_layers", None))
    final_norm = _find_final_norm(decoder)
    hidden_size = _number(config, ("hidden_size", "n_embd", "d_model")) or 8
    projection = getattr(decoder, _PROJECTION, None)
    divisor = _number(config, _DIVISORS)
    scaling = _number(config, _FACTORS) if divisor is None else 1.0 / divisor
    return Anatomy(
        decoder=decoder,
        layers=tuple(_dissect_layer(index, module, config) for index, module in enumerate(modules)),
        final_norm=final_norm,
        norm=read_formula(final_norm, int(hidden_size)),
        projection=projection if isinstance(projection, nn.Module) else None,
        head=_find_head(model),
        scaling=None if scaling == 1.0 else scaling,
        softcap=_number(config, _SOFTCAPS),
    )


def owner_layers(anatomy: Anatomy) -> dict[int, int]:
    """Returns id(module) → layer index for every decoder layer and every module below it."""
    return {id(part): layer.index for layer in anatomy.layers for part in layer.module.modules()}


def _text_config(model: nn.Module) -> Any:  # a transformers config: untyped, and different for every model
    config = getattr(model, "config", None)
    get_text_config = getattr(config, "get_text_config", None)
    return get_text_config(decoder=True) if callable(get_text_config) else config


def _find_layers(model: nn.Module, num_layers: int | None) -> tuple[nn.Module, tuple[nn.Module, ...]]:
    """Returns the module that owns the decoder layers, and the layers: the list of the configured length.

    Without one of that length, the longest list counts; the outermost of equals.
    """
    get_decoder = getattr(model, "get_decoder", None)
    root = get_decoder() if callable(get_decoder) else model
    if not isinstance(root, nn.Module):
        root = model
    lists = [
        (owner, child)
        for owner in root.modules()
        for child in owner.children()
        if isinstance(child, nn.ModuleList) and len(child) > 0
    ]
    if not lists:
        return root, ()
    owner, layers = max(lists, key=lambda found: (len(found[1]) == num_layers, len(found[1])))
    return owner, tuple(layers)


def _find_final_norm(decoder: nn.Module) -> nn.Module | None:
    """Returns the last norm beside the layers; one whose name speaks of embeddings only if it is alone."""
    norms = dict(_norms(decoder))
    others = [module for name, module in norms.items() if "emb" not in name]
    return next(reversed(others or list(norms.values())), None)


def _norms(module: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    return (
        (name, child) for name, child in module.named_children() if "norm" in type(child).__name__.lower()
    )


def _find_head(model: nn.Module) -> nn.Module | None:
    get_head = getattr(model, "get_output_embeddings", None)
    head = get_head() if callable(get_head) else None
    return head if isinstance(head, nn.Module) else None


def _dissect_layer(index: int, module: nn.Module, config: Any) -> LayerAnatomy:
    attention = mlp = None
    parts = dict(module.named_modules())
    for block in _BLOCKS:
        found = _first(parts, block.attention), _first(parts, block.mlp)
        if found[0] is not None and found[1] is not None:
            attention, mlp = found
            break
    shape = BlockShape.UNDIVIDED
    if attention is not None:
        shape = BlockShape.PARALLEL if _is_parallel(module, config) else BlockShape.SEQUENTIAL
    return LayerAnatomy(
        index=index,
        module=module,
        shape=shape,
        attention=attention,
        mlp=mlp,
        multiplier=float(getattr(module, "residual_multiplier", 1.0)),
        attention_module=_find_attention(module),
    )


def _first(parts: dict[str, nn.Module], paths: tuple[str, ...]) -> nn.Module | None:
    """Returns the module at the first path that exists; a list of modules, never called, does not count."""
    found = (parts[path] for path in paths if path in parts)
    return next((part for part in found if not isinstance(part, (nn.ModuleList, nn.ModuleDict))), None)


def _is_parallel(module: nn.Module, config: Any) -> bool:
    """Whether attention and MLP read the same stream: the block says so, or one norm serves both."""
    flags = (getattr(module, name, getattr(config, name, None)) for name in _PARALLEL_FLAGS)
    stated = [flag for flag in flags if isinstance(flag, bool)]
    return any(stated) if stated else len(list(_norms(module))) == 1


def _find_attention(module: nn.Module) -> nn.Module | None:
    """Returns the innermost module whose class says that it is attention, the first of several."""
    named = [
        part for part in module.modules() if "attention" in type(part).__name__.lower() and part is not module
    ]
    inner = (
        part for part in named if not any(other is not part and other in part.modules() for other in named)
    )
    return next(inner, None)


def _number(config: Any, names: tuple[str, ...]) -> float | None:
    values = (getattr(config, name, None) for name in names)
    return next((float(v) for v in values if isinstance(v, (int, float)) and not isinstance(v, bool)), None)
