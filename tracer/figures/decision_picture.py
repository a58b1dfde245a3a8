"""The decision picture as a plotly figure: bars of the leading tokens through every active setting, then the draw.

It takes the value of `tracer.pictures.decision`, as the browser module does: rows, order and numbers are the same.
All columns share one probability axis. Computes nothing.
"""

import math
from typing import TYPE_CHECKING

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from tracer.analysis.explanation import explain
from tracer.figures.labels import CHOSEN, LUCK, OTHER, base_layout, escape, token_axis
from tracer.pictures.decision import Cell, Column, DecisionPicture, PictureRow, picture_of
from tracer.pictures.decision_draw import DrawCell
from tracer.wording.composition import Language, require_language

if TYPE_CHECKING:
    from tracer.trace.step import Step

_LINE_CELLS = 150


def decision(step: "Step", *, lang: Language = "en") -> go.Figure:
    """Returns the decision picture of a step: model, every active setting and the draw, one row per token.

    Probabilities in %, the draw in nats (ln p + luck). Orange is the chosen token, hollow a removed one.

    Raises:
        ValueError: the language is neither "en" nor "zh".
    """
    require_language(lang)
    return draw_picture(picture_of(explain(step), lang), lang)


def draw_picture(picture: DecisionPicture, lang: Language = "en") -> go.Figure:
    """Returns the figure of an arranged picture."""
    count = len(picture.columns)
    figure = make_subplots(rows=1, cols=count + 1, shared_yaxes=True, horizontal_spacing=0.012)
    for place, column in enumerate(picture.columns, start=1):
        figure.add_trace(_bars(picture, column), row=1, col=place)
        _add_others(figure, picture, column, place)
    for trace in _race(picture):
        figure.add_trace(trace, row=1, col=count + 1)
    _lay_out(figure, picture, lang)
    return figure


def _label(cell: Cell) -> str:
    if cell.is_removed:
        return f"<s>{cell.percent}</s> {escape(cell.removed_by)}"
    sign = "▲" if cell.rank_change > 0 else "▼"
    return f"{cell.percent} {sign}{abs(cell.rank_change):,}" if cell.rank_change else cell.percent


def _token(row: PictureRow) -> str:
    return f"{'✓ ' if row.is_chosen else ''}{'○ ' if row.is_favorite else ''}{row.token}"


def _bars(picture: DecisionPicture, column: Column) -> go.Bar:
    colors = [CHOSEN if place == picture.chosen else OTHER for place in range(len(column.cells))]
    return go.Bar(
        name=escape(column.title),
        orientation="h",
        x=[None if cell.bar is None else cell.bar * 100 for cell in column.cells],
        y=list(range(len(column.cells))),
        text=[_label(cell) for cell in column.cells],
        textposition="outside",
        cliponaxis=False,
        hovertext=[cell.hover for cell in column.cells],
        hoverinfo="text",
        marker={
            "color": [
                "rgba(0,0,0,0)" if cell.is_removed else color
                for cell, color in zip(column.cells, colors, strict=True)
            ],
            "line": {"color": colors, "width": 1},
        },
    )


def _add_others(figure: go.Figure, picture: DecisionPicture, column: Column, place: int) -> None:
    if column.others:
        figure.add_annotation(
            text=column.others, x=0, y=len(picture.rows), xanchor="left", showarrow=False, row=1, col=place
        )


def _race(picture: DecisionPicture) -> list[go.Scatter]:
    """Dots at ln p, then for a sampled step an arrow each to ln p + luck."""
    assert picture.draw is not None
    placed = [(place, cell) for place, cell in enumerate(picture.draw.cells) if cell is not None]
    places = [place for place, _ in placed]
    dots = go.Scatter(
        name="ln p",
        mode="markers",
        x=[cell.log_probability for _, cell in placed],
        y=places,
        marker={"color": [CHOSEN if place == picture.chosen else OTHER for place in places], "size": 8},
        hovertext=[cell.hover for _, cell in placed],
        hoverinfo="text",
    )
    if not picture.draw.has_luck:
        return [dots]
    return [dots, *(_arrow(place, cell) for place, cell in placed if math.isfinite(cell.finish))]


