"""The KV cache at one step, layers that are alike in one row, and its size after every step of the call.

One frozen value with its words. Sizes are what the cache really held; a static cache is full from the start.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tracer.trace.cache_columns import CacheColumns
from tracer.trace.forward import LayerCache
from tracer.wording import numbers
from tracer.wording.composition import Language, Whole, compose, require_language
from tracer.wording.sizes import byte_size, shape_text, span_text

if TYPE_CHECKING:
    from tracer.trace.step import Step

MOST_POINTS = 600
_WIDTHS = (1, 2, 4, 8)


@dataclass(frozen=True, slots=True)
class CacheRow:
    """Layers that are alike at this step, each with its own size; numbers and their texts."""

    layers: tuple[int, ...]
    label: str
    class_name: str
    len_before: int
    len_after: int
    length: str
    shape: str
    nbytes: int
    size: str
    total: str


@dataclass(frozen=True, slots=True)
class CacheLine:
    """Layers of one class over the steps; `nbytes` after each of the shown steps, all layers together."""

    label: str
    class_name: str
    nbytes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CacheGrowth:
    """`rows` are of this step; `lines` run over `steps`, of which at most 600 are kept, this one always.

    `layer_bytes` is the size of every layer after this step; `formula` spells the total out where it is that.
    """

    title: str
    growth_title: str
    sentence: str
    formula: str
    columns: tuple[str, ...]
    rows: tuple[CacheRow, ...]
    step: int
    steps: tuple[int, ...]
    lines: tuple[CacheLine, ...]
    layer_bytes: tuple[int, ...]
    total_bytes: int
    axis_step: str
    axis_layer: str
    axis_bytes: str
    this_step: str
    nothing: str


def cache_growth(step: "Step", lang: Language = "en") -> CacheGrowth:
    """Returns the cache at a step and over all steps."""
    require_language(lang)
    layers = step.cache.layers
    total = sum(layer.bytes_after or 0 for layer in layers)
    rows = tuple(_row(group, lang) for group in _alike(layers))
    steps, lines = _lines(step.call.cache_columns, step.index, lang)
    names = ("layers", "class", "length", "shape", "bytes", "total")
    return CacheGrowth(
        title=compose("cache_title", lang, step=str(step.index)),
        growth_title=compose("cache_growth_title", lang),
        sentence=_sentence(step, layers, total, lang),
        formula=_formula(rows, total, lang),
        columns=tuple(compose(f"cache_column_{name}", lang) for name in names),
        rows=rows,
        step=step.index,
        steps=steps,
        lines=lines,
        layer_bytes=tuple(layer.bytes_after or 0 for layer in layers),
        total_bytes=total,
        axis_step=compose("cache_axis_step", lang),
        axis_layer=compose("cache_axis_layer", lang),
        axis_bytes=compose("cache_axis_bytes", lang),
        this_step=compose("cache_this_step", lang, step=str(step.index)),
        nothing=compose("cache_nothing", lang),
    )


def _alike(layers: tuple[LayerCache, ...]) -> list[list[LayerCache]]:
    """Returns layers that differ in nothing but their number, in the order of their first one."""
    groups: dict[tuple[object, ...], list[LayerCache]] = {}
    for layer in layers:
        key = (layer.class_name, layer.len_before, layer.len_after, layer.key_shape, layer.bytes_after)
        groups.setdefault(key, []).append(layer)
    return list(groups.values())


def _row(group: list[LayerCache], lang: Language) -> CacheRow:
    first, indices = group[0], tuple(layer.layer for layer in group)
    nbytes, span = first.bytes_after or 0, span_text(indices)
    count = numbers.count(len(group))
    before, after = first.len_before or 0, first.len_after or 0
    return CacheRow(
        layers=indices,
        label=span if len(group) == 1 else compose("cache_layers_row", lang, span=Whole(span), count=count),
        class_name=first.class_name,
        len_before=before,
        len_after=after,
        length=f"{numbers.count(before)} → {numbers.count(after)}",
        shape=shape_text(first.key_shape),
        nbytes=nbytes,
        size=byte_size(nbytes),
        total=byte_size(nbytes * len(group)),
    )


def _sentence(step: "Step", layers: tuple[LayerCache, ...], total: int, lang: Language) -> str:
    if not layers:
        return compose("cache_none", lang)
    return compose(
        "cache_sentence",
        lang,
        step=str(step.index),
        cache=Whole(step.cache.class_name or "?"),
        positions=numbers.count(max(layer.len_after or 0 for layer in layers)),
        layers=str(len(layers)),
        size=byte_size(total),
    )


def _formula(rows: tuple[CacheRow, ...], total: int, lang: Language) -> str:
    """The total as a product, where all layers are alike and keys and values are all that a layer holds."""
    if len(rows) != 1 or not rows[0].shape:
        return ""
    elements = 2 * int(np.prod([int(size) for size in rows[0].shape.split(" × ")], dtype=np.int64))
    width = rows[0].nbytes // elements if elements else 0
    if width not in _WIDTHS or width * elements != rows[0].nbytes:
        return ""
    return compose(
        "cache_formula",
        lang,
        shape=rows[0].shape,
        width=str(width),
        layers=str(len(rows[0].layers)),
        size=byte_size(total),
    )


def _lines(columns: CacheColumns, step: int, lang: Language) -> tuple[tuple[int, ...], tuple[CacheLine, ...]]:
    steps = columns.steps
    if not columns.class_names or not len(steps):
        return (), ()
    stride = -(-len(steps) // MOST_POINTS)
    kept = np.unique([*range(0, len(steps), stride), len(steps) - 1, *np.flatnonzero(steps == step)])
    lines = []
    for name in dict.fromkeys(columns.class_names):
        own = [layer for layer, other in enumerate(columns.class_names) if other == name]
        label = compose("cache_layers_row", lang, span=Whole(name), count=str(len(own)))
        nbytes = columns.bytes_after[kept][:, own].sum(axis=1)
        lines.append(CacheLine(label, name, tuple(nbytes.tolist())))
    return tuple(steps[kept].tolist()), tuple(lines)
