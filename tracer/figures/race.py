"""The draw of one step as a picture: each token starts at ln p, luck carries it to ln p − ln q, the last wins.

`place_racers` gives the frozen value, `draw_race` the figure. A greedy step has no luck: the highest wins.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from tracer.analysis.draw import Draw, Racer, draw_of
from tracer.figures.labels import CHOSEN, LUCK, OTHER, base_layout, empty_note, escape, token_axis
from tracer.wording import numbers
from tracer.wording.composition import Language, Whole, compose

if TYPE_CHECKING:
    from tracer.trace.step import Step

MOST_ROWS = 10


@dataclass(frozen=True, slots=True)
class Race:
    """One row per token: from `starts` (ln p) to `finishes` (ln p + luck), in nats; `note` says who won."""

    title: str
    axis: str
    labels: tuple[str, ...]
    starts: tuple[float, ...]
    finishes: tuple[float, ...]
    colors: tuple[str, ...]
    note: str
    has_luck: bool


def place_racers(step: "Step", lang: Language = "en") -> Race:
    """Returns what the picture shows: the first by finish, and the recorded token."""
    draw = draw_of(step, step.candidates)
    racers = list(draw.racers[:MOST_ROWS])
    chosen = draw.racer(draw.chosen_id)
    if chosen is not None and chosen not in racers:
        racers[-1] = chosen
    has_luck = draw.mode == "sample"
    kind = "" if has_luck else "_greedy"
    return Race(
        title=compose(f"race_title{kind}", lang, step=str(step.index)),
        axis=compose(f"race_axis{kind}", lang),
        labels=tuple(f"{'✓ ' if racer.token_id == draw.chosen_id else ''}{racer.token}" for racer in racers),
        starts=tuple(racer.log_probability for racer in racers),
        finishes=tuple(racer.finish for racer in racers),
        colors=tuple(CHOSEN if racer.token_id == draw.chosen_id else OTHER for racer in racers),
        note=_note(draw, lang),
        has_luck=has_luck,
    )


def _note(draw: Draw, lang: Language) -> str:
    if not draw.racers:
        return compose("draw_unknown", lang)
    first, second = draw.racers[0], draw.runner_up
    if second is None or draw.margin is None:
        return compose("race_alone", lang, first=Whole(first.token))
    key = "race_margin" if draw.is_exact_second else "race_margin_at_least"
    return _margin(key, (first, second), draw.margin, lang)


def _margin(key: str, leaders: tuple[Racer, Racer], margin: float, lang: Language) -> str:
    first, second = (Whole(racer.token) for racer in leaders)
    return compose(key, lang, first=first, second=second, margin=numbers.decimal(margin))


def draw_race(step: "Step", *, lang: Language = "en") -> go.Figure:
    """Returns the draw of a step: per row a dot at ln p and an arrow to ln p + luck; furthest right wins."""
    race = place_racers(step, lang)
    places = list(range(len(race.labels)))
    title = f"{escape(race.title)}<br><sub>{escape(race.note)}</sub>" if places else escape(race.title)
    figure = go.Figure(layout=base_layout(title, x=race.axis, rows=max(len(places), 4)))
    if not places:
        figure.add_annotation(empty_note(race.note))
        figure.update_layout(xaxis={"visible": False}, yaxis={"visible": False})
        return figure
    if race.has_luck:
        _add_luck(figure, race, places, lang)
    figure.add_scatter(
        x=list(race.starts),
        y=places,
        mode="markers",
        name=compose("race_start", lang),
        marker={"color": list(race.colors), "size": 10},
        hovertemplate="ln p = %{x:.3f}<extra></extra>",
    )
    figure.update_layout(
        yaxis=token_axis(list(race.labels)),
        showlegend=race.has_luck,
        legend={"orientation": "h", "x": 1.0, "xanchor": "right", "y": 1.02, "yanchor": "bottom"},
        xaxis={"gridcolor": "#E3E6EA"},
    )
    return figure


def _add_luck(figure: go.Figure, race: Race, places: list[int], lang: Language) -> None:
    """Adds the arrows: a line for each token, and its tip, which points where the luck went."""
    pairs = zip(race.starts, race.finishes, strict=True)
    figure.add_scatter(
        x=[value for start, finish in pairs for value in (start, finish, None)],
        y=[value for place in places for value in (place, place, None)],
        mode="lines",
        name=compose("race_luck", lang),
        line={"color": LUCK, "width": 2},
        hoverinfo="skip",
    )
    tip = compose("figures.race_tip", lang)
    directions = [f > s for s, f in zip(race.starts, race.finishes, strict=True)]
    figure.add_scatter(
        x=list(race.finishes),
        y=places,
        mode="markers",
        name=compose("race_finish", lang),
        marker={
            "color": LUCK,
            "size": 12,
            "symbol": ["triangle-right" if forward else "triangle-left" for forward in directions],
        },
        hovertemplate=f"{escape(tip)} = %{{x:.3f}}<extra></extra>",
    )
