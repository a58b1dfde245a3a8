"""The answer to a what-if as bars: each token's probability as recorded and with the settings asked for.

`compare_probabilities` gives the frozen value, `draw_what_if` the figure.
"""

from dataclasses import dataclass

import plotly.graph_objects as go

from tracer.analysis.alternative import WhatIf
from tracer.figures.labels import CHOSEN, OTHER, base_layout, empty_note, escape, token_axis
from tracer.wording.alternative import settings_asked, step_sentences
from tracer.wording.composition import Language, compose

_BEFORE, _AFTER = 0.36, 0.36
_PALE = 0.4


@dataclass(frozen=True, slots=True)
class Bars:
    """One pair of bars per token; the recorded token is marked ✓, the answer ▶."""

    title: str
    labels: tuple[str, ...]
    before: tuple[float, ...]
    after: tuple[float, ...]
    colors: tuple[str, ...]
    names: tuple[str, str]
    axis: str
    note: str
    is_empty: bool


def compare_probabilities(answer: WhatIf, lang: Language = "en") -> Bars:
    """Returns what the bars show."""
    rows = answer.rows
    marks = [f"{'✓' if row.is_chosen else ''}{'▶' if row.is_answer else ''} {row.token}" for row in rows]
    settings = settings_asked(answer.settings, lang)
    return Bars(
        title=compose("what_if_title", lang, step=str(answer.step), settings=settings),
        labels=tuple(mark.strip() for mark in marks),
        before=tuple(row.probability_before for row in rows),
        after=tuple(row.probability_after for row in rows),
        colors=tuple(CHOSEN if row.is_chosen else OTHER for row in rows),
        names=(compose("column_recorded", lang), compose("column_asked", lang)),
        axis=compose("probability_axis", lang),
        note=step_sentences(answer, lang),
        is_empty=all(row.probability_after == 0.0 for row in rows),
    )


def draw_what_if(answer: WhatIf, *, lang: Language = "en") -> go.Figure:
    """Returns the bars; the recorded distribution is pale, the one asked for has a dashed frame around it."""
    bars = compare_probabilities(answer, lang)
    figure = go.Figure(
        layout=base_layout(escape(bars.title), x=bars.axis, rows=len(bars.labels)),
    )
    places = range(len(bars.labels))
    for name, values, width, offset, opacity in (
        (bars.names[0], bars.before, _BEFORE, -0.38, _PALE),
        (bars.names[1], bars.after, _AFTER, 0.02, 1.0),
    ):
        figure.add_bar(
            x=list(values),
            y=list(places),
            orientation="h",
            name=name,
            width=width,
            offset=offset,
            marker={"color": list(bars.colors), "opacity": opacity},
            showlegend=False,
            hovertemplate=f"%{{x:.4%}}<extra>{escape(name)}</extra>",
        )
        _add_legend(figure, name, opacity)
    largest = max((*bars.before, *bars.after), default=1.0) or 1.0
    figure.update_layout(
        xaxis={"range": [0, largest * 1.05], "tickformat": ".0%" if largest > 0.05 else ".2%"},
        yaxis=token_axis(list(bars.labels)),
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"},
    )
    figure.add_shape(
        type="rect",
        xref="paper",
        yref="paper",
        x0=0,
        x1=1,
        y0=0,
        y1=1,
        line={"color": OTHER, "dash": "dash", "width": 1},
    )
    if bars.is_empty:
        figure.add_annotation(empty_note(bars.note))
    return figure


def _add_legend(figure: go.Figure, name: str, opacity: float) -> None:
    """Adds an entry of the legend alone, in gray: the bars have a color for each token."""
    figure.add_bar(x=[None], y=[None], name=name, marker={"color": OTHER}, opacity=opacity)
