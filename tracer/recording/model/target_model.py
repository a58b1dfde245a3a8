"""Finds the model whose `generate` runs inside what a user holds: a model, an adapter wrapper, a pipeline."""

from typing import Any

import torch
from transformers import GenerationMixin

_INNER = ("get_base_model", "model", "base_model", "module", "_orig_mod")
_MAX_DEPTH = 6


def inner_model(holder: Any) -> Any:
    """Returns the `GenerationMixin` in `holder`, itself or the first one inside.

    Raises:
        TypeError: there is none.
    """
    current = holder
    for _ in range(_MAX_DEPTH):
        if isinstance(current, GenerationMixin) and isinstance(current, torch.nn.Module):
            return current
        following = _step_inside(current)
        if following is None or following is current:
            break
        current = following
    raise TypeError(
        f"{type(holder).__name__} holds no transformers model that can generate. "
        "Give record() a model such as AutoModelForCausalLM.from_pretrained(...), a PeftModel or a pipeline."
    )


def _step_inside(holder: Any) -> Any | None:
    for name in _INNER:
        value = getattr(holder, name, None)
        if name == "get_base_model" and callable(value):
            return value()
        if isinstance(value, torch.nn.Module):
            return value
    return None
