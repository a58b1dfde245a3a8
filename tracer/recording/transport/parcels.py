"""Groups of layer-wise tensors on their way to the trace: packed on the generating thread, unpacked by the writer.

A parcel is one shipment with labels. Layers of equal shape become one entry with a leading layers axis: stacked on
the device where a copy is needed anyway, by the writer where references suffice.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch

from tracer.recording.transport.transfer import HostArray, HostTransfer, Shipment
from tracer.store.format import layers_name


@dataclass(frozen=True, slots=True)
class _Label:
    name: str
    count: int  # tensors that make the entry; stacked by the writer when above 1
    add_axis: bool  # a single tensor still lacks the layers axis


@dataclass(slots=True)
class ParcelBuilder:
    """Collects named tensors of one forward or step."""

    _labels: list[_Label] = field(default_factory=list)
    _tensors: list[torch.Tensor] = field(default_factory=list)

    def add(self, name: str, tensor: torch.Tensor) -> None:
        """Adds one tensor that nobody writes to later."""
        self._labels.append(_Label(name, 1, False))
        self._tensors.append(tensor)

    def add_layers(self, signal: str, by_layer: Mapping[int, torch.Tensor], *, copy: bool) -> None:
        """Adds a layer-wise signal; `copy` stacks at once, because the tensors are views or will be overwritten."""
        for layers, tensors in _equal_shapes(by_layer):
            name = f"{signal}/{layers_name(layers)}"
            if copy:
                self._labels.append(_Label(name, 1, False))
                self._tensors.append(torch.stack(tensors))
            else:
                self._labels.append(_Label(name, len(tensors), True))
                self._tensors.extend(tensors)

    def ship(self, transfer: HostTransfer) -> "Parcel":
        """Sends what was collected."""
        return Parcel(tuple(self._labels), transfer.ship(self._tensors))


@dataclass(frozen=True, slots=True)
class Parcel:
    """A labeled shipment."""

    labels: tuple[_Label, ...]
    shipment: Shipment

    @property
    def nbytes(self) -> int:
        """Bytes held until the writer has unpacked it."""
        return self.shipment.nbytes

    def unpack(self) -> Iterator[tuple[str, HostArray]]:
        """Waits for the copies and yields (name, array); called once, by the writer."""
        arrays = iter(self.shipment.arrays())
        for label in self.labels:
            parts = [next(arrays) for _ in range(label.count)]
            if label.add_axis:
                yield label.name, HostArray(np.stack([part.values for part in parts]), parts[0].dtype)
            else:
                yield label.name, parts[0]


def _equal_shapes(by_layer: Mapping[int, torch.Tensor]) -> list[tuple[list[int], list[torch.Tensor]]]:
    tensors = list(by_layer.values())
    kinds = [(tensor.shape, tensor.dtype, tensor.device) for tensor in tensors]
    if all(kind == kinds[0] for kind in kinds):
        return [(list(by_layer), tensors)] if tensors else []
    groups: dict[tuple[torch.Size, torch.dtype, torch.device], list[int]] = {}
    for layer, kind in zip(by_layer, kinds, strict=True):
        groups.setdefault(kind, []).append(layer)
    return [(layers, [by_layer[layer] for layer in layers]) for layers in groups.values()]
