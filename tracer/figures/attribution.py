"""What each token gave to a logit, as bars in the order of the text: to the right for it, to the left against it.

`bars_of` does the thinking and returns a frozen value; `attribution_bars` turns it into a figure. Long texts show
their strongest tokens only, in the order of the text.
"""

from dataclasses import dataclass

import plotly.graph_objects as go

from tracer.analysis.attribution import Attribution, Source
from tracer.figures.labels import CHOSEN, OTHER, base_layout, empty_note, escape, token_axis
from tracer.wording import numbers
from tracer.wording.attribution import method_name
from tracer.wording.composition import Language, Whole, compose, join

MOST_ROWS = 40


@dataclass(frozen=True, slots=True)
class AttributionBars:
    """One row per shown token, in the order of the text. `note` says what the bars leave out."""

    title: str
    axis: str
    axis_tokens: str
    note: str
    nothing: str
    labels: tuple[str, ...]
    scores: tuple[float, ...]
    hover: tuple[str, ...]


def bars_of(
    attribution: Attribution, lang: Language = "en", *, most_rows: int = MOST_ROWS
) -> AttributionBars:
    """Returns what the figure shows: the strongest tokens that are not held."""
    ranked = attribution.ranked
    shown = sorted(ranked[:most_rows], key=lambda source: source.position)
    is_contrast = attribution.rival is not None
    names = {"chosen": Whole(attribution.chosen)}
    if attribution.rival is not None:
        names["rival"] = Whole(attribution.rival)
    kind = "_rival" if is_contrast else ""
    return AttributionBars(
        title=compose(f"figures.attribution_title{kind}", lang, step=str(attribution.step), **names),
        axis=compose(f"figures.attribution_axis{kind}", lang),
        axis_tokens=compose("figures.token", lang),
        note=_note(attribution, len(shown), len(ranked), lang),
        nothing=compose("figures.attribution_nothing", lang),
        labels=tuple(f"{source.position} {source.token}" for source in shown),
        scores=tuple(source.score for source in shown),
        hover=tuple(_hover(source, lang) for source in shown),
    )


def _hover(source: Source, lang: Language) -> str:
    kind = "prompt" if source.is_prompt else "generated"
    place = {"position": str(source.position), "token_id": str(source.token_id)}
    return compose(f"figures.attribution_{kind}", lang, **place)


def _note(attribution: Attribution, num_shown: int, num_free: int, lang: Language) -> str:
    parts = [
        compose(
            "figures.attribution_note",
            lang,
            method=method_name(attribution.method, lang),
            baseline=compose("attribution_baseline", lang),
            value=numbers.decimal(attribution.value),
            baseline_value=numbers.decimal(attribution.baseline_value),
            total=numbers.decimal(sum(attribution.scores)),
            gap=numbers.decimal(attribution.gap),
        )
    ]
    num_held = len(attribution.sources) - num_free
    if num_held:
        parts.append(compose("figures.attribution_held", lang, count=str(num_held)))
    if num_shown < num_free:
        counts = {"shown": str(num_shown), "count": str(num_free)}
        parts.append(compose("figures.attribution_shortened", lang, **counts))
    return join(parts, lang, "clause")


def attribution_bars(
    attribution: Attribution, *, most_rows: int = MOST_ROWS, lang: Language = "en"
) -> go.Figure:
    """Returns one bar per token, at most `most_rows`; what speaks for the chosen token has its color."""
    bars = bars_of(attribution, lang, most_rows=most_rows)
    figure = go.Figure()
    figure.update_layout(
        base_layout(escape(bars.title), x=bars.axis, y=bars.axis_tokens, rows=len(bars.labels))
    )
    figure.update_layout(title_subtitle={"text": escape(bars.note), "font": {"size": 12}})
    if not bars.labels:
        figure.add_annotation(**empty_note(bars.nothing))
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
