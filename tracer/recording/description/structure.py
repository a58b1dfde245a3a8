"""The tree of a model's modules as a document: classes, parameters with shape, dtype and device, what was listened to.

Reads attributes and moves nothing. Parameters on meta (offloaded weights), packed ones (quantized), shards of several
devices (DTensor: the shape of the whole) and those not made yet (lazy modules) are described like any other. Modules
of a list that follow each other and are alike become one entry.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from tracer.schema import ModelStructure, ModuleInfo, ParameterInfo

_PLAIN = (torch.Tensor, nn.Parameter)


def describe_structure(
    model: nn.Module, listened: Mapping[int, tuple[str, ...]] | None = None
) -> ModelStructure:
    """Returns the tree; `listened` gives id(module) → the signals that recording takes there."""
    return ModelStructure(modules=_Walk(listened or {}).describe(model, "", "", 0))


@dataclass(slots=True)
class _Walk:
    """One way through a model: which tensors and modules were met, and where."""

    listened: Mapping[int, tuple[str, ...]]
    tensors: dict[int, str] = field(default_factory=dict)
    modules: dict[int, str] = field(default_factory=dict)

    def describe(self, module: nn.Module, path: str, name: str, depth: int) -> list[ModuleInfo]:
        """Returns a module and all inside it, in order."""
        base: dict[str, Any] = {"depth": depth, "names": [name], "class_name": type(module).__name__}
        known = self.modules.get(id(module))
        if known is not None:
            return [ModuleInfo(**base, same_as=known)]
        self.modules[id(module)] = path
        found = [
            ModuleInfo(
                **base,
                parameters=list(self._parameters(module, path)),
                listened=list(self.listened.get(id(module), ())),
            )
        ]
        before: list[ModuleInfo] = []
        for child_name, child in module._modules.items():
            if child is None:
                continue
            inside = self.describe(child, _joined(path, child_name), child_name, depth + 1)
            if child_name.isdecimal() and before and _is_alike(before, inside):
                before[0] = before[0].model_copy(update={"names": [*before[0].names, child_name]})
                found[-len(before)] = before[0]
                continue
            found += inside
            before = inside if child_name.isdecimal() else []
        return found

    def _parameters(self, module: nn.Module, path: str) -> Iterator[ParameterInfo]:
        for name, tensor in module._parameters.items():
            if tensor is not None:
                yield self._tensor(module, _joined(path, name), name, tensor)
        for name, buffer in module._buffers.items():
            if isinstance(buffer, torch.Tensor):
                yield self._tensor(module, _joined(path, name), name, buffer, is_buffer=True)

    def _tensor(
        self, module: nn.Module, path: str, name: str, tensor: torch.Tensor, *, is_buffer: bool = False
    ) -> ParameterInfo:
        tied_to = self.tensors.setdefault(id(tensor), path)
        shape, stored = _shapes(module, name, tensor)
        count = 1
        for size in shape or [0]:
            count *= size
        return ParameterInfo(
            name=name,
            shape=shape,
            stored_shape=stored,
            count=count,
            dtype=str(tensor.dtype).removeprefix("torch."),
            device=str(tensor.device),
            kind=None if type(tensor) in _PLAIN else type(tensor).__name__,
            is_buffer=is_buffer,
            tied_to=None if tied_to == path else tied_to,
        )


def _shapes(module: nn.Module, name: str, tensor: torch.Tensor) -> tuple[list[int] | None, list[int] | None]:
    """Returns the shape that the module uses, and the one in memory where numbers are packed into another."""
    try:
        shape = [int(size) for size in tensor.shape]
    except RuntimeError:  # a lazy module before its first call
        return None, None
    width, height = getattr(module, "in_features", None), getattr(module, "out_features", None)
    is_packed = not (tensor.is_floating_point() or tensor.is_complex())
    if name == "weight" and is_packed and isinstance(width, int) and isinstance(height, int):
        used = [height, width]
        return used, None if used == shape else shape
    return shape, None


def _is_alike(first: list[ModuleInfo], second: list[ModuleInfo]) -> bool:
    """Whether two modules differ in nothing but their own name."""
    if len(first) != len(second):
        return False
    return first[1:] == second[1:] and first[0] == second[0].model_copy(update={"names": first[0].names})


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
