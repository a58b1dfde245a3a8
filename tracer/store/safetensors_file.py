"""One safetensors file: written as a stream with its digest, read as a memory map, bfloat16 included.

Header and offsets are read by hand, because the numpy side of safetensors knows no bfloat16, and are checked
against the file's size before anything is touched. Knows nothing of steps, layers or traces.
"""

import hashlib
import json
import math
import mmap
import struct
import threading
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tracer.store.documents import damaged
from tracer.store.format import DTYPES, bfloat16_to_float32

if TYPE_CHECKING:
    from typing_extensions import Buffer

AnyArray = npt.NDArray[Any]
Index = int | slice | tuple[int | slice, ...]

_NAMES = {np.dtype(name): name for name in DTYPES.values() if name != "bfloat16"}
_NAMES |= {dtype.newbyteorder(">"): name for dtype, name in _NAMES.items()}
_CODES = {name: code for code, name in DTYPES.items()}
_MAX_HEADER_BYTES = 100 * 10**6
_ALIGNMENT = 8


@dataclass(frozen=True, slots=True)
class StoredArray:
    """An array to be written; `dtype` is a name of `format.DTYPES`: "bfloat16" for raw words."""

    values: AnyArray
    dtype: str

    @classmethod
    def of(cls, values: AnyArray, dtype: str | None = None) -> "StoredArray":
        """Returns the array in C order and little-endian, keeping 0-d arrays 0-d.

        Raises:
            TypeError: the dtype cannot be stored.
        """
        own = _NAMES.get(values.dtype)
        name = dtype or own or values.dtype.name
        words = "uint16" if name == "bfloat16" else name
        if name not in _CODES or own != words:
            raise TypeError(
                f"An array of {values.dtype} cannot be stored as {name!r}. Use one of {', '.join(_CODES)}."
            )
        return cls(np.asarray(values, dtype=values.dtype.newbyteorder("<"), order="C"), name)

    @property
    def nbytes(self) -> int:
        """Bytes of the values."""
        return self.values.nbytes

    @property
    def raw(self) -> "Buffer":
        """The values' bytes."""
        return self.values.reshape(-1).view(np.uint8).data


def write_safetensors(path: Path, arrays: Mapping[str, StoredArray]) -> str:
    """Writes the arrays, the widest dtypes first so that each is aligned, and returns the file's sha256."""
    ordered = sorted(arrays.items(), key=lambda item: -item[1].values.dtype.itemsize)
    header, offset = {}, 0
    for name, array in ordered:
        span = [offset, offset + array.nbytes]
        header[name] = {"dtype": _CODES[array.dtype], "shape": list(array.values.shape), "data_offsets": span}
        offset = span[1]
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for part in (struct.pack("<Q", len(text)), text, *(array.raw for _, array in ordered)):
            digest.update(part)
            file.write(part)
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Entry:
    """Where one array stands in its file: dtype name, shape, and first byte and end."""

    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


class SafetensorsFile:
    """A file of arrays, opened lazily: the header on first question, the map on first array."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def entries(self) -> dict[str, Entry]:
        """Name → entry of every array.

        Raises:
            TraceFormatError: the file is missing, truncated, or its header does not fit it.
        """
        try:
            size = self.path.stat().st_size
            with self.path.open("rb") as file:
                (header_len,) = struct.unpack("<Q", file.read(8))
                if header_len > min(size - 8, _MAX_HEADER_BYTES):
                    raise _HeaderError(f"its header claims {header_len} bytes of {size}")
                header = json.loads(file.read(header_len))
            return _parse_header(header, start=8 + header_len, size=size)
        except (OSError, ValueError, struct.error, RecursionError) as error:
            raise damaged(self.path, str(error)) from error

    def raw(self, name: str) -> AnyArray:
        """Returns a read-only view on the file; bfloat16 as uint16 words."""
        entry = self.entries[name]
        MAPPED.touch(self, entry.end - entry.begin)
        numpy_dtype = np.dtype("uint16" if entry.dtype == "bfloat16" else entry.dtype)
        whole = np.frombuffer(self._map, dtype=np.uint8)
        return whole[entry.begin : entry.end].view(numpy_dtype).reshape(entry.shape)

    def read(self, name: str, index: Index = ()) -> AnyArray:
        """Returns a copy of `array[index]`; bfloat16 and float16 become float32, other dtypes stay."""
        values, dtype = self.raw(name)[index], self.entries[name].dtype
        if dtype == "bfloat16":
            return bfloat16_to_float32(np.asarray(values))
        return np.array(values, dtype=np.float32 if dtype == "float16" else None)

    def forget(self) -> None:
        """Gives the pages that were read back to the system; every view stays good, and reads them again."""
        if "_map" in self.__dict__ and hasattr(mmap, "MADV_DONTNEED"):
            self._map.madvise(mmap.MADV_DONTNEED)

    @cached_property
    def _map(self) -> mmap.mmap:
        with self.path.open("rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


class _Mapped:
    """How many bytes have the arrays that were opened; from a bound on, the pages of their files are given back.

    Else a process that goes through a large trace would come to hold all of it. A part of an array counts as all of
    it: the system reads ahead around each of its rows.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._bytes = 0
        self._files: weakref.WeakSet[SafetensorsFile] = weakref.WeakSet()
        self._lock = threading.Lock()

    def touch(self, file: SafetensorsFile, num_bytes: int) -> None:
        """Counts what is about to be read from a file."""
        with self._lock:
            self._files.add(file)
            self._bytes += num_bytes
            if self._bytes <= self._most:
                return
            files, self._bytes = list(self._files), num_bytes
            self._files.clear()
            self._files.add(file)
        for one in files:
            one.forget()


MAPPED = _Mapped(64 * 10**6)


class _HeaderError(ValueError):
    """The header does not fit the file; the message says how."""


def _parse_header(header: object, *, start: int, size: int) -> dict[str, Entry]:
    if not isinstance(header, dict):
        raise _HeaderError("its header is not a JSON object")
    entries = {
        name: _parse_entry(name, item, start) for name, item in header.items() if name != "__metadata__"
    }
    end = start
    for name, entry in sorted(entries.items(), key=lambda item: (item[1].begin, item[1].end)):
        if entry.begin != end:
            raise _HeaderError(f"its entry {name!r} begins at byte {entry.begin} instead of {end}")
        end = entry.end
    if end != size:
        raise _HeaderError(f"its header describes {end} bytes, and the file has {size}")
    return entries


def _parse_entry(name: str, item: object, start: int) -> Entry:
    match item:
        case {"dtype": str(code), "shape": list(shape), "data_offsets": [int(begin), int(end)]} if (
            code in DTYPES and all(isinstance(length, int) and length >= 0 for length in shape)
        ):
            itemsize = 2 if code == "BF16" else np.dtype(DTYPES[code]).itemsize
            if begin >= 0 and end - begin == math.prod(shape) * itemsize:
                return Entry(DTYPES[code], tuple(shape), start + begin, start + end)
    raise _HeaderError(f"its entry {name!r} has a dtype, shape or offsets that do not fit together")
