"""Finds the cache prefix of a call in an earlier call of the same trace, bit by bit, so that it is stored once.

Runs on the writer's thread and reads the shards that are whole by then.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np

from tracer.recording.transport.transfer import HostArray
from tracer.schema import CallInfo
from tracer.store.format import parse_layers
from tracer.trace.attention.key_values import Signal, stored_segments
from tracer.trace.call import Call
from tracer.trace.opening import open_trace

_MAX_CALLS = 3
"""So many earlier calls are looked at, newest first."""


@dataclass(frozen=True, slots=True)
class SharedPrefix:
    """The first `length` absolute positions are those of an earlier call."""

    call: int
    length: int


def share_prefix(
    path: Path, info: CallInfo, prefix_len: int, arrays: dict[str, HostArray]
) -> SharedPrefix | None:
    """Returns the longest shared prefix and shortens the `prefix_…` entries of `arrays` to what is left."""
    prefix = {name: array for name, array in arrays.items() if name.startswith("prefix_")}
    earlier = [call for call in open_trace(path).calls if call.index < info.index]
    best: SharedPrefix | None = None
    for call in reversed(earlier[-_MAX_CALLS:]):
        if call.info.num_rows == info.num_rows and prefix:
            length = min(_equal_until(call, name, array, prefix_len) for name, array in prefix.items())
            if length > (best.length if best else 0):
                best = SharedPrefix(call.index, length)
    if best is not None:
        for name, array in prefix.items():
            left = min(prefix_len - best.length, array.values.shape[3])
            arrays[name] = HostArray(array.values[:, :, :, array.values.shape[3] - left :], array.dtype)
            if left == 0:
                del arrays[name]
    return best


def _equal_until(call: Call, name: str, array: HostArray, prefix_len: int) -> int:
    """Returns the first absolute position at which the earlier call lacks the bits of a prefix entry."""
    signal = cast(Signal, name.partition("/")[0].removeprefix("prefix_"))
    first = prefix_len - array.values.shape[3]
    ours = array.as_float32()
    for index, layer in enumerate(parse_layers(name)):
        is_equal = np.zeros(prefix_len - first, dtype=bool)
        for segment in stored_segments(call, layer, signal, None):
            start, stop = max(segment.start, first), min(segment.stop, prefix_len)
            if start < stop:
                theirs = np.stack([segment.read(row, start, stop) for row in range(ours.shape[1])])
                same = theirs.view(np.uint32) == ours[index, :, :, start - first : stop - first].view(
                    np.uint32
                )
                is_equal[start - first : stop - first] = same.all(axis=(0, 1, 3))
        if not is_equal.all():
            prefix_len = first + int(np.argmin(is_equal))
    return prefix_len
