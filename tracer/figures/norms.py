"""How long the residual stream is after each layer, and what each layer added to it.

`norms_of` finds the words, `stream_norms` draws; the numbers are `tracer.analysis.stream_norms`. A layer that was
not recorded leaves a gap.
"""

from dataclasses import dataclass

import plotly.graph_objects as go

from tracer.analysis.stream_norms import StreamNorms
from tracer.figures.labels import MARKED, OTHER, base_layout, empty_note, escape
from tracer.wording.composition import Language, compose

_GRID = "#E6E9ED"
_MOST_TICKS = 16


@dataclass(frozen=True, slots=True)
class NormLines:
    """Lines over the streams (0: the embedding, k: layer k - 1); None where nothing was recorded."""

    title: str
    axis_layer: str
    axis_length: str
    labels: tuple[str, ...]
    lines: tuple[tuple[float | None, ...], ...]
    ticks: tuple[int, ...]
    nothing: str


def norms_of(norms: StreamNorms, lang: Language = "en") -> NormLines:
    """Returns what the figure shows: the stream, and of attention, MLP and whole layers what was recorded."""
    added = (("attention", norms.attention), ("mlp", norms.mlp))
    has_parts = any(value is not None for _, values in added for value in values)
    lines = {"stream": norms.stream} | {
        name: (None, *values) for name, values in (added if has_parts else (("added", norms.added),))
    }
    count = len(norms.stream)
    return NormLines(
        title=compose("norms_title", lang, step=str(norms.step)),
        axis_layer=compose("norms_axis_layer", lang),
        axis_length=compose("norms_axis_length", lang),
        labels=tuple(compose(f"norms_{name}", lang) for name in lines),
        lines=() if norms.is_empty else tuple(lines.values()),
        ticks=tuple(range(0, count, max(1, -(-count // _MOST_TICKS)))),
        nothing=compose("norms_nothing", lang),
    )


def stream_norms(norms: StreamNorms, *, lang: Language = "en") -> go.Figure:
    """Returns the lengths over the layers, the stream as a line and what was added as bars."""
    value = norms_of(norms, lang)
    figure = go.Figure()
    figure.update_layout(base_layout(escape(value.title), x=value.axis_layer, y=value.axis_length))
    if not value.lines:
        figure.add_annotation(**empty_note(value.nothing))
        return figure
    names = ["emb." if stream == 0 else str(stream - 1) for stream in range(len(value.lines[0]))]
    colors = (OTHER, "#B9D3EC")
    for place, (label, line) in enumerate(zip(value.labels[1:], value.lines[1:], strict=True)):
        figure.add_trace(
            go.Bar(
                x=list(range(len(line))), y=list(line), name=label, marker_color=colors[place], customdata=names,
                hovertemplate="%{customdata}: %{y:.3g}<extra>%{fullData.name}</extra>",
            )
        )  # fmt: skip
    figure.add_trace(
        go.Scatter(
            x=list(range(len(names))), y=list(value.lines[0]), name=value.labels[0], mode="lines+markers",
            line={"color": MARKED}, marker={"size": 5}, customdata=names,
            hovertemplate="%{customdata}: %{y:.3g}<extra>%{fullData.name}</extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(
        tickmode="array", tickvals=list(value.ticks), ticktext=[names[tick] for tick in value.ticks]
    )
    figure.update_yaxes(rangemode="tozero", gridcolor=_GRID)
    figure.update_layout(barmode="group", showlegend=True, legend={"orientation": "h", "y": -0.2})
    return figure
