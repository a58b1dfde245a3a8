"""The decision picture as a table of bars: one axis of probability in all columns, then the draw.

The value is that of every other decision picture; orange is the chosen token, violet its luck. Decides nothing.
"""

from tracer.notebook.html import (
    CHOSEN,
    LINE,
    LUCK,
    OTHER,
    Markup,
    chip,
    element,
    joined,
    quiet,
    scrolled,
)
from tracer.pictures.decision import Cell, DecisionPicture, PictureRow
from tracer.pictures.decision_draw import DrawCell, DrawColumn

_BAR_PX = 76
_DRAW_PX = 96
_CELL = "padding:2px 8px 2px 0;text-align:left;vertical-align:middle;white-space:nowrap"
_OTHERS = f"{_CELL};font-size:85%;white-space:normal"
_HEAD = (
    f"{_CELL};border-bottom:{LINE};vertical-align:bottom;font-weight:normal;white-space:normal;font-size:90%"
)


def decision(picture: DecisionPicture) -> Markup:
    """Returns the table, with the notes below it."""
    rows = [element("tr", *_row(picture, place)) for place in range(len(picture.rows))]
    table = element(
        "table",
        element("tr", *_head(picture)),
        *rows,
        *_others(picture),
        style="border-collapse:collapse;margin:4px 0",
    )
    notes = [note for note in (picture.no_effect, picture.axis, _draw_note(picture.draw)) if note]
    return joined([scrolled(table), *(quiet(note) for note in notes)])


def _draw_note(draw: DrawColumn | None) -> str:
    return "" if draw is None else " · ".join(part for part in (draw.title, draw.axis, draw.margin) if part)


def _head(picture: DecisionPicture) -> list[Markup]:
    titles = [element("th", "", style=_HEAD)]
    for column in picture.columns:
        lines = [element("b", column.title), Markup("<br>"), column.left]
        lines += [Markup("<br>"), column.cut] if column.cut else []
        titles.append(element("th", *lines, style=_HEAD))
    if picture.draw is not None:
        titles.append(
            element("th", element("b", picture.draw.title), Markup("<br>"), picture.draw.note, style=_HEAD)
        )
    return titles


def _row(picture: DecisionPicture, place: int) -> list[Markup]:
    row = picture.rows[place]
    cells = [_token(row)]
    for column in picture.columns:
        cells.append(element("td", _stage(column.cells[place], row, picture.largest), style=_CELL))
    if picture.draw is not None:
        drawn = picture.draw.cells[place]
        inside = "" if drawn is None else _drawn(drawn, picture.draw, is_chosen=row.is_chosen)
        cells.append(element("td", inside, style=_CELL))
    return cells


def _token(row: PictureRow) -> Markup:
    weight = "font-weight:bold" if row.is_chosen else ""
    marks = element("span", *(f" ○ {mark}" for mark in row.marks), style="font-size:85%")
    mark = element("span", "✓ " if row.is_chosen else "", style=f"color:{CHOSEN};font-weight:bold")
    return element("td", mark, chip(row.token, style=weight, title=row.tooltip), marks, style=_CELL)


def _stage(cell: Cell, row: PictureRow, largest: float) -> Markup:
    if cell.bar is None:
        return Markup("")
    width = max(1, round(_BAR_PX * cell.bar / largest)) if largest > 0 else 1
    color = CHOSEN if row.is_chosen else OTHER
    fill = f"border:1px solid {color}" if cell.is_removed else f"background-color:{color}"
    bar = element("div", style=f"width:{width}px;height:9px;{fill}")
    if cell.is_removed:
        struck = element("span", cell.percent, style="text-decoration:line-through")
        return element("div", bar, element("span", struck, f" {cell.removed_by}", style="font-size:85%"))
    change = f" ▲{cell.rank_change}" if cell.rank_change > 0 else f" ▼{-cell.rank_change}"
    shown = cell.percent + (change if cell.rank_change else "")
    weight = "font-weight:bold" if row.is_chosen else ""
    return element("div", bar, element("span", shown, style=f"font-size:85%;{weight}"), title=cell.hover)


def _drawn(cell: DrawCell, draw: DrawColumn, *, is_chosen: bool) -> Markup:
    """A dot at ln p, and with luck a bar from there to where the token ended."""
    span = draw.high - draw.low or 1.0

    def at(value: float) -> int:
        return round(_DRAW_PX * min(max((value - draw.low) / span, 0.0), 1.0))

    start, end = sorted((at(cell.log_probability), at(cell.finish)))
    color = CHOSEN if is_chosen else OTHER
    reach = element(
        "div", style=f"margin-left:{start}px;width:{max(2, end - start)}px;height:3px;background-color:{LUCK}"
    )
    tip = element(
        "div", style=f"margin-left:{at(cell.finish)}px;width:5px;height:9px;background-color:{color}"
    )
    bars = [reach, tip] if draw.has_luck else [tip]
    weight = "font-weight:bold" if is_chosen else ""
    number = element("span", cell.text, style=f"font-size:85%;{weight}")
    return element("div", *bars, number, style=f"width:{_DRAW_PX + 8}px", title=cell.hover)


def _others(picture: DecisionPicture) -> list[Markup]:
    if not picture.others_title:
        return []
    cells = [element("td", picture.others_title, style=f"{_CELL};font-size:85%")]
    cells += [element("td", column.others, style=_OTHERS) for column in picture.columns]
    return [element("tr", *cells)]
