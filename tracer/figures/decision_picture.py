"""The decision picture: bars of the leading tokens through every active setting, then the draw.

`picture_of` arranges an `Explanation` (all thinking, no plotly), `decision` draws it. Rows, order and numbers are
those of the explanation; all columns share one probability axis. It shows one step and computes no
probability.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from tracer.analysis.draw import Racer
from tracer.analysis.explanation import Change, Explanation, Row, Stage, explain
from tracer.figures.labels import CHOSEN, LUCK, OTHER, base_layout, escape, token_axis
from tracer.wording import numbers
from tracer.wording.composition import Language, compose, join, require_language
from tracer.wording.effects import arithmetic
from tracer.wording.explanation import clauses, setting_name, setting_text

if TYPE_CHECKING:
    from tracer.trace.step import Step

_LINE_CELLS = 150


@dataclass(frozen=True, slots=True)
class Cell:
    """One token at one stage. `bar` is a probability; where the stage removed the token, the one before.

    None where the token is gone already.
    """

    bar: float | None
    label: str
    hover: str
    is_removed: bool


@dataclass(frozen=True, slots=True)
class Column:
    """One stage: its name and how many tokens it left, a cell for each row, and the tokens without a row."""

    title: str
    note: str
    cells: tuple[Cell, ...]
    others: str


@dataclass(frozen=True, slots=True)
class DrawColumn:
    """The draw: for each row its part in it, None where it had none, and a line about the result."""

    title: str
    note: str
    racers: tuple[Racer | None, ...]
    has_luck: bool


@dataclass(frozen=True, slots=True)
class DecisionPicture:
    """Everything the figure shows. `largest` is the end of the probability axis; `no_effect` may be empty."""

    sentences: tuple[str, ...]
    tokens: tuple[str, ...]
    chosen: int
    columns: tuple[Column, ...]
    draw: DrawColumn
    largest: float
    others_title: str
    no_effect: str


def picture_of(explanation: Explanation, lang: Language = "en") -> DecisionPicture:
    """Returns the rows, columns and texts of the decision picture, without any plotting."""
    rows = explanation.rows
    stages = [stage for stage in explanation.stages if stage.change is not Change.NOTHING]
    has_others = any(stage.num_others > 0 for stage in stages)
    idle = [setting_text(stage.setting, lang) for stage in explanation.inactive_stages]
    return DecisionPicture(
        sentences=clauses(explanation, lang),
        tokens=tuple(map(_token, rows)),
        chosen=next(place for place, row in enumerate(rows) if row.is_chosen),
        columns=tuple(_column(rows, stage, lang) for stage in stages),
        draw=_draw_column(explanation, lang),
        largest=max(row.probabilities[stage.stage] for row in rows for stage in stages),
        others_title=compose("other_tokens", lang) if has_others else "",
        no_effect=compose("no_effect", lang, settings=join(idle, lang)) if idle else "",
    )


def _token(row: Row) -> str:
    marks = ("✓ " if row.is_chosen else "") + ("○ " if row.is_favorite else "")
    return f"{marks}{row.token}"


def _column(rows: tuple[Row, ...], stage: Stage, lang: Language) -> Column:
    name = setting_text(stage.setting, lang) if stage.stage else compose("column_model", lang)
    note = compose("tokens_left", lang, count=numbers.count(stage.num_left))
    if stage.num_removed > 0:
        mass = numbers.percent(stage.removed_mass, lang)
        note = f"{note}<br>{compose('mass_removed', lang, mass=mass)}"
    return Column(name, note, tuple(_cell(row, stage, lang) for row in rows), _others(stage, lang))


def _cell(row: Row, stage: Stage, lang: Language) -> Cell:
    at = stage.stage
    if row.removed_at is not None and row.removed_at < at:
        return Cell(None, "", "", False)
    if row.removed_at == at:
        before = row.probabilities[at - 1]
        name = setting_name(stage.setting, lang)
        return Cell(before, f"<s>{numbers.percent(before, lang)}</s> {escape(name)}", "", True)
    change = row.ranks[at - 1] - row.ranks[at] if at else 0
    moved = f" {'▲' if change > 0 else '▼'}{abs(change):,}" if change else ""
    rank = numbers.ordinal(row.ranks[at], lang)
    told = arithmetic(row, stage) if at else None
    hover = " · ".join((rank, told or numbers.decimal(row.scores[at]), f"id {row.token_id}"))
    return Cell(row.probabilities[at], f"{numbers.percent(row.probabilities[at], lang)}{moved}", hover, False)


def _others(stage: Stage, lang: Language) -> str:
    if stage.num_others <= 0:
        return ""
    mass = numbers.percent(stage.others_probability, lang)
    if stage.num_others == 1:
        return compose("other_cell", lang, mass=mass)
    return compose("others_cell", lang, mass=mass, count=numbers.count(stage.num_others))


def _draw_column(explanation: Explanation, lang: Language) -> DrawColumn:
    draw = explanation.draw
    racers = tuple(draw.racer(row.token_id) for row in explanation.rows)
    match draw.mode:
        case "greedy" if draw.margin is None:
            note = compose("picture.only_one", lang)
        case "greedy":
            note = compose("picture.highest_wins", lang, margin=numbers.decimal(draw.margin or 0.0))
        case "forced":
            note = compose("picture.forced", lang)
        case _ if not draw.racers:
            note = compose("picture.luck_unknown", lang)
        case _:
            note = compose("picture.furthest_wins", lang)
    title = compose("picture.greedy" if draw.mode == "greedy" else "column_draw", lang)
    return DrawColumn(title, note, racers, has_luck=draw.mode == "sample")


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


def _bars(picture: DecisionPicture, column: Column) -> go.Bar:
    colors = [CHOSEN if place == picture.chosen else OTHER for place in range(len(column.cells))]
    return go.Bar(
        name=escape(column.title),
        orientation="h",
        x=[None if cell.bar is None else cell.bar * 100 for cell in column.cells],
        y=list(range(len(column.cells))),
        text=[cell.label for cell in column.cells],
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
            text=column.others, x=0, y=len(picture.tokens), xanchor="left", showarrow=False, row=1, col=place
        )


def _race(picture: DecisionPicture) -> list[go.Scatter]:
    """Dots at ln p, then for a sampled step an arrow each to ln p + luck."""
    placed = [(place, racer) for place, racer in enumerate(picture.draw.racers) if racer is not None]
    places = [place for place, _ in placed]
    dots = go.Scatter(
        name="ln p",
        mode="markers",
        x=[racer.log_probability for _, racer in placed],
        y=places,
        marker={"color": [CHOSEN if place == picture.chosen else OTHER for place in places], "size": 8},
        hovertext=[f"ln p = {numbers.decimal(racer.log_probability)}" for _, racer in placed],
        hoverinfo="text",
    )
    if not picture.draw.has_luck:
        return [dots]
    return [dots, *(_arrow(place, racer) for place, racer in placed if math.isfinite(racer.finish))]


def _arrow(place: int, racer: Racer) -> go.Scatter:
    return go.Scatter(
        name="luck",
        mode="lines+markers",
        x=[racer.log_probability, racer.finish],
        y=[place, place],
        line={"color": LUCK, "width": 2},
        marker={"symbol": ["circle", "arrow"], "size": [0, 11], "angleref": "previous", "color": LUCK},
        hovertext=f"ln p + luck = {numbers.decimal(racer.finish)}",
        hoverinfo="text",
    )


def _lay_out(figure: go.Figure, picture: DecisionPicture, lang: Language) -> None:
    labels = [*picture.tokens, picture.others_title] if picture.others_title else [*picture.tokens]
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
    ticks = _ticks(picture.largest)
    figure.update_xaxes(title_text=compose("picture.probability_axis", lang), tickvals=ticks, row=1, col=1)
    axis = "picture.draw_axis" if picture.draw.has_luck else "picture.log_axis"
    figure.update_xaxes(
        title_text=compose(axis, lang), range=None, autorange=True, zeroline=False, row=1, col=num_columns + 1
    )
    headers = [(column.title, column.note) for column in picture.columns]
    for place, (name, note) in enumerate([*headers, (picture.draw.title, picture.draw.note)], start=1):
        _add_header(figure, f"<b>{escape(name)}</b><br>{note}", place)
    if picture.no_effect:
        figure.add_annotation(
            text=escape(picture.no_effect), x=0, y=0, xref="paper", yref="paper", xanchor="left",
            yanchor="top", yshift=-48, showarrow=False, font={"color": OTHER},
        )  # fmt: skip


def _ticks(largest: float) -> list[float]:
    """From 0 to the largest probability, in %, at most five."""
    step = next(step for step in (0.1, 0.2, 0.5, 1, 2, 5, 10, 25) if step * 4 >= largest * 100 or step == 25)
    return [step * place for place in range(5) if step * place <= largest * 100]


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
