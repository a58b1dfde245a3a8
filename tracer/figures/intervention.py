"""Probabilities before and after an intervention, as two bars per token.

`pairs_of` does the thinking and returns a frozen value; `intervention_bars` turns it into a figure.
"""

from dataclasses import dataclass

import plotly.graph_objects as go

from tracer.analysis.intervention import InterventionResult, TokenChange
from tracer.figures.labels import CHOSEN, OTHER, base_layout, empty_note, sentence, token_axis
from tracer.wording import numbers
from tracer.wording.composition import Language, compose, join
from tracer.wording.intervention import change_text


@dataclass(frozen=True, slots=True)
class InterventionPairs:
    """One row per token, the most probable before first; `chosen` is the row of the chosen token."""

    title: str
    note: str
    labels: tuple[str, ...]
    before: tuple[float, ...]
    after: tuple[float, ...]
    hover: tuple[str, ...]
    chosen: int | None
    axis: str
    axis_tokens: str
    names: tuple[str, str]
    nothing: str


def pairs_of(result: InterventionResult, lang: Language = "en") -> InterventionPairs:
    """Returns what the figure shows."""
    changes = join([change_text(one, lang) for one in result.interventions], lang)
    return InterventionPairs(
        title=compose("figures.intervention_title", lang, step=str(result.step), changes=changes),
        note=_note(result, lang),
        labels=tuple(("✓ " if row.token_id == result.chosen_id else "") + row.token for row in result.rows),
        before=tuple(row.probability_before for row in result.rows),
        after=tuple(row.probability_after for row in result.rows),
        hover=tuple(_hover(row, lang) for row in result.rows),
        chosen=next((n for n, row in enumerate(result.rows) if row.token_id == result.chosen_id), None),
        axis=compose("figures.intervention_axis", lang),
        axis_tokens=compose("figures.token", lang),
        names=(compose("figures.intervention_before", lang), compose("figures.intervention_after", lang)),
        nothing=compose("figures.intervention_nothing", lang),
    )


def _note(result: InterventionResult, lang: Language) -> str:
    kl = f"{result.kl:.3g}"
    if result.gap is None:
        return compose("figures.intervention_note_unchecked", lang, kl=kl)
    return compose("figures.intervention_note", lang, kl=kl, gap=f"{result.gap:.2g}")


def _hover(row: TokenChange, lang: Language) -> str:
    before, after = (numbers.ordinal(rank, lang) for rank in (row.rank_before, row.rank_after))
    return compose("figures.intervention_row", lang, token_id=str(row.token_id), before=before, after=after)


def intervention_bars(result: InterventionResult, *, lang: Language = "en") -> go.Figure:
    """Returns a hollow bar before and a full bar after for every token; the chosen one has its color."""
    pairs = pairs_of(result, lang)
    figure = go.Figure()
    layout = base_layout(sentence(pairs.title), x=pairs.axis, y=pairs.axis_tokens, rows=2 * len(pairs.labels))
    figure.update_layout(layout, title_subtitle={"text": sentence(pairs.note), "font": {"size": 12}})
    if not pairs.labels:
        figure.add_annotation(**empty_note(pairs.nothing))
        return figure
    colors = [CHOSEN if row == pairs.chosen else OTHER for row in range(len(pairs.labels))]
    figure.add_trace(_bars(pairs.names[0], pairs.before, pairs, "#FFFFFF", colors))
    figure.add_trace(_bars(pairs.names[1], pairs.after, pairs, colors, colors))
    figure.update_layout(
        barmode="group",
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 1.0, "xanchor": "right"},
    )
    figure.update_yaxes(token_axis(list(pairs.labels)))
    figure.update_xaxes(tickformat=".0%", rangemode="tozero", gridcolor="#E6E9ED")
    return figure


def _bars(
    name: str, values: tuple[float, ...], pairs: InterventionPairs, fill: str | list[str], lines: list[str]
) -> go.Bar:
    return go.Bar(
        name=name,
        x=list(values),
        y=list(range(len(values))),
        orientation="h",
        marker={"color": fill, "line": {"color": lines, "width": 1.5}},
        customdata=list(pairs.hover),
        hovertemplate=f"{name} %{{x:.2%}}<br>%{{customdata}}<extra></extra>",
    )
