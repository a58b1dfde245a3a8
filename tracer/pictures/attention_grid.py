"""All heads of a model as one grid, layer by head, colored by one measure of what they did at a step.

One frozen value with its words: the numbers, their labels, and for each layer what its attention is made of. A layer
without a recording stays, and says why. Contributions come from what the trace keeps; nothing needs a model.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from tracer.analysis.attention_patterns import (
    LOCAL_PLACES,
    Pattern,
    PatternScores,
    mean_patterns,
    row_patterns,
)
from tracer.analysis.attention_rows import AttentionRows, LayerFacts, attention_rows
from tracer.analysis.kept_sources import kept_sources
from tracer.pictures.attention_contribution import sources_command
from tracer.pictures.attention_parts import DIGITS, PlaceText, place_text, require_place
from tracer.wording import numbers
from tracer.wording.absence import said_in
from tracer.wording.attention import head_name, layer_flags, pattern_name, weight_text
from tracer.wording.composition import Language, chip, compose
from tracer.wording.source_shares import signed

if TYPE_CHECKING:
    from tracer.trace.step import Step

Measure = Literal["source", "first", "previous", "itself", "local", "induction", "entropy", "contribution"]

MEASURES: tuple[Measure, ...] = (
    "source",
    "first",
    "previous",
    "itself",
    "local",
    "induction",
    "entropy",
    "contribution",
)

_TOP = 8

Grid = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MeasureOption:
    """One measure to choose; `reason` says why it is not there, `command` what to type."""

    key: Measure
    label: str
    hint: str
    available: bool
    reason: str
    command: str


@dataclass(frozen=True, slots=True)
class LayerRow:
    """One layer: its heads, those that share keys and values, what it may see, and why it is empty."""

    layer: int
    label: str
    is_recorded: bool
    reason: str
    num_heads: int
    num_key_value_heads: int
    groups: tuple[tuple[int, ...], ...]
    sliding_window: int | None
    mask: str
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TopHead:
    """One of the largest values."""

    layer: int
    head: int
    value: float
    label: str


@dataclass(frozen=True, slots=True)
class HeadGrid:
    """`values[layer][head]`, None where there is none. Colors run from `low` to `high`; signed: around 0."""

    step: int
    place: int
    size: int
    title: str
    summary: str
    note: str
    measure: Measure
    measure_label: str
    hint: str
    unit: str
    average: bool
    rows_averaged: int
    average_note: str
    measures: tuple[MeasureOption, ...]
    num_layers: int
    num_heads: int
    values: tuple[tuple[float | None, ...], ...]
    labels: tuple[tuple[str, ...], ...]
    low: float
    high: float
    is_signed: bool
    layers: tuple[LayerRow, ...]
    patterns: tuple[tuple[str | None, ...], ...]
    pattern_labels: dict[str, str]
    top: tuple[TopHead, ...]
    group_note: str
    source: PlaceText | None
    empty: str


@dataclass(frozen=True, slots=True, eq=False)
class _Measured:
    """The numbers of a grid and what they are of."""

    values: Grid
    hint: dict[str, str]
    patterns: PatternScores
    average: bool
    average_note: str
    empty: str


def head_grid(
    step: "Step",
    measure: Measure = "source",
    *,
    source: int | None = None,
    average: bool = False,
    lang: Language = "en",
    rows: AttentionRows | None = None,
) -> HeadGrid:
    """Returns every head of a step by one measure.

    Args:
        source: the place that `measure="source"` is about.
        average: over all stored rows up to the step instead of the step's own, for patterns and entropy.
        rows: the step's `attention_rows`, where they are at hand.

    Raises:
        SignalMissingError: no layer was recorded at this step.
        ValueError: there is no such measure or place.
    """
    if measure not in MEASURES:
        raise ValueError(f"measure={measure!r} is none of {', '.join(MEASURES)}. Type measure='first'.")
    rows = rows or attention_rows(step)
    selected = None if source is None else place_text(rows.places, require_place(rows.places, source))
    measured = _measured(step, rows, measure, source, average, lang)
    values, label = measured.values, _measure_label(measure, lang)
    low, high = _ends(values, measure)
    top = _top(values, measure, lang)
    averaged = measured.patterns.num_rows if measured.average else 1
    return HeadGrid(
        step=step.index,
        place=rows.places.size - 1,
        size=rows.places.size,
        title=_title(label, averaged if measured.average else None, lang),
        summary=_summary(values, top, lang),
        note=compose("attention.note", lang),
        measure=measure,
        measure_label=label,
        hint=compose(f"attention.hint.{measure}", lang, **measured.hint) if not measured.empty else "",
        unit=_unit(measure, lang),
        average=measured.average,
        rows_averaged=averaged,
        average_note=measured.average_note,
        measures=_options(step, source, lang),
        num_layers=values.shape[0],
        num_heads=values.shape[1],
        values=_rounded(values),
        labels=_labels(values, measure, lang),
        low=low,
        high=high,
        is_signed=measure == "contribution",
        layers=tuple(_layer(facts, lang) for facts in rows.layers),
        patterns=_patterns(measured.patterns, values.shape),
        pattern_labels={str(pattern): pattern_name(pattern, lang) for pattern in Pattern},
        top=top,
        group_note=_group_note(rows, lang),
        source=selected,
        empty=measured.empty,
    )


def _title(label: str, averaged: int | None, lang: Language) -> str:
    if averaged is None:
        return compose("attention.grid_title", lang, measure=label)
    return compose("attention.grid_title_mean", lang, measure=label, count=numbers.count(averaged))


def _measured(
    step: "Step", rows: AttentionRows, measure: Measure, source: int | None, average: bool, lang: Language
) -> _Measured:
    patterns, shape, note = row_patterns(rows), rows.weights.shape[:2], ""
    nothing = np.full(shape, np.nan)
    if measure == "source":
        empty = compose("attention.pick_source", lang) if source is None else ""
        values = nothing if source is None else rows.weights[..., source].astype(np.float64)
        return _Measured(values, {}, patterns, False, note, empty)
    if measure == "contribution":
        kept = kept_sources(step)
        if not kept:
            missing = compose("attention.contribution_missing", lang)
            return _Measured(nothing, {}, patterns, False, note, missing)
        values = nothing.copy()
        values[:, : kept[0].by_head.shape[1]] = kept[0].by_head
        values[[not facts.is_recorded for facts in rows.layers]] = np.nan
        named: dict[str, str] = {"token": chip(kept[0].token), "rival": chip(kept[0].rival)}
        return _Measured(values, named, patterns, False, note, "")
    averaged = mean_patterns(step, rows) if average else None
    if average and averaged is None:
        note = compose("attention.no_average", lang)
    patterns = averaged or patterns
    values = patterns.entropy if measure == "entropy" else patterns.scores[Pattern(measure)]
    return _Measured(values, {}, patterns, averaged is not None, note, "")


def _rounded(values: Grid) -> tuple[tuple[float | None, ...], ...]:
    rows = values.tolist()
    return tuple(tuple(None if np.isnan(one) else round(one, DIGITS) for one in row) for row in rows)


def _labels(values: Grid, measure: Measure, lang: Language) -> tuple[tuple[str, ...], ...]:
    rows = values.tolist()
    return tuple(tuple("" if np.isnan(one) else _label(one, measure, lang) for one in row) for row in rows)


def _patterns(patterns: PatternScores, shape: tuple[int, ...]) -> tuple[tuple[str | None, ...], ...]:
    layers, heads = shape
    return tuple(tuple(patterns.pattern(layer, head) for head in range(heads)) for layer in range(layers))


def _measure_label(measure: Measure, lang: Language) -> str:
    counted = {"count": str(LOCAL_PLACES)} if measure == "local" else {}
    return compose(f"attention.measure.{measure}", lang, **counted)


def _unit(measure: Measure, lang: Language) -> str:
    kind = {"entropy": "entropy", "contribution": "logit"}.get(measure, "weight")
    return compose(f"attention.unit.{kind}", lang)


def _options(step: "Step", source: int | None, lang: Language) -> tuple[MeasureOption, ...]:
    reasons = {} if source is not None else {"source": compose("attention.pick_source", lang)}
    kept = kept_sources(step)
    named = {"token": chip(kept[0].token), "rival": chip(kept[0].rival)} if kept else {}
    if not kept:
        reasons["contribution"] = compose("attention.contribution_missing", lang)
    return tuple(
        MeasureOption(
            key=measure,
            label=_measure_label(measure, lang),
            hint=""
            if measure == "contribution" and not kept
            else compose(f"attention.hint.{measure}", lang, **(named if measure == "contribution" else {})),
            available=measure not in reasons,
            reason=reasons.get(measure, ""),
            command=sources_command(step) if measure == "contribution" and not kept else "",
        )
        for measure in MEASURES
    )


def _label(value: float, measure: Measure, lang: Language) -> str:
    if measure == "contribution":
        return signed(value)
    if measure == "entropy":
        return compose("attention.nats", lang, number=numbers.decimal(value))
    return weight_text(value, lang)


def _ends(values: Grid, measure: Measure) -> tuple[float, float]:
    known = values[~np.isnan(values)]
    largest = round(float(np.abs(known).max(initial=0.0)), DIGITS)
    return (-largest if measure == "contribution" else 0.0), largest


def _top(values: Grid, measure: Measure, lang: Language) -> tuple[TopHead, ...]:
    sizes = np.nan_to_num(np.abs(values), nan=0.0)
    order = np.argsort(-sizes, axis=None, kind="stable")[:_TOP]
    places = [(int(one) // values.shape[1], int(one) % values.shape[1]) for one in order]
    return tuple(
        TopHead(
            layer,
            head,
            round(float(values[layer, head]), DIGITS),
            _label(float(values[layer, head]), measure, lang),
        )
        for layer, head in places
        if sizes[layer, head] > 0
    )


def _summary(values: Grid, top: tuple[TopHead, ...], lang: Language) -> str:
    if not top:
        return compose("attention.grid_empty", lang)
    return compose(
        "attention.grid_summary",
        lang,
        layers=str(values.shape[0]),
        heads=str(values.shape[1]),
        head=head_name(top[0].layer, top[0].head, lang),
        value=top[0].label,
    )


def _layer(facts: LayerFacts, lang: Language) -> LayerRow:
    constants = facts.constants
    flags = layer_flags(facts, lang)
    name = compose("attention.layer", lang, layer=str(facts.layer))
    return LayerRow(
        layer=facts.layer,
        label=" · ".join((name, *flags)),
        is_recorded=facts.is_recorded,
        reason=said_in(facts.reason or "", lang),
        num_heads=0 if constants is None else constants.num_heads,
        num_key_value_heads=0 if constants is None else constants.num_key_value_heads,
        groups=facts.groups,
        sliding_window=None if constants is None else constants.sliding_window,
        mask=facts.mask,
        flags=flags,
    )


def _group_note(rows: AttentionRows, lang: Language) -> str:
    heard = [facts.constants for facts in rows.layers if facts.constants is not None]
    if not heard or heard[0].num_heads == heard[0].num_key_value_heads:
        return ""
    counts = {"heads": heard[0].num_heads, "shared": heard[0].num_key_value_heads}
    counts["size"] = counts["heads"] // counts["shared"]
    return compose("attention.groups", lang, **{name: str(value) for name, value in counts.items()})
