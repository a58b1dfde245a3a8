"""Lines from tokens to those that they looked at most, for one head or several put together.

One frozen value with its words. The first token gets no line, only its share: most heads rest there. Draws nothing.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tracer.analysis.attention_maps import attention_map, exact_rows
from tracer.analysis.attention_rows import Weights
from tracer.analysis.attention_tiles import runs_of
from tracer.analysis.head_choice import HeadChoice
from tracer.pictures.attention_parts import (
    DIGITS,
    Chosen,
    MissingLayers,
    PlaceText,
    chosen_of,
    missing_of,
    place_text,
    shade_of,
)
from tracer.wording.attention import weight_text
from tracer.wording.composition import Language, compose

if TYPE_CHECKING:
    from tracer.trace.step import Step

MOST_ROWS = 200
_SHOWN_ROWS = 24


@dataclass(frozen=True, slots=True)
class Line:
    """From the token that looked to one that it saw; `shade` is 0 to 1."""

    target: int
    source: int
    weight: float
    label: str
    shade: float


@dataclass(frozen=True, slots=True)
class FirstShare:
    """What one token left on the first of the text."""

    target: int
    weight: float
    label: str


@dataclass(frozen=True, slots=True)
class AttentionLines:
    """Lines by target, the strongest first; `targets` are the rows asked for, `sources` the tokens with a line."""

    step: int
    size: int
    title: str
    summary: str
    note: str
    choice: Chosen
    rows: tuple[int, int]
    threshold: float
    targets: tuple[PlaceText, ...]
    sources: tuple[PlaceText, ...]
    lines: tuple[Line, ...]
    first: tuple[FirstShare, ...]
    missing_rows: tuple[tuple[int, int], ...]
    missing: tuple[MissingLayers, ...]
    empty: str


def attention_lines(
    step: "Step",
    choice: HeadChoice,
    *,
    rows: range | None = None,
    threshold: float = 0.1,
    count: int = 3,
    lang: Language = "en",
) -> AttentionLines:
    """Returns for each of some tokens the lines to its strongest sources.

    Args:
        rows: places of the tokens that looked, at most 200; default: the last 24.
        threshold: the smallest weight with a line.
        count: lines per token.

    Raises:
        SignalMissingError: no chosen layer was recorded.
        ValueError: `rows`, `threshold` or `count` is out of bounds, or there is no such layer or head.
    """
    attention = attention_map(step, choice)
    size = attention.size
    rows = range(max(0, size - _SHOWN_ROWS), size) if rows is None else rows
    _check(rows, threshold, count)
    weights = exact_rows(attention, rows)
    lines = [
        line
        for place, row in zip(rows, weights, strict=True)
        for line in _lines(place, row, threshold, count, lang)
    ]
    stored = [place for place in rows if attention.stored[place]]
    chosen = chosen_of(choice, attention.facts, lang)
    sources = sorted({line.source for line in lines})
    counts = {"lines": str(len(lines)), "targets": str(len({line.target for line in lines}))}
    return AttentionLines(
        step=step.index,
        size=size,
        title=compose("attention.lines_title", lang, choice=chosen.label),
        summary=compose("attention.lines_summary", lang, **counts),
        note=compose("attention.note", lang),
        choice=chosen,
        rows=(rows.start, rows.stop),
        threshold=threshold,
        targets=tuple(place_text(attention.places, place) for place in rows),
        sources=tuple(place_text(attention.places, place) for place in sources),
        lines=tuple(lines),
        first=tuple(_first_share(place, weights[place - rows.start], lang) for place in stored),
        missing_rows=tuple(
            (first + rows.start, end + rows.start)
            for first, end in runs_of(~attention.stored[rows.start : rows.stop])
        ),
        missing=missing_of(attention.missing, lang),
        empty="" if lines else compose("attention.lines_empty", lang, threshold=weight_text(threshold, lang)),
    )


def _lines(place: int, row: Weights, threshold: float, count: int, lang: Language) -> list[Line]:
    strongest = np.argsort(-row[1:], kind="stable")[:count] + 1
    found = [(int(source), float(row[source])) for source in strongest]
    return [
        Line(place, source, round(weight, DIGITS), weight_text(weight, lang), shade_of(weight, 1.0))
        for source, weight in found
        if weight >= threshold
    ]


def _first_share(place: int, row: Weights, lang: Language) -> FirstShare:
    weight = float(row[0])
    return FirstShare(place, round(weight, DIGITS), weight_text(weight, lang))


def _check(rows: range, threshold: float, count: int) -> None:
    if not 0 < len(rows) <= MOST_ROWS:
        raise ValueError(f"{len(rows)} rows were asked for, and 1 to {MOST_ROWS} are shown. Ask for fewer.")
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold={threshold!r} is not above 0 and at most 1. Type threshold=0.1.")
    if not 1 <= count <= MOST_ROWS:
        raise ValueError(f"count={count!r} is not between 1 and {MOST_ROWS}. Type count=3.")
