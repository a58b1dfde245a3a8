"""The last column of the decision picture: where each token stands in the draw; and the ticks of both axes.

In nats: ln p, and ln p + luck where there is luck. The furthest right wins. Draws nothing.
"""

import math
from dataclasses import dataclass

from tracer.analysis.draw import Racer
from tracer.analysis.explanation import Explanation
from tracer.wording import numbers
from tracer.wording.composition import Language, compose

_STEPS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 25.0)
_MOST_TICKS = 4
_ROOM = 0.06


@dataclass(frozen=True, slots=True)
class Tick:
    """A number on an axis and its text."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class DrawCell:
    """One token's part in the draw. `luck` and `finish` are in nats; `text` is the number that decides."""

    log_probability: float
    luck: float
    finish: float
    text: str
    hover: str
    python: str


@dataclass(frozen=True, slots=True)
class DrawColumn:
    """The draw: a cell for each row, None where a token had no part in it; the ends and ticks of its axis.

    `mode` is "sample", "greedy" or "forced". `note` says what wins, `margin` by how much; `has_luck`: there are arrows.
    """

    mode: str
    title: str
    note: str
    margin: str
    has_luck: bool
    cells: tuple[DrawCell | None, ...]
    low: float
    high: float
    ticks: tuple[Tick, ...]
    axis: str


def draw_column(explanation: Explanation, lang: Language) -> DrawColumn:
    """Returns the column of an explanation's draw."""
    draw = explanation.draw
    has_luck = draw.mode == "sample"
    racers = [draw.racer(row.token_id) for row in explanation.rows]
    cells = tuple(None if racer is None else _cell(racer, has_luck, lang) for racer in racers)
    low, high = _ends([cell for cell in cells if cell is not None])
    return DrawColumn(
        mode=draw.mode,
        title=compose("picture.greedy" if draw.mode == "greedy" else "column_draw", lang),
        note=_note(explanation, lang),
        margin=_margin(explanation, lang) if has_luck else "",
        has_luck=has_luck,
        cells=cells,
        low=low,
        high=high,
        ticks=_nat_ticks(low, high) if any(cells) else (),
        axis=compose("picture.draw_axis" if has_luck else "picture.log_axis", lang) if any(cells) else "",
    )


def _note(explanation: Explanation, lang: Language) -> str:
    draw = explanation.draw
    match draw.mode:
        case "greedy" if draw.margin is None:
            return compose("picture.only_one", lang)
        case "greedy":
            return compose("picture.highest_wins", lang, margin=numbers.decimal(draw.margin or 0.0))
        case "forced":
            return compose("picture.forced", lang)
        case _ if not draw.racers:
            return compose("picture.luck_unknown", lang)
        case _:
            return compose("picture.furthest_wins", lang)


def _margin(explanation: Explanation, lang: Language) -> str:
    draw = explanation.draw
    if draw.margin is None or not math.isfinite(draw.margin):
        return ""
    key = "picture.margin" if draw.is_exact_second else "picture.margin_at_least"
    return compose(key, lang, margin=numbers.decimal(draw.margin))


def _cell(racer: Racer, has_luck: bool, lang: Language) -> DrawCell:
    candidate = f"next(c for c in step.candidates if c.token_id == {racer.token_id})"
    python = f"math.log({candidate}.probability[-1])"
    log = numbers.decimal(racer.log_probability)
    hover = compose("picture.in_greedy", lang, log=log)
    if has_luck:
        python += f" - math.log(dict(zip(*step.noise))[{racer.token_id}])"
        luck = numbers.decimal(racer.luck)
        hover = compose("picture.in_draw", lang, log=log, luck=luck, finish=numbers.decimal(racer.finish))
    return DrawCell(
        log_probability=racer.log_probability,
        luck=racer.luck,
        finish=racer.finish,
        text=numbers.decimal(racer.finish),
        hover=hover,
        python=python,
    )


def _ends(cells: list[DrawCell]) -> tuple[float, float]:
    """The smallest and largest finite number of the column with some room on either side."""
    known = [value for cell in cells for value in (cell.log_probability, cell.finish) if math.isfinite(value)]
    if not known:
        return -1.0, 0.0
    room = _ROOM * max(max(known) - min(known), 1.0)
    return min(known) - room, max(known) + room


def _nat_ticks(low: float, high: float) -> tuple[Tick, ...]:
    step = next((step for step in _STEPS if (high - low) / step <= _MOST_TICKS), _STEPS[-1])
    first = math.ceil(low / step)
    places = range(first, math.floor(high / step) + 1)
    return tuple(Tick(place * step, f"{place * step:g}".replace("-", "−")) for place in places)


def probability_ticks(largest: float) -> tuple[Tick, ...]:
    """Returns ticks from 0 to the largest probability, at most five, with their labels in %."""
    step = next((step for step in _STEPS if step * _MOST_TICKS >= largest * 100), _STEPS[-1])
    places = (step * place for place in range(_MOST_TICKS + 1))
    return tuple(Tick(place / 100, f"{place:g}") for place in places if place <= largest * 100)
