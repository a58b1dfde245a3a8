"""Captures what a logits processor or a stopping criterion was set to: its own attributes, as JSON values.

Nothing is read from a GenerationConfig, nothing is called, nothing is changed. Call it before the first step:
some classes prepare tensors of the size of the vocabulary when they first run. Tables beyond a bound, and
values of types unknown here, become `{"opaque": type name}`. The encoding: `ProcessorInfo.parameters`.
"""

import math
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from tracer import processor_names
from tracer.schema import CriterionInfo, ProcessorInfo

MAX_PROCESSOR_VALUES = 500_000
MAX_CRITERION_VALUES = 4_096
_MAX_DEPTH = 12


def describe_processor(processor: object, stage: int) -> ProcessorInfo:
    """Returns the class and attributes of a logits processor whose output is `stage` (1 is the first)."""
    capture = _Capture(MAX_PROCESSOR_VALUES)
    parameters = capture.attributes(processor)
    name = _own_name(processor)
    return ProcessorInfo(
        stage=stage,
        class_name=type(processor).__name__,
        module=type(processor).__module__,
        parameters=parameters,
        is_rebuildable=name in processor_names.REBUILDABLE and capture.is_complete,
        is_stateful=name is None or name in processor_names.STATEFUL,
    )


def describe_criterion(criterion: object) -> CriterionInfo:
    """Returns the class name and attributes of a stopping criterion."""
    capture = _Capture(MAX_CRITERION_VALUES)
    return CriterionInfo(class_name=type(criterion).__name__, parameters=capture.attributes(criterion))


def scale_hint(processor: object) -> float | None:
    """Returns the scalar by which the processor divides the scores, or None when it does something else."""
    if _own_name(processor) != "TemperatureLogitsWarper":
        return None
    return float(vars(processor)["temperature"])


def mutates_input(processor: object) -> bool:
    """Returns whether the processor may write into the scores it is given.

    False only for transformers' own classes that are known not to.
    """
    return _own_name(processor) not in processor_names.LEAVES_SCORES


def _own_name(processor: object) -> str | None:
    """Returns the class name where it is exactly one of transformers' own classes, else None."""
    own = type(processor)
    module = sys.modules.get(processor_names.MODULE)
    is_own = own.__module__ == processor_names.MODULE and getattr(module, own.__name__, None) is own
    return own.__name__ if is_own else None


@dataclass(slots=True)
class _Capture:
    """Encodes values until `num_left` are spent; `is_complete` turns False at the first one left out."""

    num_left: int
    is_complete: bool = True

    def attributes(self, instance: object) -> dict[str, Any]:
        """Returns the instance's own attributes, encoded; those of slots and of functions are not seen."""
        own = getattr(instance, "__dict__", {})
        return {str(name): self.encode(value) for name, value in own.items()}

    def encode(self, value: object, depth: int = 0) -> Any:
        """Returns the JSON value that stands for `value`."""
        self.num_left -= 1
        if depth > _MAX_DEPTH or self.num_left < 0:
            return self._opaque(value)
        if value is None or type(value) in (bool, str):
            return value
        if isinstance(value, np.bool_):
            return bool(value)
        if type(value) is int or isinstance(value, np.integer):
            return int(value)
        if type(value) is float or isinstance(value, np.floating):
            return _encode_float(float(value))
        if isinstance(value, torch.Tensor):
            return self._encode_tensor(value)
        if type(value) is torch.device:
            return {"device": str(value)}
        return self._encode_container(value, depth)

    def _encode_container(self, value: object, depth: int) -> Any:
        if type(value) is dict and len(value) <= self.num_left:
            return {"dict": [[self.encode(part, depth + 1) for part in item] for item in value.items()]}
        if type(value) not in (list, tuple, set, frozenset):
            return self._opaque(value)
        assert isinstance(value, list | tuple | set | frozenset)
        if len(value) > self.num_left:
            return self._opaque(value)
        parts = [self.encode(part, depth + 1) for part in value]
        return parts if type(value) is list else {type(value).__name__: parts}

    def _encode_tensor(self, tensor: torch.Tensor) -> Any:
        is_plain = type(tensor) is torch.Tensor and tensor.layout is torch.strided and not tensor.is_quantized
        if (
            not is_plain
            or tensor.device.type == "meta"
            or tensor.is_complex()
            or tensor.numel() > self.num_left
        ):
            return self._opaque(tensor)
        self.num_left -= tensor.numel()
        values = tensor.detach().flatten().tolist()
        return {
            "tensor": str(tensor.dtype).removeprefix("torch."),
            "shape": list(tensor.shape),
            "values": [_spell(value) for value in values] if tensor.is_floating_point() else values,
            "device": str(tensor.device),
        }

    def _opaque(self, value: object) -> dict[str, str]:
        self.is_complete = False
        return {"opaque": type(value).__qualname__}


def _encode_float(value: float) -> Any:
    return value if math.isfinite(value) else {"float": repr(value)}


def _spell(value: float) -> float | str:
    return value if math.isfinite(value) else repr(value)
