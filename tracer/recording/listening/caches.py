"""Describes a KV cache without touching it: class, per-layer lengths, shapes, bytes, and what attention will see.

Reads attributes only and never copies a key. On CUDA a static cache keeps its length in a device tensor: it is
read once, before the first forward of a call, and counted from there on.

Source: transformers 5.17 and 5.23, cache_utils.py.
"""

from dataclasses import dataclass
from typing import Any

import torch

CACHE_NAMES = ("past_key_values", "cache_params")


@dataclass(frozen=True, slots=True)
class LayerCache:
    """One layer of a cache at one moment. `length` counts positions seen, also those a sliding window dropped."""

    layer: int
    class_name: str
    length: int
    key_shape: tuple[int, ...] | None
    nbytes: int


def cache_of(inputs: dict[str, Any]) -> Any | None:
    """Returns the cache among a forward's inputs, or None."""
    return next((inputs[name] for name in CACHE_NAMES if inputs.get(name) is not None), None)


def _tensor_bytes(value: object) -> int:
    if isinstance(value, torch.Tensor):
        return value.nbytes
    if isinstance(value, (list, tuple)):
        return sum(_tensor_bytes(item) for item in value)
    if isinstance(value, dict):
        return sum(_tensor_bytes(item) for item in value.values())
    return 0


def layer_length(layer: Any, known: int | None = None) -> int:
    """Returns how many positions a cache layer has seen; `known` is used where asking would synchronize."""
    get_seq_length = getattr(layer, "get_seq_length", None)
    if get_seq_length is None:
        return known or 0
    length = get_seq_length()
    if isinstance(length, torch.Tensor):
        return known if known is not None and length.device.type != "cpu" else int(length)
    return int(length)


def describe_layers(cache: Any | None, known_length: int | None = None) -> tuple[LayerCache, ...]:
    """Returns one value per cache layer, in order; empty for no cache or one of unknown make."""
    layers = getattr(cache, "layers", None) or ()
    return tuple(_describe_layer(index, layer, known_length) for index, layer in enumerate(layers))


def _describe_layer(index: int, layer: Any, known_length: int | None) -> LayerCache:
    keys, values = getattr(layer, "keys", None), getattr(layer, "values", None)
    shape = tuple(keys.shape) if isinstance(keys, torch.Tensor) and keys.numel() else None
    if shape is not None and isinstance(keys, torch.Tensor) and isinstance(values, torch.Tensor):
        nbytes = keys.nbytes + values.nbytes
    else:
        nbytes = _tensor_bytes(list(vars(layer).values()))
    return LayerCache(index, type(layer).__name__, layer_length(layer, known_length), shape, nbytes)


def is_written_in_place(cache: Any | None) -> bool:
    """Whether the cache's buffers are overwritten by later forwards (static layers)."""
    return bool(getattr(cache, "is_compileable", False))


def has_offsets(cache: Any | None) -> bool:
    """Whether some layer forgets early positions, so that its keys may begin later than at 0."""
    return any(getattr(layer, "is_sliding", False) for layer in getattr(cache, "layers", None) or ())


def view_offset(cache: Any | None, layer: int, query_len: int) -> int:
    """Returns the absolute position of the first key that a layer hands to attention in the coming forward."""
    get_mask_sizes = getattr(cache, "get_mask_sizes", None)
    if get_mask_sizes is None:
        return 0
    try:
        return int(get_mask_sizes(query_len, layer)[1])
    except (AttributeError, IndexError, TypeError, ValueError, NotImplementedError):
        return 0
