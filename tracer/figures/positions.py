"""The position id of every column of the text: padding, what earlier steps read, what this one reads.

Draws the value of `tracer.pictures.position_ids`.
"""

import plotly.graph_objects as go

from tracer.figures.labels import MARKED, OTHER, base_layout, empty_note, escape
from tracer.pictures.position_ids import PositionIds

_PALE = "#C3CAD3"
_GRID = "#E6E9ED"


def position_ids(picture: PositionIds) -> go.Figure:
    """Returns one dot per column; this step's are larger, padding is an open square."""
    figure = go.Figure()
    layout = base_layout(escape(picture.title), x=picture.axis_column, y=picture.axis_id)
    figure.update_layout(layout)
    if not picture.columns:
        figure.add_annotation(**empty_note(picture.note))
        return figure
    places = range(len(picture.columns))
    groups = (
        (picture.word_padding, [one for one in places if picture.is_padding[one]], _PALE, "square-open", 7),
        (picture.word_before, _among(picture, now=False), OTHER, "circle", 5),
        (picture.word_now, _among(picture, now=True), MARKED, "diamond", 9),
    )
    for word, members, color, symbol, size in groups:
        if members:
            figure.add_trace(_dots(picture, members, word, {"color": color, "symbol": symbol, "size": size}))
    figure.update_xaxes(tickformat="d", gridcolor=_GRID)
    figure.update_yaxes(tickformat="d", gridcolor=_GRID)
    figure.update_layout(showlegend=True, legend={"orientation": "h", "y": -0.2})
    return figure


def _among(picture: PositionIds, *, now: bool) -> list[int]:
    shown = zip(picture.is_padding, picture.is_now, strict=True)
    return [place for place, (is_padding, is_now) in enumerate(shown) if not is_padding and is_now == now]


def _dots(picture: PositionIds, members: list[int], word: str, marker: dict[str, object]) -> go.Scatter:
    return go.Scatter(
        x=[picture.columns[place] for place in members],
        y=[picture.ids[place] for place in members],
        customdata=[escape(picture.tokens[place]) for place in members],
        mode="markers",
        name=escape(word),
        marker=marker,
        hovertemplate="%{customdata}<br>%{x} → %{y}<extra>%{fullData.name}</extra>",
    )
