"""The heads that looked hardest, at one token or at any: at most so many rows, each said in one line.

One frozen value with its words. Without a source the first token, where heads with nothing to read rest, does not
count. Draws nothing.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tracer.analysis.attention_patterns import Pattern, PatternScores, row_patterns
from tracer.analysis.attention_rows import AttentionRows, attention_rows
from tracer.analysis.text_places import places_of_template
from tracer.pictures.attention_parts import (
    DIGITS,
    MissingLayers,
    PlaceText,
    missing_of,
    place_text,
    require_place,
)
from tracer.wording.attention import head_name, pattern_name, weight_text
from tracer.wording.composition import Language, chip, compose

if TYPE_CHECKING:
    from tracer.trace.step import Step

MOST_HEADS = 8


@dataclass(frozen=True, slots=True)
class HeadRow:
    """One head and the token that it put most weight on, or how much of it on the selected one."""

    layer: int
    head: int
    pattern: str
    pattern_label: str
    source: int
    source_text: str
    weight: float
    weight_label: str
    label: str
    effective: float
    effective_label: str


@dataclass(frozen=True, slots=True)
class HeadRanking:
    """The heads by weight; `empty` says why there are none."""

    step: int
    place: int
    size: int
    title: str
    note: str
    source: PlaceText | None
    rows: tuple[HeadRow, ...]
    missing: tuple[MissingLayers, ...]
    empty: str


def attention_heads(
    step: "Step",
    *,
    source: int | None = None,
    lang: Language = "en",
    skip_template: bool = False,
    count: int = MOST_HEADS,
    rows: AttentionRows | None = None,
) -> HeadRanking:
    """Returns the heads of a step that put most weight on one token.

    Args:
        source: a place of the text; None takes each head's strongest one, the first token left out.
        skip_template: leaves the chat template's tokens out as well, where they are known.
        rows: the step's `attention_rows`, where they are at hand.

    Raises:
        SignalMissingError: no layer was recorded at this step.
        ValueError: there is no such place, or `count` is below 1.
    """
    if count < 1:
        raise ValueError(f"count={count!r} is below 1. Type count={MOST_HEADS}.")
    rows = rows or attention_rows(step)
    places, patterns = rows.places, row_patterns(rows)
    best = _best_places(step, rows, source, skip_template)
    weights = np.take_along_axis(rows.weights, best[..., None], axis=-1)[..., 0]
    order = np.argsort(-np.nan_to_num(weights, nan=-1.0), axis=None, kind="stable")[:count]
    found = [(int(one) // weights.shape[1], int(one) % weights.shape[1]) for one in order]
    shown = tuple(
        _row(rows, patterns, layer, head, int(best[layer, head]), lang)
        for layer, head in found
        if weights[layer, head] > 0
    )
    selected = None if source is None else place_text(places, source)
    title = "attention.heads_title" if selected is None else "attention.heads_of_source"
    named = {} if selected is None else {"source": chip(selected.text)}
    return HeadRanking(
        step=step.index,
        place=places.size - 1,
        size=places.size,
        title=compose(title, lang, **named),
        note=compose("attention.note", lang),
        source=selected,
        rows=shown,
        missing=missing_of(rows.layers, lang),
        empty="" if shown else compose("attention.no_heads", lang),
    )


def _best_places(
    step: "Step", rows: AttentionRows, source: int | None, skip_template: bool
) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """Returns for every head the place that counts, (layers, heads)."""
    shape = rows.weights.shape[:2]
    if source is not None:
        return np.full(shape, require_place(rows.places, source), dtype=np.int64)
    weights = np.nan_to_num(rows.weights, nan=0.0)
    aside = {0, *(places_of_template(step)[0] if skip_template else ())}
    weights[..., sorted(aside)] = 0
    return np.asarray(weights.argmax(axis=-1), dtype=np.int64)


def _row(
    rows: AttentionRows, patterns: PatternScores, layer: int, head: int, place: int, lang: Language
) -> HeadRow:
    weight, text = float(rows.weights[layer, head, place]), rows.places.texts[place]
    pattern = patterns.pattern(layer, head) or Pattern.MIXED
    effective = float(np.exp(patterns.entropy[layer, head]))
    named = {
        "head": head_name(layer, head, lang),
        "weight": weight_text(weight, lang),
        "source": chip(text),
    }
    if pattern is Pattern.MIXED:
        label = compose("attention.row_plain", lang, **named)
    else:
        label = compose("attention.row", lang, **named, pattern=pattern_name(pattern, lang))
    return HeadRow(
        layer=layer,
        head=head,
        pattern=pattern,
        pattern_label=pattern_name(pattern, lang),
        source=place,
        source_text=text,
        weight=round(weight, DIGITS),
        weight_label=named["weight"],
        label=label,
        effective=round(effective, 3),
        effective_label=compose("attention.effective", lang, number=f"{effective:.1f}"),
    )
