"""One call of the model: what went in, what the cache held, what attention saw, and when.

A forward is not a step: chunked prefill takes several for one token, guidance adds auxiliary ones.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from functools import cached_property
from typing import Any, TypeVar

import numpy.typing as npt

from tracer.store.format import forward_entry
from tracer.store.reader import CallReader
from tracer.trace.forward_table import ForwardTable

_Row = TypeVar("_Row")


class Phase(StrEnum):
    """Prefill yields the first new token, decode every other."""

    PREFILL = "prefill"
    DECODE = "decode"


@dataclass(frozen=True, slots=True)
class Input:
    """One argument or output of a forward; `values` where they were recorded (integers and booleans)."""

    name: str
    shape: tuple[int, ...] | None
    dtype: str | None
    note: str | None
    values: npt.NDArray[Any] | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class LayerCache:
    """What one layer of the cache held before and after the forward."""

    layer: int
    class_name: str
    len_before: int | None
    len_after: int | None
    key_shape: tuple[int, ...] | None
    bytes_before: int | None
    bytes_after: int | None


@dataclass(frozen=True, slots=True)
class CacheView:
    """The cache around one forward; `class_name` is None where there was none."""

    class_name: str | None
    layers: tuple[LayerCache, ...]


@dataclass(frozen=True, slots=True)
class LayerView:
    """Which absolute positions a layer saw, and under which of the forward's masks (-1: none given)."""

    layer: int
    kv_len: int
    kv_offset: int
    mask: int


@dataclass(frozen=True, slots=True)
class MaskForm:
    """How a mask is stored: `bits`, `additive_bits` (with the `fill` of hidden places) or `additive`."""

    kind: str
    shape: tuple[int, ...]
    dtype: str
    fill: float | None


@dataclass(frozen=True, eq=False)
class Forward:
    """One forward; its input takes `query_len` absolute positions (cache columns) from `position_start`.

    What is listed per layer or argument is read when it is asked for.
    """

    index: int
    step: int
    phase: Phase
    is_auxiliary: bool
    query_len: int
    position_start: int
    prefix_len: int
    prefix_call: int | None
    prefix_shared: int
    cache_class: str | None
    changed_positions: bool
    started_ms: float | None
    elapsed_ms: float | None
    device_ms: float | None
    waited_ms: float | None
    row: int = field(repr=False, compare=False)
    table: ForwardTable = field(repr=False, compare=False)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Forward):
            return NotImplemented
        return self is other or self._compared == other._compared

    def __hash__(self) -> int:
        return hash((self.index, self.step, self.query_len, self.position_start))

    @property
    def files(self) -> CallReader:
        """The files of the call."""
        return self.table.files

    @property
    def position_end(self) -> int:
        """The absolute position after the input's last."""
        return self.position_start + self.query_len

    @cached_property
    def cache(self) -> CacheView:
        """The cache around this forward."""
        return CacheView(self.cache_class, self._items(LayerCache, "cache_layers"))

    @cached_property
    def views(self) -> tuple[LayerView, ...]:
        """What the attention of each layer saw."""
        return self._items(LayerView, "views")

    @cached_property
    def masks(self) -> tuple[MaskForm, ...]:
        """How the masks that were given are stored."""
        return self._items(MaskForm, "masks")

    @cached_property
    def outputs(self) -> tuple[Input, ...]:
        """What came back."""
        return self._items(Input, "outputs")

    @cached_property
    def given(self) -> tuple[Input, ...]:
        """The arguments, without their values."""
        return self._items(Input, "inputs")

    @property
    def inputs(self) -> dict[str, Input]:
        """The arguments by name, read with their values where those were recorded."""
        return {one.name: self._with_values(one) for one in self.given}

    def view(self, layer: int) -> LayerView | None:
        """Returns what a layer's attention saw, or None where it was not heard."""
        own = self.table.views_of(self.row)
        try:
            place = self.table.views["layer"].index(layer, own.start, own.stop)
        except ValueError:
            return None
        return LayerView(**{name: column[place] for name, column in self.table.views.items()})

    def _items(self, kind: Callable[..., _Row], name: str) -> tuple[_Row, ...]:
        return tuple(_value(kind, item) for item in self.table.items(name, self.row))

    def _with_values(self, one: Input) -> Input:
        name = forward_entry(self.index, f"inputs/{one.name}")
        arrays = self.files.arrays
        return replace(one, values=arrays.read(name)) if name in arrays else one

    @property
    def _compared(self) -> tuple[object, ...]:
        cells = tuple(getattr(self, one.name) for one in fields(self) if one.compare)
        return (*cells, self.cache, self.views, self.masks, self.outputs, self.given)


def read_forwards(table: ForwardTable) -> tuple[Forward, ...]:
    """Returns the forwards of a call, in order."""
    cells = table.scalars
    rows = enumerate(zip(*cells.values(), strict=True))
    return tuple(_forward(dict(zip(cells, row, strict=True)), place, table) for place, row in rows)


def _forward(row: dict[str, Any], place: int, table: ForwardTable) -> Forward:
    copied = ("query_len", "position_start", "prefix_call", "cache_class")
    timed = ("started_ms", "elapsed_ms", "device_ms", "waited_ms")
    return Forward(
        index=row["forward"],
        phase=Phase(row["phase"]),
        step=row["step"],
        is_auxiliary=bool(row["is_auxiliary"]),
        prefix_len=row["prefix_len"] or 0,
        prefix_shared=row["prefix_shared"] or 0,
        changed_positions=bool(row["changed_positions"]),
        row=place,
        table=table,
        **{name: row[name] for name in (*copied, *timed)},
    )


def _value(kind: Callable[..., _Row], item: dict[str, Any]) -> _Row:
    return kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in item.items()})
