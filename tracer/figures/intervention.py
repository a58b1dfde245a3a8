"""Probabilities before and after an intervention, as two bars per token.

`pairs_of` does the thinking and returns a frozen value; `intervention_bars` turns it into a figure.
"""

from dataclasses import dataclass

import plotly.graph_objects as go

from tracer.analysis.intervention import InterventionResult
from tracer.figures.labels import CHOSEN, OTHER, base_layout, empty_note, escape, token_axis
from tracer.wording import numbers
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


def pairs_of(result: InterventionResult) -> InterventionPairs:
    """Returns what the figure shows."""
    changes = ", ".join(change_text(one, "en") for one in result.interventions)
    gap = "not compared with the recording" if result.gap is None else f"{result.gap:.2g} from the recording"
    return InterventionPairs(
        title=f"Step {result.step}: {changes}",
        note=f"KL {result.kl:.3g} nats; unchanged run: {gap}",
        labels=tuple(("✓ " if row.token_id == result.chosen_id else "") + row.token for row in result.rows),
        before=tuple(row.probability_before for row in result.rows),
        after=tuple(row.probability_after for row in result.rows),
        hover=tuple(
            f"id {row.token_id}: {numbers.ordinal(row.rank_before, 'en')} → {numbers.ordinal(row.rank_after, 'en')}"
            for row in result.rows
        ),
        chosen=next((n for n, row in enumerate(result.rows) if row.token_id == result.chosen_id), None),
    )


def intervention_bars(result: InterventionResult) -> go.Figure:
    """Returns a hollow bar before and a full bar after for every token; the chosen one has its color."""
    pairs = pairs_of(result)
    figure = go.Figure()
    layout = base_layout(
        escape(pairs.title), x="model probability (raw logits)", y="token", rows=2 * len(pairs.labels)
    )
    figure.update_layout(layout, title_subtitle={"text": escape(pairs.note), "font": {"size": 11}})
    if not pairs.labels:
        figure.add_annotation(**empty_note("No token to compare."))
        return figure
    colors = [CHOSEN if row == pairs.chosen else OTHER for row in range(len(pairs.labels))]
    figure.add_trace(_bars("before", pairs.before, pairs, "#FFFFFF", colors))
    figure.add_trace(_bars("after", pairs.after, pairs, colors, colors))
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
