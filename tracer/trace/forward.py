"""One call of the model: what went in, what the cache held, what attention saw, and when.

A forward is not a step: chunked prefill takes several for one token, guidance adds auxiliary ones.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, TypeVar

import numpy.typing as npt

from tracer.store.format import forward_entry
from tracer.store.reader import CallReader

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


@dataclass(frozen=True, slots=True)
class Forward:
    """One forward; its input takes `query_len` absolute positions (cache columns) from `position_start`."""

    index: int
    step: int
    phase: Phase
    is_auxiliary: bool
    query_len: int
    position_start: int
    prefix_len: int
    prefix_call: int | None
    prefix_shared: int
    cache: CacheView
    views: tuple[LayerView, ...]
    masks: tuple[MaskForm, ...]
    changed_positions: bool
    outputs: tuple[Input, ...]
    started_ms: float | None
    elapsed_ms: float | None
    device_ms: float | None
    waited_ms: float | None
    given: tuple[Input, ...] = field(repr=False)
    files: CallReader = field(repr=False, compare=False)

    @property
    def position_end(self) -> int:
        """The absolute position after the input's last."""
        return self.position_start + self.query_len

    @property
    def inputs(self) -> dict[str, Input]:
        """The arguments by name, read with their values where those were recorded."""
        return {one.name: self._with_values(one) for one in self.given}

    def view(self, layer: int) -> LayerView | None:
        """Returns what a layer's attention saw, or None where it was not heard."""
        return next((view for view in self.views if view.layer == layer), None)

    def _with_values(self, one: Input) -> Input:
        name = forward_entry(self.index, f"inputs/{one.name}")
        arrays = self.files.arrays
        return replace(one, values=arrays.read(name)) if name in arrays else one


def read_forward(row: dict[str, Any], files: CallReader) -> Forward:
    """Returns the forward of one row of the forwards table."""
    layers = tuple(_value(LayerCache, item) for item in row["cache_layers"] or ())
    copied = (
        "query_len",
        "position_start",
        "started_ms",
        "elapsed_ms",
        "device_ms",
        "waited_ms",
        "prefix_call",
    )
    return Forward(
        index=row["forward"],
        phase=Phase(row["phase"]),
        step=row["step"],
        is_auxiliary=bool(row["is_auxiliary"]),
        prefix_len=row["prefix_len"] or 0,
        prefix_shared=row["prefix_shared"] or 0,
        cache=CacheView(row["cache_class"], layers),
        views=tuple(_value(LayerView, item) for item in row["views"] or ()),
        masks=tuple(_value(MaskForm, item) for item in row["masks"] or ()),
        changed_positions=bool(row["changed_positions"]),
        outputs=tuple(_value(Input, item) for item in row["outputs"] or ()),
        given=tuple(_value(Input, item) for item in row["inputs"] or ()),
        files=files,
        **{name: row[name] for name in copied},
    )


def _value(kind: Callable[..., _Row], item: dict[str, Any]) -> _Row:
    return kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in item.items()})
