"""What each token gave to a logit, as bars in the order of the text: to the right for it, to the left against it.

`bars_of` does the thinking and returns a frozen value; `attribution_bars` turns it into a figure. Long texts show
their strongest tokens only, in the order of the text.
"""

from dataclasses import dataclass

import plotly.graph_objects as go

from tracer.analysis.attribution import Attribution
from tracer.figures.labels import CHOSEN, OTHER, base_layout, empty_note, escape, token_axis
from tracer.wording import numbers
from tracer.wording.attribution import method_name

MOST_ROWS = 40


@dataclass(frozen=True, slots=True)
class AttributionBars:
    """One row per shown token, in the order of the text. `note` says what the bars leave out."""

    title: str
    axis: str
    note: str
    labels: tuple[str, ...]
    scores: tuple[float, ...]
    hover: tuple[str, ...]


def bars_of(attribution: Attribution) -> AttributionBars:
    """Returns what the figure shows: the strongest tokens that are not held, at most 40."""
    ranked = attribution.ranked
    shown = sorted(ranked[:MOST_ROWS], key=lambda source: source.position)
    rival = "" if attribution.rival is None else f" rather than {attribution.rival}"
    return AttributionBars(
        title=f"Step {attribution.step}: what gave {attribution.chosen}{rival}",
        axis="score (logit)" if attribution.rival is None else "score (difference of two logits)",
        note=_note(attribution, len(shown), len(ranked)),
        labels=tuple(f"{source.position} {source.token}" for source in shown),
        scores=tuple(source.score for source in shown),
        hover=tuple(
            f"position {source.position}, id {source.token_id}, {'prompt' if source.is_prompt else 'generated'}"
            for source in shown
        ),
    )


def _note(attribution: Attribution, num_shown: int, num_free: int) -> str:
    parts = [
        f"{method_name(attribution.method, 'en')}, baseline {attribution.baseline}: "
        f"{numbers.decimal(attribution.value)} = {numbers.decimal(attribution.baseline_value)} (baseline) "
        f"+ {numbers.decimal(sum(attribution.scores))} (scores) + {numbers.decimal(attribution.gap)} (gap)"
    ]
    num_held = len(attribution.sources) - num_free
    if num_held:
        parts.append(f"tokens held fixed: {num_held}")
    if num_shown < num_free:
        parts.append(f"the strongest {num_shown} of {num_free} shown")
    return "; ".join(parts)


def attribution_bars(attribution: Attribution) -> go.Figure:
    """Returns one bar per token; what speaks for the chosen token has its color."""
    bars = bars_of(attribution)
    figure = go.Figure()
    figure.update_layout(base_layout(escape(bars.title), x=bars.axis, y="token", rows=len(bars.labels)))
    figure.update_layout(title_subtitle={"text": escape(bars.note), "font": {"size": 11}})
    if not bars.labels:
        figure.add_annotation(**empty_note("No token is left to attribute to."))
        return figure
    figure.add_trace(
        go.Bar(
            x=list(bars.scores),
            y=list(range(len(bars.labels))),
            orientation="h",
            marker_color=[CHOSEN if score > 0 else OTHER for score in bars.scores],
            customdata=list(bars.hover),
            hovertemplate="%{x:.3f}<br>%{customdata}<extra></extra>",
        )
    )
    figure.update_yaxes(token_axis(list(bars.labels)))
    figure.update_xaxes(zeroline=True, zerolinecolor=OTHER, gridcolor="#E6E9ED")
    return figure
