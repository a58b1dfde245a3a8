"""What stands around the map of one head: labels, what is missing, mask, window, sharing; and one cell in words.

One frozen value with its words. The pixels are not here: `tracer.analysis.attention_maps` computes a window when it
is looked at.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tracer.analysis.attention_maps import AttentionMap, attention_map, exact_rows, python_of
from tracer.analysis.attention_tiles import TILE_SIDE, runs_of
from tracer.analysis.head_choice import HeadChoice
from tracer.analysis.text_places import places_of_template
from tracer.pictures.attention_parts import (
    DIGITS,
    Chosen,
    MissingLayers,
    chosen_of,
    missing_of,
    require_place,
)
from tracer.schema import LayerAttention
from tracer.trace.missing import missing_signal
from tracer.wording import numbers
from tracer.wording.attention import weight_text
from tracer.wording.composition import Language, chip, compose

if TYPE_CHECKING:
    from tracer.trace.step import Step

Runs = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """One line about the head: its mask, window, scaling, …"""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class MapHeader:
    """`labels` name every place; runs are (first place, end). Settings of attention are None for several layers."""

    step: int
    size: int
    first_position: int
    num_prompt: int
    title: str
    summary: str
    note: str
    badge: str
    choice: Chosen
    labels: tuple[str, ...]
    missing_rows: Runs
    missing_label: str
    missing: tuple[MissingLayers, ...]
    is_template: Runs
    mask: str
    sliding_window: int | None
    num_heads: int
    num_key_value_heads: int | None
    group: tuple[int, ...]
    scaling: float | None
    softcap: float | None
    has_sinks: bool
    is_causal: bool
    facts: tuple[Fact, ...]
    tile_side: int
    max_rows: int
    cost_note: str


@dataclass(frozen=True, slots=True)
class MapCell:
    """One weight: which token looked, which it saw, and how to check it. `python` is empty for several heads."""

    row: int
    column: int
    row_text: str
    column_text: str
    weight: float
    label: str
    sentence: str
    formula: str
    python: str


def map_header(step: "Step", choice: HeadChoice, *, lang: Language = "en") -> MapHeader:
    """Returns what stands around the map of the chosen heads at a step.

    Raises:
        SignalMissingError: no chosen layer has a query or a key at this step.
        ValueError: there is no such layer or head.
    """
    attention = attention_map(step, choice)
    return header_of(attention, lang)


def header_of(attention: AttentionMap, lang: Language = "en") -> MapHeader:
    """Returns what stands around a map that is at hand."""
    step, places = attention.step, attention.places
    chosen = chosen_of(attention.choice, attention.facts, lang)
    constants = [history.constants for history in attention.histories]
    only = constants[0] if len(constants) == 1 else None
    rows = attention.missing_rows()
    template = np.zeros(places.size, dtype=np.bool_)
    template[[place for place in places_of_template(step)[0] if place < places.size]] = True
    size = numbers.count(places.size)
    is_slow = attention.most_rows < places.size
    facts = attention.facts[constants[0].layer]
    return MapHeader(
        step=step.index,
        size=places.size,
        first_position=places.first_position,
        num_prompt=places.num_prompt,
        title=compose("attention.map_title", lang, choice=chosen.label),
        summary=compose("attention.map_summary", lang, size=size),
        note=compose("attention.note", lang),
        badge=compose("attention.badge", lang),
        choice=chosen,
        labels=places.texts,
        missing_rows=rows,
        missing_label=_missing_label(rows, lang),
        missing=missing_of(attention.missing, lang),
        is_template=runs_of(template),
        mask=facts.mask,
        sliding_window=only.sliding_window if only else None,
        num_heads=attention.num_heads,
        num_key_value_heads=only.num_key_value_heads if only else None,
        group=_group(attention, only),
        scaling=only.scaling if only else None,
        softcap=only.softcap if only else None,
        has_sinks=any(one.has_sinks for one in constants),
        is_causal=all(one.is_causal for one in constants),
        facts=_facts(attention, only, lang),
        tile_side=TILE_SIDE,
        max_rows=max(1, attention.most_rows),
        cost_note=compose("attention.cost", lang, rows=numbers.count(max(1, attention.most_rows)))
        if is_slow
        else "",
    )


def map_cell(step: "Step", choice: HeadChoice, row: int, column: int, *, lang: Language = "en") -> MapCell:
    """Returns one weight of a map in words.

    Raises:
        SignalMissingError: the row, or all of the chosen layers, were not recorded.
        ValueError: there is no such place, layer or head.
    """
    attention = attention_map(step, choice)
    require_place(attention.places, row)
    require_place(attention.places, column)
    if not attention.stored[row]:
        raise missing_signal(step.call, "queries", f"row {row} of attention", step=step.index)
    weight = float(exact_rows(attention, range(row, row + 1))[0, column])
    texts, label = attention.places.texts, weight_text(weight, lang)
    is_one = choice.head is not None
    scaling = numbers.value(attention.histories[0].constants.scaling)
    return MapCell(
        row=row,
        column=column,
        row_text=texts[row],
        column_text=texts[column],
        weight=round(weight, DIGITS),
        label=label,
        sentence=compose(
            "attention.cell",
            lang,
            row=chip(texts[row]),
            row_place=str(row),
            weight=label,
            column=chip(texts[column]),
            column_place=str(column),
        ),
        formula=compose("attention.formula", lang, scaling=scaling) if is_one else "",
        python=python_of(attention, row, column) if is_one and column <= row else "",
    )


def _missing_label(rows: Runs, lang: Language) -> str:
    if not rows:
        return ""
    count = numbers.count(sum(end - first for first, end in rows))
    return compose("attention.missing_rows", lang, count=count, setting="`record(..., queries='all')`")


def _group(attention: AttentionMap, only: LayerAttention | None) -> tuple[int, ...]:
    head = attention.choice.head
    if only is None or head is None:
        return ()
    size = only.num_heads // only.num_key_value_heads
    first = head // size * size
    return tuple(range(first, first + size))


def _facts(attention: AttentionMap, only: LayerAttention | None, lang: Language) -> tuple[Fact, ...]:
    kinds = {attention.facts[history.constants.layer].mask for history in attention.histories}
    texts = {"mask": ", ".join(compose(f"attention.flag.{kind}", lang) for kind in sorted(kinds))}
    if only is not None:
        texts["heads"] = f"{only.num_heads} / {only.num_key_value_heads}"
        if only.sliding_window is not None:
            count = numbers.count(only.sliding_window)
            texts["window"] = compose("attention.positions", lang, count=count)
        others = [head for head in _group(attention, only) if head != attention.choice.head]
        if others:
            texts["group"] = ", ".join(f"H{head}" for head in others)
        texts["scaling"] = numbers.value(only.scaling)
        if only.softcap is not None:
            texts["softcap"] = numbers.value(only.softcap)
    if any(history.constants.has_sinks for history in attention.histories):
        texts["sinks"] = compose("attention.yes", lang)
    return tuple(Fact(compose(f"attention.fact.{name}", lang), text) for name, text in texts.items())
