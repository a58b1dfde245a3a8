"""Many simulated draws of one step as bars: how often each token came, beside how often it should have.

`tally_redraws` gives the frozen value, `redraw_bars` the figure. The simulation is in `tracer.analysis.redraws`.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from tracer.analysis.redraws import Redraws, count_redraws
from tracer.figures.labels import CHOSEN, OTHER, base_layout, empty_note, escape, sentence, token_axis
from tracer.wording import numbers
from tracer.wording.composition import Language, compose
from tracer.wording.redraws import redraws_sentence, times

if TYPE_CHECKING:
    from tracer.trace.step import Step

_WIDTH = 0.36
_PALE = 0.4


@dataclass(frozen=True, slots=True)
class Tally:
    """One pair of bars per token, the tokens without a row together last; the chosen token is marked ✓."""

    title: str
    axis: str
    labels: tuple[str, ...]
    expected: tuple[float, ...]
    counted: tuple[int, ...]
    colors: tuple[str, ...]
    names: tuple[str, str]
    note: str


def tally_redraws(redraws: Redraws, lang: Language = "en") -> Tally:
    """Returns what the bars show."""
    rows, total = redraws.rows, redraws.num_redraws
    labels = [f"{'✓ ' if row.is_chosen else ''}{row.token}" for row in rows]
    counted = [row.count for row in rows]
    expected = [row.probability * total for row in rows]
    if rows and (redraws.others_count or redraws.others_probability * total >= 0.5):
        labels.append(compose("other_tokens", lang))
        counted.append(redraws.others_count)
        expected.append(redraws.others_probability * total)
    colors = [CHOSEN if row.is_chosen else OTHER for row in rows]
    return Tally(
        title=compose("redraws_title", lang, step=str(redraws.step), total=times(total, lang)),
        axis=compose("redraws_axis", lang, number=numbers.count(total)),
        labels=tuple(labels),
        expected=tuple(expected),
        counted=tuple(counted),
        colors=tuple(colors + [OTHER] * (len(labels) - len(rows))),
        names=(compose("redraws_column_expected", lang), compose("redraws_column_counted", lang)),
        note=redraws_sentence(redraws, lang),
    )


def redraw_bars(
    step_or_counts: "Step | Redraws", *, n: int = 1000, seed: int = 0, lang: Language = "en"
) -> go.Figure:
    """Returns the counts of `n` simulated redraws of a step beside `n` × probability, which is pale.

    A step is drawn here; counts of `count_redraws` are shown as they are, and `n` and `seed` are not read.

    Raises:
        ValueError: the step is greedy, or `n` is below 1.
    """
    if isinstance(step_or_counts, Redraws):
        tally = tally_redraws(step_or_counts, lang)
    else:
        tally = tally_redraws(count_redraws(step_or_counts, n, seed=seed), lang)
    places = list(range(len(tally.labels)))
    title = (
        f"{sentence(tally.title)}<br><sub>{sentence(tally.note)}</sub>" if places else sentence(tally.title)
    )
    figure = go.Figure(layout=base_layout(title, x=tally.axis, rows=max(len(places), 4)))
    if not places:
        figure.add_annotation(empty_note(tally.note))
        figure.update_layout(xaxis={"visible": False}, yaxis={"visible": False})
        return figure
    for name, values, offset, opacity in (
        (tally.names[0], tally.expected, -0.38, _PALE),
        (tally.names[1], tally.counted, 0.02, 1.0),
    ):
        figure.add_bar(
            x=list(values),
            y=places,
            orientation="h",
            name=name,
            width=_WIDTH,
            offset=offset,
            marker={"color": list(tally.colors), "opacity": opacity},
            showlegend=False,
            hovertemplate=f"%{{x:,.1f}}<extra>{escape(name)}</extra>",
        )
        # the legend's own entry, in gray: the bars have a color for each token
        figure.add_bar(x=[None], y=[None], name=name, marker={"color": OTHER}, opacity=opacity)
    figure.update_layout(
        xaxis={"rangemode": "tozero", "gridcolor": "#E3E6EA"},
        yaxis=token_axis(list(tally.labels)),
        margin={"b": 80},
        legend={"orientation": "h", "x": 0, "yref": "container", "y": 0.01, "yanchor": "bottom"},
    )
    return figure
