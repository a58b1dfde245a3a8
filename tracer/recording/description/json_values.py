"""Turns settings of any type into JSON-ready values for a trace's documents, for reading by people.

Never raises and never keeps a machine address. What has no JSON form becomes text, which is not meant to be
read back; parameters of processors, which are, have an encoding of their own in `parameters`.
"""

import math
import re
from collections.abc import Mapping
from enum import Enum
from typing import Any

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_MAX_DEPTH = 32


def to_json(value: Any, *, depth: int = 0) -> Any:
    """Returns the value as None, bool, int, float, str, list or dict; NaN and infinities as text."""
    if value is None or isinstance(value, bool):
        return value
    if depth > _MAX_DEPTH:
        return _as_text(value)
    if isinstance(value, Enum):
        return to_json(value.value, depth=depth + 1)
    if isinstance(value, int | str):
        return int(value) if isinstance(value, int) else str(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(float(value))
    return _container_to_json(value, depth + 1)


def _container_to_json(value: Any, depth: int) -> Any:
    if isinstance(value, Mapping):
        return {_key(key): to_json(item, depth=depth) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted((to_json(item, depth=depth) for item in value), key=str)
    if isinstance(value, list | tuple | range):
        return [to_json(item, depth=depth) for item in value]
    for convert in ("tolist", "to_dict"):  # tensors and arrays, configurations inside configurations
        try:
            converted = getattr(value, convert)()
        except Exception:  # a stranger's object, or a tensor on meta
            continue
        return _as_text(value) if converted is value else to_json(converted, depth=depth)
    return _as_text(value)


def _key(key: Any) -> str:
    return key if isinstance(key, str) else _as_text(key)


def _as_text(value: Any) -> str:
    try:
        text = str(value)
    except Exception:  # a stranger's object
        text = f"<{type(value).__name__}>"
    return _ADDRESS.sub("", text).removeprefix("torch.")
