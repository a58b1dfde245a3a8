"""Describes what a forward receives and returns: name, shape, dtype, and for small integer inputs the values.

Holds no state. Values of floating-point inputs (embeddings, images) are not kept, their shape is.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch

MAX_VALUES = 2**22
"""Inputs with more elements than this keep their shape only."""


@dataclass(frozen=True, slots=True)
class InputDescription:
    """One input or output of a forward. `shape` is None for what is no tensor; `note` is its text then."""

    name: str
    shape: tuple[int, ...] | None
    dtype: str | None
    note: str | None

    def as_row(self) -> dict[str, object]:
        """Returns the value as a row of `tracer.store.tables.INPUT`."""
        shape = None if self.shape is None else list(self.shape)
        return {"name": self.name, "shape": shape, "dtype": self.dtype, "note": self.note}


def describe(name: str, value: object) -> InputDescription:
    """Returns the description of one named value."""
    if isinstance(value, torch.Tensor):
        return InputDescription(name, tuple(value.shape), str(value.dtype).removeprefix("torch."), None)
    if value is None or isinstance(value, (bool, int, float, str)):
        return InputDescription(name, None, type(value).__name__, repr(value))
    return InputDescription(name, None, type(value).__name__, None)


def describe_all(items: Iterable[tuple[str, object]]) -> list[InputDescription]:
    """Returns the descriptions of named values, in order."""
    return [describe(name, value) for name, value in items]


def kept_values(inputs: dict[str, Any]) -> dict[str, torch.Tensor]:
    """Returns the integer and boolean tensors among the inputs whose values are worth keeping."""
    return {
        name: value
        for name, value in inputs.items()
        if isinstance(value, torch.Tensor)
        and not value.is_floating_point()
        and not value.is_complex()
        and value.numel() <= MAX_VALUES
    }
