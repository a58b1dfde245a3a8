"""The logit lens as a grid: one row per layer, the tokens it would have said by rank, colored by probability.

`grid_of` does the thinking and returns a frozen value; `lens_grid` turns it into a figure. The chosen token's
cells have its color as a frame. The last layer stands on top; a layer that was not recorded is an empty row.
"""

from dataclasses import dataclass
from typing import TypeVar

import plotly.graph_objects as go

from tracer.analysis.logit_lens import Lens, LensLayer
from tracer.figures.labels import CHOSEN, base_layout, empty_note, escape
from tracer.wording import numbers
from tracer.wording.composition import Language, Whole, compose
from tracer.wording.layer_predictions import layer_name

_MONOSPACE = "'DejaVu Sans Mono', 'Noto Sans Mono CJK SC', monospace"

_Item = TypeVar("_Item")

_SCALE = [[0.0, "#F3F7FB"], [0.25, "#B9D3EC"], [0.5, "#8DB8DF"], [1.0, "#5F9BCF"]]
"""Blues that dark text can be read on."""


@dataclass(frozen=True, slots=True)
class LensGrid:
    """Rows are streams, the embedding first; columns are the tokens of each by rank. None: nothing there.

    `chosen` are the (column, row) places of the chosen token. `ranks` is its rank in words, per row.
    """

    title: str
    probabilities: tuple[tuple[float | None, ...], ...]
    tokens: tuple[tuple[str, ...], ...]
    hover: tuple[tuple[str, ...], ...]
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    ranks: tuple[str, ...]
    chosen: tuple[tuple[int, int], ...]
    axis_rank: str
    axis_layer: str
    unit: str
    chosen_name: str
    nothing: str


def grid_of(lens: Lens, lang: Language = "en") -> LensGrid:
    """Returns what the grid shows."""
    width = max((len(layer.top) for layer in lens.layers), default=0)
    layers = [lens.layer_of(stream) for stream in range(lens.num_streams)]
    embedding, blank = compose("lens_cell_embedding", lang), compose("figures.lens_blank", lang)
    return LensGrid(
        title=compose("figures.lens_title", lang, step=str(lens.step), chosen=Whole(escape(lens.chosen))),
        probabilities=tuple(
            tuple(_padded([] if layer is None else [token.probability for token in layer.top], width, None))
            for layer in layers
        ),
        tokens=tuple(
            tuple(_padded([] if layer is None else [escape(token.token) for token in layer.top], width, ""))
            for layer in layers
        ),
        hover=tuple(
            tuple(_padded([] if layer is None else _hover(layer, lang), width, blank)) for layer in layers
        ),
        rows=tuple(embedding if stream == 0 else str(stream - 1) for stream in range(lens.num_streams)),
        columns=tuple(numbers.ordinal(place, lang) for place in range(width)),
        ranks=tuple("" if layer is None else f"#{numbers.count(layer.rank + 1)}" for layer in layers),
        chosen=tuple(
            (column, row)
            for row, layer in enumerate(layers)
            for column, token in enumerate(() if layer is None else layer.top)
            if token.token_id == lens.chosen_id
        ),
        axis_rank=compose("figures.lens_axis_rank", lang),
        axis_layer=compose("figures.lens_axis_layer", lang),
        unit=compose("figures.probability", lang),
        chosen_name=compose("figures.lens_chosen", lang),
        nothing=compose("figures.lens_nothing", lang),
    )


def _padded(items: list[_Item], width: int, blank: _Item) -> list[_Item]:
    return [*items, *[blank] * (width - len(items))]


def _hover(layer: LensLayer, lang: Language) -> list[str]:
    return [
        compose(
            "figures.lens_cell",
            lang,
            layer=layer_name(layer.stream, lang),
            token=Whole(escape(token.token)),
            token_id=str(token.token_id),
            probability=numbers.percent(token.probability, lang),
        )
        for token in layer.top
    ]


def lens_grid(lens: Lens, *, lang: Language = "en") -> go.Figure:
    """Returns the layers over the ranks, a token in each cell, and the chosen token's rank at the right."""
    grid = grid_of(lens, lang)
    figure = go.Figure()
    figure.update_layout(base_layout(grid.title, x=grid.axis_rank, y=grid.axis_layer, rows=len(grid.rows)))
    if not grid.columns:
        figure.add_annotation(**empty_note(grid.nothing))
        return figure
    figure.add_trace(_cells(grid))
    figure.add_trace(_rank_labels(grid))
    for column, row in grid.chosen:
        corners = {"x0": column - 0.47, "x1": column + 0.47, "y0": row - 0.45, "y1": row + 0.45}
        figure.add_shape(type="rect", line={"color": CHOSEN, "width": 2}, **corners)
    end = len(grid.columns)
    figure.update_xaxes(
        tickvals=list(range(end + 1)), ticktext=[*grid.columns, grid.chosen_name], range=[-0.5, end + 0.5]
    )
    figure.update_yaxes(
        tickvals=list(range(len(grid.rows))), ticktext=list(grid.rows), range=[-0.5, len(grid.rows) - 0.5]
    )
    figure.update_yaxes(automargin=True, showgrid=False)
    figure.update_xaxes(showgrid=False, zeroline=False)
    return figure


def _cells(grid: LensGrid) -> go.Heatmap:
    return go.Heatmap(
        z=[list(row) for row in grid.probabilities],
        text=[list(row) for row in grid.tokens],
        customdata=[list(row) for row in grid.hover],
        texttemplate="%{text}",
        textfont={"family": _MONOSPACE, "color": "#1A1D21"},
        hovertemplate="%{customdata}<extra></extra>",
        colorscale=_SCALE,
        zmin=0.0,
        zmax=1.0,
        xgap=1,
        ygap=1,
        hoverongaps=False,
        colorbar={"title": {"text": grid.unit}, "tickformat": ".0%"},
    )


def _rank_labels(grid: LensGrid) -> go.Scatter:
    return go.Scatter(
        x=[len(grid.columns)] * len(grid.rows),
        y=list(range(len(grid.rows))),
        text=list(grid.ranks),
        mode="text",
        textfont={"color": CHOSEN},
        hoverinfo="skip",
        showlegend=False,
    )
