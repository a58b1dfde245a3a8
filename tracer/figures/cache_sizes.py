"""The KV cache in bytes: over the steps, one area for each class of layer, and layer by layer at one step.

Draws the value of `tracer.pictures.cache_growth`.
"""

import plotly.graph_objects as go

from tracer.figures.labels import MARKED, OTHER, base_layout, empty_note, escape
from tracer.pictures.cache_growth import CacheGrowth as CacheGrowthValue

_FILLS = ("#8DB8DF", "#B9D3EC", "#5F9BCF", "#DCE9F5")
_GRID = "#E6E9ED"


def cache_growth(picture: CacheGrowthValue) -> go.Figure:
    """Returns the size after every step, stacked by class of layer; a line marks this step."""
    figure = go.Figure()
    layout = base_layout(escape(picture.growth_title), x=picture.axis_step, y=picture.axis_bytes)
    figure.update_layout(layout)
    if not picture.lines:
        figure.add_annotation(**empty_note(picture.nothing))
        return figure
    for place, line in enumerate(picture.lines):
        figure.add_trace(
            go.Scatter(
                x=list(picture.steps),
                y=list(line.nbytes),
                name=escape(line.label),
                mode="lines+markers" if len(picture.steps) == 1 else "lines",
                stackgroup="bytes",
                line={"color": MARKED, "width": 1.5},
                fillcolor=_FILLS[place % len(_FILLS)],
                hovertemplate="%{fullData.name}<br>%{x}: %{y:.4s}B<extra></extra>",
            )
        )
    figure.add_vline(x=picture.step, line={"color": OTHER, "dash": "dot", "width": 1})
    side = "right" if 2 * picture.step > picture.steps[0] + picture.steps[-1] else "left"
    figure.add_annotation(
        text=escape(picture.this_step), x=picture.step, y=1.0, yref="paper", showarrow=False, xanchor=side,
        yanchor="bottom", font={"color": OTHER},
    )  # fmt: skip
    figure.update_yaxes(tickformat="~s", ticksuffix="B", rangemode="tozero", gridcolor=_GRID)
    figure.update_xaxes(tickformat="d", gridcolor=_GRID)
    figure.update_layout(showlegend=len(picture.lines) > 1, legend={"orientation": "h", "y": -0.2})
    return figure


def cache_layers(picture: CacheGrowthValue) -> go.Figure:
    """Returns one bar per layer: its size after this step."""
    figure = go.Figure()
    layout = base_layout(escape(picture.title), x=picture.axis_layer, y=picture.axis_bytes)
    figure.update_layout(layout)
    if not any(picture.layer_bytes):
        figure.add_annotation(**empty_note(picture.nothing))
        return figure
    named = {layer: row for row in picture.rows for layer in row.layers}
    layers = list(range(len(picture.layer_bytes)))
    lines = [
        f"{named[layer].class_name}: {named[layer].length}, {named[layer].shape}" if layer in named else ""
        for layer in layers
    ]
    figure.add_trace(
        go.Bar(
            x=layers,
            y=list(picture.layer_bytes),
            marker_color=OTHER,
            customdata=[escape(line) for line in lines],
            hovertemplate="%{x}: %{y:.4s}B<br>%{customdata}<extra></extra>",
        )
    )
    figure.update_yaxes(tickformat="~s", ticksuffix="B", rangemode="tozero", gridcolor=_GRID)
    figure.update_xaxes(tickformat="d")
    return figure