def _arrow(place: int, cell: DrawCell) -> go.Scatter:
    return go.Scatter(
        name="luck",
        mode="lines+markers",
        x=[cell.log_probability, cell.finish],
        y=[place, place],
        line={"color": LUCK, "width": 2},
        marker={"symbol": ["circle", "arrow"], "size": [0, 11], "angleref": "previous", "color": LUCK},
        hovertext=cell.hover,
        hoverinfo="text",
    )


def _lay_out(figure: go.Figure, picture: DecisionPicture, lang: Language) -> None:
    assert picture.draw is not None
    labels = [*map(_token, picture.rows), *([picture.others_title] if picture.others_title else [])]
    title = _wrapped(picture.sentences, lang)
    num_columns = len(picture.columns)
    top = 76 + 20 * (title.count("<br>") + 1)
    height = top + 60 + 30 * len(labels) + (24 if picture.no_effect else 0)
    figure.update_layout(
        base_layout(title, rows=len(labels)),
        height=height,
        margin={"l": 10, "r": 20, "t": top, "b": 80 if picture.no_effect else 56},
        title={"y": 1 - 26 / height, "yref": "container", "yanchor": "top"},
        showlegend=False,
        bargap=0.35,
    )
    tokens = token_axis(labels)
    tokens["ticktext"][picture.chosen] = f"<b>{tokens['ticktext'][picture.chosen]}</b>"
    figure.update_yaxes(range=tokens["range"], showgrid=False, zeroline=False)
    figure.update_yaxes(tokens, ticklabelstandoff=6, row=1, col=1)
    figure.update_xaxes(range=[0, picture.largest * 160], showgrid=False, zeroline=True, fixedrange=True)
    for place in range(2, num_columns + 1):
        figure.update_xaxes(showticklabels=False, row=1, col=place)
    ticks = {
        "tickvals": [tick.at * 100 for tick in picture.ticks],
        "ticktext": [tick.label for tick in picture.ticks],
    }
    figure.update_xaxes(title_text=picture.axis, **ticks, row=1, col=1)
    figure.update_xaxes(
        title_text=picture.draw.axis, range=None, autorange=True, zeroline=False, row=1, col=num_columns + 1
    )
    headers = [
        (column.title, "<br>".join(filter(None, (column.left, column.cut)))) for column in picture.columns
    ]
    for place, (name, note) in enumerate([*headers, (picture.draw.title, picture.draw.note)], start=1):
        _add_header(figure, f"<b>{escape(name)}</b><br>{note}", place)
    if picture.no_effect:
        figure.add_annotation(
            text=escape(picture.no_effect), x=0, y=0, xref="paper", yref="paper", xanchor="left",
            yanchor="top", yshift=-48, showarrow=False, font={"color": OTHER},
        )  # fmt: skip


def _add_header(figure: go.Figure, text: str, place: int) -> None:
    axis = figure.layout[f"xaxis{'' if place == 1 else place}"]
    figure.add_annotation(
        text=text, x=axis.domain[0], y=1, xref="paper", yref="paper", xanchor="left", yanchor="bottom",
        align="left", showarrow=False, font={"size": 12},
    )  # fmt: skip


def _wrapped(sentences: tuple[str, ...], lang: Language) -> str:
    """Puts sentences into lines of at most `_LINE_CELLS` cells, where they fit."""
    width = _LINE_CELLS // 2 if lang == "zh" else _LINE_CELLS
    between = "" if lang == "zh" else " "
    lines: list[str] = []
    for sentence in sentences:
        if lines and len(lines[-1]) + len(sentence) < width:
            lines[-1] = f"{lines[-1]}{between}{sentence}"
        else:
            lines.append(sentence)
    return "<br>".join(map(escape, lines))
