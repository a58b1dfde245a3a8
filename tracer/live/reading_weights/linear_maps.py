"""Linear maps of a model, used in two directions in float64: forward, and back from what reads their output.

A plain map (`nn.Linear`, transformers' `Conv1D`) is read; any other (quantized, offloaded, with an adapter) is
applied to unit vectors, so that its own code says what it computes. Knows nothing of attention or logits.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np
import torch
from torch import nn
from transformers.pytorch_utils import Conv1D

from tracer.errors import ModelError
from tracer.recording.model.norms import Vectors

Rows = Callable[[Sequence[int] | None], torch.Tensor]
"""Reads the rows of a stored matrix, (rows, columns); None reads all of them."""

_PLAIN_DTYPES = (torch.float64, torch.float32, torch.float16, torch.bfloat16)
_CHUNK = 256


class LinearMap(Protocol):
    """y = weight x + bias."""

    @property
    def bias(self) -> Vectors | None:
        """What is added, (out,), or None."""

    def rows(self, ids: Sequence[int]) -> Vectors:
        """Returns the rows of the weight that give these outputs, (ids, in)."""

    def push(self, vector: Vectors) -> Vectors:
        """Returns weight x for one x, (in,), without the bias: (out,)."""

    def pull(self, readouts: Vectors) -> Vectors:
        """Returns what each readout of the output, (readouts, out), reads from the input: (readouts, in)."""


@dataclass(frozen=True, slots=True)
class PlainMap:
    """A map whose weight is stored as numbers, (out, in), or (in, out) where `is_transposed`."""

    read: Rows
    bias: Vectors | None
    is_transposed: bool

    def rows(self, ids: Sequence[int]) -> Vectors:
        """Returns the rows of the weight that give these outputs, (ids, in)."""
        return self._weight()[list(ids)] if self.is_transposed else to_host(self.read(ids))

    def push(self, vector: Vectors) -> Vectors:
        """Returns weight x without the bias, (out,)."""
        return self._weight() @ vector

    def pull(self, readouts: Vectors) -> Vectors:
        """Returns what each readout reads from the input, (readouts, in)."""
        return readouts @ self._weight()

    def _weight(self) -> Vectors:
        weight = to_host(self.read(None))
        return weight.T if self.is_transposed else weight


@dataclass(frozen=True, slots=True)
class AppliedMap:
    """A map that only its own module can compute, in `dtype` on `device`."""

    module: nn.Module
    width: int
    dtype: torch.dtype
    device: torch.device

    @property
    def bias(self) -> Vectors | None:
        """What the module gives for zeros, (out,)."""
        return self._at_zero()

    def rows(self, ids: Sequence[int]) -> Vectors:
        """Returns the rows of the weight that give these outputs, (ids, in)."""
        return np.concatenate([columns[:, list(ids)] for columns in self._columns()]).T

    def push(self, vector: Vectors) -> Vectors:
        """Returns weight x without the bias, (out,)."""
        pair = self._apply(torch.from_numpy(np.stack([vector, np.zeros_like(vector)])))
        return np.asarray(pair[0] - pair[1])

    def pull(self, readouts: Vectors) -> Vectors:
        """Returns what each readout reads from the input, (readouts, in)."""
        return np.concatenate([columns @ readouts.T for columns in self._columns()]).T

    def _columns(self) -> Iterator[Vectors]:
        """Yields what the module makes of unit vectors, (some, out): columns of the weight."""
        bias = self._at_zero()
        for start in range(0, self.width, _CHUNK):
            count = min(_CHUNK, self.width - start)
            units = torch.zeros(count, self.width)
            units[torch.arange(count), start + torch.arange(count)] = 1.0
            yield self._apply(units) - bias

    def _at_zero(self) -> Vectors:
        given: Vectors = self._apply(torch.zeros(1, self.width))[0]
        return given

    def _apply(self, inputs: torch.Tensor) -> Vectors:
        with torch.no_grad():
            return to_host(self.module(inputs.to(self.device, self.dtype)[None])[0])


def linear_map(module: nn.Module, *, dtype: torch.dtype, device: torch.device) -> LinearMap:
    """Returns the map of a live module; `dtype` and `device` are where one that cannot be read is applied.

    Raises:
        ModelError: the module does not say how wide its input is.
    """
    weight, bias = getattr(module, "weight", None), getattr(module, "bias", None)
    is_readable = is_linear(module) and is_plain(weight) and (bias is None or is_plain(bias))
    if is_readable and isinstance(weight, torch.Tensor):
        return PlainMap(partial(_taken, weight), vector_of(bias), isinstance(module, Conv1D))
    width = getattr(module, "in_features", None)
    if not isinstance(width, int):
        raise ModelError(
            f"A {type(module).__name__!r} stands where a linear map was expected, and it does not say how wide "
            "its input is (`in_features`). Use the model without it, such as the one before quantization."
        )
    place = next((tensor.device for tensor in module.parameters() if not tensor.is_meta), device)
    return AppliedMap(module, width, dtype, place)


def is_linear(module: nn.Module) -> bool:
    """Whether the module is an ordinary linear map, by what it runs."""
    return type(module).forward in (nn.Linear.forward, Conv1D.forward)


def is_plain(tensor: object) -> bool:
    """Whether a tensor is in memory as plain numbers."""
    is_known = type(tensor) in (torch.Tensor, nn.Parameter)
    return is_known and tensor.dtype in _PLAIN_DTYPES and not tensor.is_meta  # type: ignore[attr-defined]


def to_host(tensor: torch.Tensor) -> Vectors:
    """Returns the numbers in float64 on the host."""
    values: Vectors = tensor.detach().to("cpu").double().numpy()
    return values


def vector_of(tensor: torch.Tensor | None) -> Vectors | None:
    """Returns the numbers of a tensor that may not be there."""
    return None if tensor is None else to_host(tensor)


def _taken(weight: torch.Tensor, ids: Sequence[int] | None) -> torch.Tensor:
    return weight if ids is None else weight.detach()[torch.tensor(ids, device=weight.device)]
