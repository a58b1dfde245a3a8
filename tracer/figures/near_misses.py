"""How near the runner-up was at each step of a text: a bar per step, the forks in color.

`leads_of` gives the frozen value, `forks_strip` the figure. The lead is the difference of the two probabilities
under the final scores; a token that was the only one left leads by all of them.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from tracer.analysis.forks import fork_of, leaders_of
from tracer.errors import SignalMissingError
from tracer.figures.labels import CHOSEN, MARKED, OTHER, base_layout, empty_note, escape
from tracer.trace.trace import Trace
from tracer.wording.composition import Language, compose

if TYPE_CHECKING:
    from tracer.trace.sequence import Sequence
    from tracer.trace.step import Step

MOST_TOKENS = 60
"""With more steps than this, the axis shows numbers only."""

_HEIGHT = 440
_WIDTH = 0.75  # plotly would make the bars of a color as wide as the gaps between them


class Kind(StrEnum):
    """What a bar stands for."""

    CLEAR = "clear"  # the runner-up was far behind
    KEPT = "kept"  # a fork at which the first was chosen
    TURNED = "turned"  # a fork at which another was chosen


_COLORS = {Kind.CLEAR: OTHER, Kind.KEPT: MARKED, Kind.TURNED: CHOSEN}


@dataclass(frozen=True, slots=True)
class Lead:
    """One step: its token, and by how many percentage points the first led; None where it is not known."""

    step: int
    token: str
    points: float | None
    kind: Kind
    hover: str


@dataclass(frozen=True, slots=True)
class Leads:
    """Every step of a sequence; `note` says what is not shown."""

    leads: tuple[Lead, ...]
    title: str
    note: str
    is_empty: bool


def leads_of(sequence: "Sequence", lang: Language = "en") -> Leads:
    """Returns the lead of each step, and which steps are forks."""
    leads = tuple(_lead(step, lang) for step in sequence.steps)
    missing = sum(lead.points is None for lead in leads)
    found = sum(lead.kind is not Kind.CLEAR for lead in leads)
    if missing == len(leads):
        note = compose("forks.unknown" if leads else "forks.empty", lang)
    else:
        note = compose("forks.missing", lang, count=str(missing)) if missing else ""
    return Leads(
        leads=leads,
        title=compose("forks.title", lang, found=str(found), steps=str(len(leads))),
        note=note,
        is_empty=missing == len(leads),
    )


def _lead(step: "Step", lang: Language) -> Lead:
    token = step.call.trace.vocabulary.visible(step.token_id)
    if step.survivors[-1] < 2:
        return Lead(step.index, token, 100.0, Kind.CLEAR, token)
    try:
        first, second = leaders_of(step)
        fork = fork_of(step)
    except SignalMissingError:
        return Lead(step.index, token, None, Kind.CLEAR, token)
    kind = Kind.CLEAR
    if fork is not None:
        kind = Kind.KEPT if fork.first.token_id == step.token_id else Kind.TURNED
    points = 100.0 * (first.probability - second.probability)
    named = [f"{one.token} {_percent(one.probability, lang)}" for one in (first, second)]
    return Lead(step.index, token, points, kind, " > ".join(named))


def _percent(probability: float, lang: Language) -> str:
    return compose("percent", lang, number=f"{100.0 * probability:.2f}")


def forks_strip(sequence_or_trace: "Sequence | Trace", *, lang: Language = "en") -> go.Figure:
    """Returns a bar per step, as high as the first led the runner-up; forks are in color.

    Raises:
        AmbiguousStepError: a trace was given that holds several sequences; give one of them.
    """
    given = sequence_or_trace
    leads = leads_of(given.sequence() if isinstance(given, Trace) else given, lang)
    title = escape(leads.title)
    if leads.is_empty:
        figure = go.Figure(layout=base_layout(title))
        figure.add_annotation(empty_note(leads.note))
        figure.update_layout(xaxis={"visible": False}, yaxis={"visible": False})
        return figure
    if leads.note:
        title += f"<br><sub>{escape(leads.note)}</sub>"
    layout = base_layout(title, x=compose("lint.strip_steps", lang), y=compose("forks.axis", lang))
    figure = go.Figure([_bars(leads, kind, lang) for kind in Kind], layout=layout)
    figure.update_layout(
        height=_HEIGHT,
        barmode="overlay",
        legend={"orientation": "h", "x": 1, "xanchor": "right", "y": 1.02, "yanchor": "bottom"},
        xaxis=_step_axis(leads),
        yaxis={"range": [0, 102], "gridcolor": "#E6EAEE", "automargin": True},
    )
    return figure


def _bars(leads: Leads, kind: Kind, lang: Language) -> go.Bar:
    shown = [lead for lead in leads.leads if lead.kind is kind and lead.points is not None]
    return go.Bar(
        x=[lead.step for lead in shown],
        y=[lead.points for lead in shown],
        name=compose(f"forks.{kind}", lang),
        width=_WIDTH,
        marker={
            "color": _COLORS[kind],
            "line": {"color": _COLORS[kind], "width": 2},
        },  # a tie is seen as a line
        hovertext=[escape(lead.hover) for lead in shown],
        hovertemplate="%{hovertext}<br>%{y:.2f}<extra></extra>",
        showlegend=bool(shown),
    )


def _step_axis(leads: Leads) -> dict[str, object]:
    """One tick a step with its token, as long as there is room."""
    axis: dict[str, object] = {"range": [-0.7, len(leads.leads) - 0.3], "showgrid": False, "zeroline": False}
    if len(leads.leads) > MOST_TOKENS:
        return axis
    return axis | {
        "tickmode": "array",
        "tickvals": [lead.step for lead in leads.leads],
        "ticktext": [f"{escape(lead.token)}  {lead.step}" for lead in leads.leads],
        "tickangle": -90,
        "automargin": True,
    }
