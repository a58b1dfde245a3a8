"""Which source token, through which head, pushed the chosen token: a grid of sources over heads or layers.

`heatmap_of` does the thinking and returns a frozen value; `source_heatmap` turns it into a figure. Rows stand in
the order of the text; those that gave least are summed in the last one, so that every column keeps its sum.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import plotly.graph_objects as go

from tracer.analysis.source_shares import Shares, SourceShares
from tracer.figures.labels import CHOSEN, OTHER, base_layout, empty_note, escape, token_axis
from tracer.wording import numbers
from tracer.wording.composition import Language, Whole, compose
from tracer.wording.source_shares import signed

Across = Literal["heads", "layers"]

MOST_ROWS = 40

_SCALE = [[0.0, OTHER], [0.5, "#FFFFFF"], [1.0, CHOSEN]]


@dataclass(frozen=True, slots=True)
class SourceHeatmap:
    """`values` are logits, one row per source and one column per head or layer; `limit` is the largest size."""

    title: str
    axis: str
    axis_rows: str
    unit: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]
    hover: tuple[tuple[str, ...], ...]
    limit: float
    nothing: str


def heatmap_of(
    shares: SourceShares,
    *,
    layer: int | None = None,
    across: Across = "heads",
    most_rows: int = MOST_ROWS,
    lang: Language = "en",
) -> SourceHeatmap:
    """Returns what the heatmap shows.

    Args:
        layer: one layer; None sums over layers.
        across: "heads", or "layers" with the heads of each summed.

    Raises:
        ValueError: no such layer or axis, or a layer with across="layers".
    """
    grid = _grid(shares, layer, across)
    labels = [f"{token} {place}" for token, place in zip(shares.source_tokens, shares.positions, strict=True)]
    grid, labels = _shortened(grid, labels, most_rows, lang)
    axis = compose(f"figures.sources_{across}", lang)
    columns = tuple(map(str, range(grid.shape[1])))
    return SourceHeatmap(
        title=_title(shares, layer, lang),
        axis=axis,
        axis_rows=compose("figures.sources_rows", lang),
        unit=compose("figures.logit", lang),
        rows=tuple(labels),
        columns=columns,
        values=tuple(tuple(row) for row in grid.tolist()),
        hover=tuple(
            tuple(_cell(label, axis, column, value, lang) for column, value in enumerate(row))
            for label, row in zip(labels, grid.tolist(), strict=True)
        ),
        limit=float(np.abs(grid).max(initial=0.0)),
        nothing=compose("figures.sources_nothing", lang),
    )


def _title(shares: SourceShares, layer: int | None, lang: Language) -> str:
    where = "all_layers" if layer is None else "layer"
    number = {} if layer is None else {"layer": str(layer)}
    return compose(
        "figures.sources_title",
        lang,
        step=str(shares.step),
        chosen=Whole(escape(shares.token)),
        rival=Whole(escape(shares.rival)),
        where=compose(f"figures.sources_{where}", lang, **number),
    )


def _cell(label: str, axis: str, column: int, value: float, lang: Language) -> str:
    source = Whole(escape(label))
    return compose(
        "figures.sources_cell", lang, source=source, axis=axis, column=str(column), value=signed(value)
    )


def source_heatmap(
    shares: SourceShares,
    *,
    layer: int | None = None,
    across: Across = "heads",
    most_rows: int = MOST_ROWS,
    lang: Language = "en",
) -> go.Figure:
    """Returns sources over heads (or layers), colored by what they pushed; orange is for the chosen token."""
    heatmap = heatmap_of(shares, layer=layer, across=across, most_rows=most_rows, lang=lang)
    figure = go.Figure()
    rows = len(heatmap.rows)
    figure.update_layout(base_layout(heatmap.title, x=heatmap.axis, y=heatmap.axis_rows, rows=rows))
    if heatmap.limit == 0.0:
        figure.add_annotation(**empty_note(heatmap.nothing))
        return figure
    figure.add_trace(
        go.Heatmap(
            z=[list(row) for row in heatmap.values],
            customdata=[list(row) for row in heatmap.hover],
            hovertemplate="%{customdata}<extra></extra>",
            colorscale=_SCALE,
            zmin=-heatmap.limit,
            zmax=heatmap.limit,
            xgap=1,
            ygap=1,
            colorbar={"title": {"text": heatmap.unit}},
        )
    )
    figure.update_xaxes(tickvals=list(range(len(heatmap.columns))), ticktext=list(heatmap.columns))
    figure.update_yaxes(token_axis(list(heatmap.rows)), showgrid=False)
    return figure


def _grid(shares: SourceShares, layer: int | None, across: Across) -> Shares:
    """Returns (sources, columns)."""
    layers = len(shares.attention)
    if across not in ("heads", "layers") or (across == "layers" and layer is not None):
        raise ValueError(f"across={across!r} with layer={layer!r} is no view. Type across='heads'.")
    if across == "layers":
        return np.asarray(shares.attention.sum(axis=1).T)
    if layer is None:
        return np.asarray(shares.attention.sum(axis=0).T)
    if not 0 <= layer < layers:
        raise ValueError(
            f"layer={layer!r} is no layer of this model: there are 0 to {layers - 1}. Type layer=None."
        )
    return np.asarray(shares.attention[layer].T)


def _shortened(grid: Shares, labels: list[str], most_rows: int, lang: Language) -> tuple[Shares, list[str]]:
    """Returns at most `most_rows` rows, the strongest in their order, the others summed in the last one."""
    if len(labels) <= most_rows:
        return grid, labels
    order = np.argsort(-np.abs(grid).sum(axis=1), kind="stable")
    kept, rest = np.sort(order[: most_rows - 1]), order[most_rows - 1 :]
    others = compose("figures.sources_others", lang, count=numbers.count(len(rest)))
    return np.vstack([grid[kept], grid[rest].sum(axis=0)]), [*(labels[place] for place in kept), others]
