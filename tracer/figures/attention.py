"""Attention as plotly figures: the grid of heads, the map of one head, the tokens that were read most as bars.

Each takes the frozen value that the browser modules draw, and thinks nothing itself. A map of a long text is reduced
as its tiles are, each pixel the largest of several places.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from tracer.analysis.attention_maps import attention_map as map_of
from tracer.analysis.attention_maps import whole, window_of
from tracer.analysis.head_choice import HeadChoice
from tracer.figures.labels import CHOSEN, MARKED, OTHER, base_layout, empty_note, escape, token_axis
from tracer.pictures.attention_grid import HeadGrid, Measure, head_grid
from tracer.pictures.attention_map import header_of
from tracer.pictures.attention_text import AttentionText
from tracer.pictures.attention_text import attention_text as text_of
from tracer.wording.composition import Language, compose

if TYPE_CHECKING:
    from tracer.trace.step import Step

_BLUES = [[0.0, "#FFFFFF"], [0.25, "#B9D3EC"], [0.5, "#5F9BCF"], [1.0, "#08306B"]]
_SIGNED = [[0.0, OTHER], [0.5, "#FFFFFF"], [1.0, CHOSEN]]
_MOST_TOKENS = 15
_MOST_LABELS = 60


def attention_grid(
    step: "Step",
    measure: Measure = "first",
    *,
    source: int | None = None,
    average: bool = False,
    lang: Language = "en",
) -> go.Figure:
    """Returns layers over heads, colored by one measure of a step; the last layer stands on top."""
    grid = head_grid(step, measure, source=source, average=average, lang=lang)
    figure = go.Figure()
    figure.update_layout(
        base_layout(
            escape(grid.title),
            x=compose("attention.axis_head", lang),
            y=compose("attention.axis_layer", lang),
            rows=grid.num_layers,
        )
    )
    if grid.empty or not grid.top:
        figure.add_annotation(**empty_note(grid.empty or grid.summary))
        return figure
    figure.add_trace(
        go.Heatmap(
            z=[list(row) for row in grid.values],
            customdata=_grid_hover(grid),
            hovertemplate="%{customdata}<extra></extra>",
            hoverongaps=False,
            colorscale=_SIGNED if grid.is_signed else _BLUES,
            zmin=grid.low,
            zmax=grid.high,
            xgap=1,
            ygap=1,
            colorbar={"title": {"text": grid.unit}},
        )
    )
    figure.update_xaxes(tickmode="linear", dtick=max(1, grid.num_heads // 16), showgrid=False)
    layers = [row.layer for row in grid.layers]
    figure.update_yaxes(
        tickvals=layers, ticktext=[str(layer) for layer in layers], showgrid=False, automargin=True
    )
    return figure


def _grid_hover(grid: HeadGrid) -> list[list[str]]:
    return [
        [
            f"L{layer} H{head}: {label} · {grid.pattern_labels[pattern]}" if pattern and label else label
            for head, (label, pattern) in enumerate(zip(labels, patterns, strict=True))
        ]
        for layer, (labels, patterns) in enumerate(zip(grid.labels, grid.patterns, strict=True))
    ]


def attention_map(
    step: "Step", layer: int | None = None, head: int | None = None, *, lang: Language = "en"
) -> go.Figure:
    """Returns the map of a head, of a layer's mean, or of the last third's: who looked, at which token.

    Rows that were not stored are empty. Colors are the square root of the weight, up to the largest beside the
    first token.
    """
    attention = map_of(step, HeadChoice(layer, head))
    header, window = header_of(attention, lang), window_of(attention, whole(attention))
    figure = go.Figure()
    figure.update_layout(
        base_layout(
            escape(header.title),
            x=compose("attention.axis_read", lang),
            y=compose("attention.axis_looked", lang),
        ),
        height=700,
    )
    pixels = np.where(window.is_stored[:, None], window.weights, np.nan)
    places = (np.arange(len(pixels)) * window.factor).tolist()
    figure.add_trace(
        go.Heatmap(
            x=places,
            y=places,
            z=np.sqrt(pixels),
            customdata=pixels,
            hovertemplate="%{y} → %{x}: %{customdata:.2%}<extra></extra>",
            hoverongaps=False,
            colorscale=_BLUES,
            zmin=0.0,
            zmax=float(np.sqrt(window.largest_beyond_first or window.largest)) or 1.0,
            colorbar={"title": {"text": f"√ {compose('attention.axis_weight', lang)}"}},
        )
    )
    ticks = _ticks(list(header.labels))
    figure.update_xaxes(ticks, tickangle=-90, showgrid=False)
    figure.update_yaxes(ticks, autorange="reversed", showgrid=False, scaleanchor="x", constrain="domain")
    if header.missing_label:
        figure.add_annotation(**{**empty_note(header.missing_label), "y": 1.04})
    return figure


def _ticks(labels: list[str]) -> dict[str, Any]:
    """Returns token labels where there is room for them; else places are numbers."""
    if len(labels) > _MOST_LABELS:
        return {"automargin": True}
    axis = token_axis(labels)
    return {name: axis[name] for name in ("tickmode", "tickvals", "ticktext", "automargin", "tickfont")}


def attention_bars(
    step: "Step",
    layer: int | None = None,
    head: int | None = None,
    *,
    lang: Language = "en",
    skip_template: bool = False,
) -> go.Figure:
    """Returns the tokens that a step read most as bars, the strongest on top; the first one's share in the title."""
    choice = None if layer is None and head is None else HeadChoice(layer, head)
    return bars_of(text_of(step, choice, lang=lang, skip_template=skip_template), lang)


def bars_of(text: AttentionText, lang: Language = "en") -> go.Figure:
    """Returns the bars of a value that is at hand."""
    shown = text.strongest[:_MOST_TOKENS]
    asides = " · ".join(aside.text for aside in text.aside)
    figure = go.Figure()
    title = f"{escape(text.title)}<br><sup>{escape(text.choice.label)} · {escape(asides)}</sup>"
    weight, token = (compose(f"attention.axis_{name}", lang) for name in ("weight", "read"))
    figure.update_layout(base_layout(title, x=weight, y=token, rows=len(shown)))
    if not shown:
        figure.add_annotation(**empty_note(text.summary))
        return figure
    figure.add_trace(
        go.Bar(
            x=[one.weight for one in shown],
            y=list(range(len(shown))),
            text=[one.label for one in shown],
            customdata=[one.place for one in shown],
            orientation="h",
            marker={"color": MARKED},
            hovertemplate="%{text} (%{customdata})<extra></extra>",
        )
    )
    figure.update_yaxes(token_axis([one.text for one in shown]))
    figure.update_xaxes(tickformat=".0%")
    return figure
