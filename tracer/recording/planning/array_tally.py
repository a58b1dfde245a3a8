"""Adds up planned arrays: bytes of their values by part and by step, and of their names in the files.

Knows nothing about models and signals.
"""

import json
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.number]


@dataclass(slots=True)
class _Entry:
    """Entries of one name and shape: their part, one header line, and how many there are at least and at most."""

    part: str
    header_bytes: int
    least: int
    most: int


@dataclass(slots=True)
class ArrayTally:
    """Adds up arrays by part and by step. `by_step` are upper bounds, without names."""

    num_steps: int
    lower: dict[str, float] = field(default_factory=dict)
    upper: dict[str, float] = field(default_factory=dict)
    by_step: npt.NDArray[np.float64] = field(init=False)
    _entries: list[_Entry] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.by_step = np.zeros(self.num_steps)

    def add(
        self,
        part: str,
        name: str,
        shape: tuple[int, ...],
        at: Numbers,
        upper: Numbers | float,
        *,
        lower: Numbers | float | None = None,
        copies: int = 1,
    ) -> None:
        """Adds entries of a name, a typical shape, and so many bytes each at the steps `at`.

        `copies` entries share those bytes.
        """
        most = np.broadcast_to(np.asarray(upper, dtype=np.float64), at.shape)
        least = most if lower is None else np.broadcast_to(np.asarray(lower, dtype=np.float64), at.shape)
        self.lower[part] = self.lower.get(part, 0.0) + float(least.sum())
        self.upper[part] = self.upper.get(part, 0.0) + float(most.sum())
        np.add.at(self.by_step, at.astype(np.int64), most)
        counts = [copies * int(np.count_nonzero(values)) for values in (least, most)]
        self._entries.append(_Entry(part, _header_bytes(name, shape), *counts))

    def totals(self, shard_bytes: float) -> dict[str, tuple[float, float]]:
        """Returns part → lower and upper bytes, with the names in files of so many bytes."""
        digits = 2 * len(str(int(shard_bytes * 0.6)))
        totals = {part: (self.lower[part], self.upper[part]) for part in self.upper}
        for entry in self._entries:
            lower, upper = totals[entry.part]
            line = entry.header_bytes + digits
            totals[entry.part] = (lower + entry.least * line, upper + entry.most * line)
        return totals


def _header_bytes(name: str, shape: tuple[int, ...]) -> int:
    """The length of one entry in a safetensors header, without its offsets and with its comma."""
    value = {"dtype": "F32", "shape": [int(length) for length in shape], "data_offsets": []}
    return len(
        json.dumps({name: value}, separators=(",", ":"))
    )  # two braces less, a comma and a rounding more
