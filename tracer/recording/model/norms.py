"""What a final norm computes, found by asking a twin of it with made-up weights.

Holds the formula's kind, the offset of its weight and its epsilon, and reads the real weights on request. A
norm is never recognized by its name, and the model's own module is never called: its hooks, its weights and
the device stay untouched. A norm that follows no known formula is `OTHER`.

    rms     y = (weight + offset) * x / sqrt(mean(x ** 2) + epsilon)
    layer   y = (weight + offset) * c / sqrt(mean(c ** 2) + epsilon) + bias,   c = x - mean(x)
    none    y = x
"""

import copy
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

Vectors = npt.NDArray[np.float64]

_TOLERANCE = 1e-4
"""Relative; the twin computes in float32."""


class NormKind(StrEnum):
    """The formulas that are known."""

    NONE = "none"
    RMS = "rms"
    LAYER = "layer"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class NormFormula:
    """`offset` is added to the weight (Gemma stores the weight minus one)."""

    kind: NormKind
    offset: float = 0.0
    epsilon: float = 0.0

    def centered(self, vectors: Vectors) -> Vectors:
        """Returns the vectors as the norm scales them: minus their mean in a LayerNorm, else as they are."""
        if self.kind is NormKind.LAYER:
            vectors = vectors - vectors.mean(axis=-1, keepdims=True)
        return vectors

    def scale(self, stream: Vectors) -> Vectors:
        """Returns the factor of each stream, (..., 1): one over its root mean square, or 1 without a norm."""
        if self.kind is NormKind.NONE:
            return np.ones((*stream.shape[:-1], 1))
        mean_square = np.square(self.centered(stream)).mean(axis=-1, keepdims=True)
        factor: Vectors = 1.0 / np.sqrt(mean_square + self.epsilon)
        return factor


def read_formula(module: nn.Module | None, hidden_size: int) -> NormFormula:
    """Returns the formula of a norm; `hidden_size` is needed for one without weight, and `None` is no norm.

    The twin gets a very short and an ordinary vector: the short one gives the epsilon, both must then agree.
    """
    if module is None:
        return NormFormula(NormKind.NONE)
    twin = _twin(module)
    weight, bias = _vector(twin, "weight"), _vector(twin, "bias")
    waves = np.cos(np.arange(hidden_size if weight is None else weight.size)) + 0.3
    inputs = np.stack([1e-6 * waves, 3.0 * waves]).astype(np.float32)
    try:
        with torch.no_grad():
            outputs = type(module).forward(twin, torch.from_numpy(inputs)[None])
        observed = outputs[0].double().numpy() - (0.0 if bias is None else bias)
    except Exception:  # a norm with arguments or state of its own
        return NormFormula(NormKind.OTHER)
    for kind in (NormKind.RMS, NormKind.LAYER):
        for offset in (0.0,) if weight is None else (0.0, 1.0):
            gain = 1.0 if weight is None else weight + offset
            formula = _fitted(NormFormula(kind, offset), inputs.astype(np.float64), observed / gain)
            if formula is not None:
                return formula
    return NormFormula(NormKind.OTHER)


def read_gain(module: nn.Module | None, formula: NormFormula) -> Vectors | None:
    """Returns weight plus offset in float64 on the host, or None where the norm has no weight."""
    weight = None if module is None else _vector(module, "weight")
    return None if weight is None else weight + formula.offset


def read_bias(module: nn.Module | None) -> Vectors | None:
    """Returns the bias in float64 on the host, or None where the norm has none."""
    return None if module is None else _vector(module, "bias")


def _twin(module: nn.Module) -> nn.Module:
    """Returns a copy with parameters of its own; their small bias does not drown a short vector."""
    twin = copy.copy(module)
    twin.__dict__["_parameters"] = {
        name: None if tensor is None else _made_up(tensor.shape) * (1e-3 if name == "bias" else 1.0)
        for name, tensor in module._parameters.items()
    }
    return twin


def _made_up(shape: torch.Size) -> torch.Tensor:
    return torch.linspace(0.5, 1.7, shape.numel(), device="cpu", dtype=torch.float32).reshape(shape)


def _fitted(formula: NormFormula, inputs: Vectors, outputs: Vectors) -> NormFormula | None:
    """Returns the formula with the epsilon that the short vector shows, or None where it does not fit."""
    vectors = formula.centered(inputs)
    factor = float((vectors[0] @ outputs[0]) / (vectors[0] @ vectors[0]))
    if not factor > 0:
        return None
    mean_square = float(np.square(vectors[0]).mean())
    fitted = NormFormula(formula.kind, formula.offset, max(factor**-2 - mean_square, 0.0))
    error = np.abs(vectors * fitted.scale(inputs) - outputs).max(axis=-1)
    return fitted if np.all(error <= _TOLERANCE * np.abs(outputs).max(axis=-1)) else None


def _vector(module: nn.Module, name: str) -> Vectors | None:
    tensor = getattr(module, name, None)
    if not isinstance(tensor, torch.Tensor):
        return None
    vector: Vectors = tensor.detach().to("cpu").double().numpy()
    return vector
