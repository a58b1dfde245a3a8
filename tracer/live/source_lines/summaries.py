"""What a value is, in a few characters: class, shape, dtype, device and first values. Keeps no reference to it.

Runs no code of the value's own class, except for tensors and transformers' caches. Never copies more than the first
values of a tensor to the host, and draws nothing from a random generator.
"""

import enum
import functools
import types
from collections import UserDict
from collections.abc import Iterable, Mapping
from typing import Any

import torch
from transformers.cache_utils import Cache

from tracer.analysis.executed_lines import BoundName

_FIRST = 4
_MAX_ITEMS = 8
_MAX_TEXT = 60
_MAX_NESTED_TEXT = 240
_PLAIN = (int, float, complex, bool, str, bytes, type(None))
_SPOKEN = (torch.dtype, torch.device, torch.Size, range, slice)
_FUNCTIONS = (types.FunctionType, types.MethodType, types.BuiltinFunctionType, type)
_PLAIN_TENSORS = (torch.Tensor, torch.nn.Parameter, torch.nn.Buffer)


class Summaries:
    """Makes summaries; knows the paths of a model's modules by their id."""

    def __init__(self, paths: Mapping[int, str]) -> None:
        self._paths = paths

    def summarize(self, name: str, value: Any) -> BoundName:
        """Returns what the name stands for."""
        kind = type(value).__name__
        if isinstance(value, torch.Tensor):
            shape, dtype = tuple(map(int, value.shape)), _dtype(value)
            return BoundName(name, kind, shape, dtype, str(value.device), _first_values(value))
        return BoundName(name, kind, None, None, None, _short(self._text(value), _MAX_NESTED_TEXT))

    def _text(self, value: Any, depth: int = 0) -> str:
        if isinstance(value, torch.Tensor):
            return f"{_dtype(value)} {tuple(map(int, value.shape))}"
        if isinstance(value, Mapping) and isinstance(value, dict):
            return self._mapping(value, depth)
        if isinstance(value, UserDict):
            return self._mapping(vars(value).get("data", {}), depth)
        if isinstance(value, list | tuple | set | frozenset) and not isinstance(value, torch.Size):
            return self._series(value, depth)
        if type(value) in _PLAIN:
            return _short(repr(value), _MAX_TEXT)
        if isinstance(value, enum.Enum):
            return f"{type(value).__name__}.{value.name}"
        if isinstance(value, _SPOKEN):
            return str(value).removeprefix("torch.")
        if isinstance(value, functools.partial):
            return self._text(value.func, depth)
        if isinstance(value, _FUNCTIONS):
            return value.__qualname__
        if isinstance(value, Cache):
            return _cache_text(value)
        if isinstance(value, torch.nn.Module):
            return self._paths.get(id(value)) or _parameters(value) or type(value).__name__
        return "" if depth == 0 else type(value).__name__

    def _mapping(self, value: dict[Any, Any], depth: int) -> str:
        if depth > 1:
            return f"{type(value).__name__} of {len(value)}"
        items = (f"{_key(key)}={self._text(item, depth + 1)}" for key, item in dict.items(value))
        return f"{{{_joined(items, len(value))}}}"

    def _series(self, value: Any, depth: int) -> str:
        if depth > 1:
            return f"{type(value).__name__} of {len(value)}"
        items = (self._text(item, depth + 1) for item in value)
        left, right = "()" if isinstance(value, tuple) else "[]" if isinstance(value, list) else "{}"
        return f"{left}{_joined(items, len(value))}{right}"


def _parameters(module: torch.nn.Module) -> str:
    """Returns "weight (576, 192)" for a module that is not in the model: what it holds itself, so far."""
    held = {name: value for name, value in vars(module).get("_parameters", {}).items() if value is not None}
    return ", ".join(f"{name} {tuple(map(int, value.shape))}" for name, value in held.items())


def _joined(items: Iterable[str], count: int) -> str:
    shown = [item for item, _ in zip(items, range(_MAX_ITEMS), strict=False)]
    return ", ".join([*shown, "…"] if count > len(shown) else shown)


def _key(key: Any) -> str:
    return key if isinstance(key, str) and key.isidentifier() else _short(repr(key), _MAX_TEXT)


def _dtype(value: torch.Tensor) -> str:
    return str(value.dtype).removeprefix("torch.")


def _first_values(value: torch.Tensor) -> str:
    """Returns the first values along the last axis, of the first of everything else."""
    if type(value) not in _PLAIN_TENSORS or value.is_meta or value.layout is not torch.strided:
        return ""
    if value.numel() == 0:
        return "[]"
    try:
        with torch.no_grad():
            row = value.detach()[(0,) * (value.dim() - 1)] if value.dim() else value.detach()
            first = row[:_FIRST].tolist() if value.dim() else row.item()
    except (RuntimeError, NotImplementedError, TypeError):  # a tensor that gives no single values
        return ""
    if not isinstance(first, list):
        return _number(first)
    return f"[{_joined(map(_number, first), value.shape[-1])}]"


def _number(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _cache_text(cache: Cache) -> str:
    try:
        return f"seq_length={int(cache.get_seq_length())}, layers={len(cache)}"
    except Exception:  # a cache of somebody's own that has no such length
        return ""


def _short(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
