"""How tensors leave the device: `HostTransfer.ship` returns at once, `Shipment.arrays` is read by the writer.

On the CPU a shipment is the tensors themselves: the caller gives only tensors that nobody writes to later. On
CUDA copies run on a side stream into pinned, reused buffers, and the writer waits for their event. Nothing here
synchronizes the host with the device on the generating thread.
"""

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch

CHUNK_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True)
class HostArray:
    """A numpy array and the torch dtype it stands for; bfloat16 is held as uint16 words."""

    values: npt.NDArray[np.generic]
    dtype: str

    def as_float32(self) -> npt.NDArray[np.float32]:
        """Returns the values as float32; exact for float16, bfloat16 and float32."""
        if self.dtype == "bfloat16":
            return (self.values.astype(np.uint32) << 16).view(np.float32)
        return self.values.astype(np.float32, copy=False)


def to_host_array(tensor: torch.Tensor) -> HostArray:
    """Returns a CPU tensor's values without copying, bfloat16 as words."""
    dtype = str(tensor.dtype).removeprefix("torch.")
    plain = tensor.detach()
    if plain.dtype == torch.bfloat16:
        return HostArray(plain.contiguous().view(torch.uint16).numpy(), dtype)
    return HostArray(plain.numpy(), dtype)


class Shipment(Protocol):
    """Tensors on their way to the host."""

    nbytes: int

    def arrays(self) -> list[HostArray]:
        """Waits for the copies and returns them; valid once, buffers go back to the pool."""
        ...


class HostTransfer(Protocol):
    """Brings tensors to the host without waiting."""

    def ship(self, tensors: Sequence[torch.Tensor]) -> Shipment: ...


@dataclass(slots=True)
class CpuShipment:
    """Tensors that are on the host already."""

    tensors: list[torch.Tensor]
    nbytes: int

    def arrays(self) -> list[HostArray]:
        return [to_host_array(tensor) for tensor in self.tensors]


class CpuTransfer:
    """References instead of copies."""

    def ship(self, tensors: Sequence[torch.Tensor]) -> CpuShipment:
        return CpuShipment(list(tensors), sum(tensor.nbytes for tensor in tensors))


class _PinnedPool:
    """Pinned buffers by size (powers of two), reused. Thread-safe."""

    def __init__(self) -> None:
        self._free: dict[int, list[torch.Tensor]] = {}
        self._lock = threading.Lock()

    def take(self, nbytes: int) -> torch.Tensor:
        size = max(4096, 1 << math.ceil(math.log2(max(nbytes, 1))))
        with self._lock:
            free = self._free.get(size)
            if free:
                return free.pop()
        with torch.inference_mode(False):
            return torch.empty(size, dtype=torch.uint8, pin_memory=True)

    def give(self, buffer: torch.Tensor) -> None:
        with self._lock:
            self._free.setdefault(buffer.numel(), []).append(buffer)


@dataclass(slots=True)
class CudaShipment:
    """Pinned buffers being filled on side streams; one event stands behind the last copy of each."""

    pool: _PinnedPool
    parts: list[tuple[torch.Size, torch.dtype, list[tuple[torch.Tensor, int]]]]
    events: list[torch.cuda.Event]
    nbytes: int
    _taken: bool = field(default=False)

    def arrays(self) -> list[HostArray]:
        if self._taken:
            raise RuntimeError("A shipment's buffers were given back; its arrays are read once.")
        self._taken = True
        for event in self.events:
            event.synchronize()
        arrays = [self._join(shape, dtype, chunks) for shape, dtype, chunks in self.parts]
        for _, _, chunks in self.parts:
            for buffer, _ in chunks:
                self.pool.give(buffer)
        return arrays

    @staticmethod
    def _join(shape: torch.Size, dtype: torch.dtype, chunks: list[tuple[torch.Tensor, int]]) -> HostArray:
        raw = np.concatenate([buffer[:size].numpy() for buffer, size in chunks] or [np.empty(0, np.uint8)])
        with torch.inference_mode(False):
            return to_host_array(torch.from_numpy(raw).view(dtype).reshape(shape))


class CudaTransfer:
    """Copies on a side stream of each tensor's own device, behind what that device's current stream has enqueued."""

    def __init__(self) -> None:
        self._streams: dict[torch.device, torch.cuda.Stream] = {}
        self._pool = _PinnedPool()

    def ship(self, tensors: Sequence[torch.Tensor]) -> Shipment:
        devices = {tensor.device for tensor in tensors if tensor.is_cuda}
        if not devices:
            return CpuTransfer().ship([tensor.clone() for tensor in tensors])
        for device in devices:
            self._stream(device).wait_stream(torch.cuda.current_stream(device))
        parts = [(tensor.shape, tensor.dtype, self._copy(tensor)) for tensor in tensors]
        events = [self._stream(device).record_event() for device in devices]
        return CudaShipment(self._pool, parts, events, sum(tensor.nbytes for tensor in tensors))

    def _stream(self, device: torch.device) -> torch.cuda.Stream:
        if device not in self._streams:
            self._streams[device] = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]  # torch has no stubs for it
        return self._streams[device]

    def _copy(self, tensor: torch.Tensor) -> list[tuple[torch.Tensor, int]]:
        if not tensor.is_cuda:
            return self._chunks(tensor)
        stream = self._stream(tensor.device)
        tensor.record_stream(stream)
        with torch.cuda.stream(stream):
            return self._chunks(tensor)

    def _chunks(self, tensor: torch.Tensor) -> list[tuple[torch.Tensor, int]]:
        flat = tensor.detach().contiguous().reshape(-1).view(torch.uint8)
        chunks = []
        for start in range(0, flat.numel(), CHUNK_BYTES):
            piece = flat[start : start + CHUNK_BYTES]
            buffer = self._pool.take(piece.numel())
            buffer[: piece.numel()].copy_(piece, non_blocking=True)
            chunks.append((buffer, piece.numel()))
        return chunks


def timing_event() -> torch.cuda.Event:
    """Returns a CUDA event that keeps time."""
    return torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]  # torch has no stubs for it


def transfer_for(device: torch.device) -> HostTransfer:
    """Returns the transfer for a device: references on the CPU, pinned copies on CUDA, plain copies elsewhere."""
    if device.type == "cuda":
        return CudaTransfer()
    return CpuTransfer() if device.type == "cpu" else _BlockingTransfer()


class _BlockingTransfer:
    """Devices without pinned copies (MPS): the copy is made at once."""

    def ship(self, tensors: Sequence[torch.Tensor]) -> CpuShipment:
        return CpuTransfer().ship([tensor.to("cpu", copy=True) for tensor in tensors])
