"""A branch below its parent: the chosen tokens of both, how probable each was, and the step where the two part.

`rows_of` gives the frozen value, `branch_paths` the figure. The comparison is in
`tracer.analysis.branch_comparison`.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from tracer.analysis.branch_comparison import BranchComparison, PathToken, compare_branch
from tracer.figures.labels import CHOSEN, MARKED, OTHER, base_layout, empty_note, escape, sentence
from tracer.wording import numbers
from tracer.wording.composition import Language, chip, compose, join

if TYPE_CHECKING:
    from tracer.trace.trace import Trace

MOST_TOKENS = 60
"""With more steps than this, the axes show numbers only."""

_ROW = 150  # pixels of height
_TOP = 110
_BOTTOM = 44
_LETTER = 6.2  # pixels of a label's length; a Chinese character has twice as many
_WIDTH = 0.75


@dataclass(frozen=True, slots=True)
class Bar:
    """One step of one text: the token, its probability in percent, and what is shown on pointing there."""

    step: int
    token: str
    percent: float
    hover: str
    is_shared: bool


@dataclass(frozen=True, slots=True)
class Rows:
    """Both texts, of `num_steps` steps at most; without bars, `note` says why there are none."""

    title: str
    note: str
    parent: tuple[Bar, ...]
    branch: tuple[Bar, ...]
    leaves_at: int
    num_steps: int


def rows_of(comparison: BranchComparison, lang: Language = "en") -> Rows:
    """Returns what the figure shows."""
    steps, leaves_at = comparison.steps, comparison.leaves_at
    return Rows(
        title=compose("branch.title", lang, step=str(leaves_at), change=_change(comparison, lang)),
        note=_note(comparison, lang),
        parent=tuple(_bar(one.step, one.parent, leaves_at, lang) for one in steps if one.parent),
        branch=tuple(_bar(one.step, one.branch, leaves_at, lang) for one in steps if one.branch),
        leaves_at=leaves_at,
        num_steps=len(steps),
    )


def _bar(step: int, token: PathToken, leaves_at: int, lang: Language) -> Bar:
    hover = f"{chip(token.token)} #{token.token_id}, {numbers.percent(token.probability, lang)}"
    return Bar(step, token.token, 100.0 * token.probability, hover, step < leaves_at)


def _change(comparison: BranchComparison, lang: Language) -> str:
    """What was changed for the branch, in words."""
    token, origin = comparison.token, comparison.origin
    parts = [] if token is None else [compose("branch.token", lang, token=chip(token))]
    if origin.seed is not None:
        parts.append(compose("branch.seed", lang, seed=str(origin.seed)))
    parts += [f"{name} {numbers.value(value)}" for name, value in origin.settings.items()]
    return join(parts, lang) or compose("branch.nothing", lang)


def _note(comparison: BranchComparison, lang: Language) -> str:
    if not comparison.steps:
        return compose("branch.empty", lang)
    if not any(one.branch and one.step >= comparison.leaves_at for one in comparison.steps):
        return compose("branch.too_short", lang)
    if comparison.origin.repeats_prefix is False:
        return compose("branch.other_bits", lang)
    if comparison.differs_at is None:
        return compose("branch.same", lang)
    return compose("branch.differs", lang, step=str(comparison.differs_at))


def branch_paths(parent: "Trace", branch: "Trace", *, lang: Language = "en") -> go.Figure:
    """Returns a branch below its parent: a bar per step with the chosen token's probability; shared steps gray.

    Raises:
        ValueError: `branch` is no branch, or not one of this parent.
    """
    rows = rows_of(compare_branch(parent, branch), lang)
    if not rows.num_steps:
        figure = go.Figure(layout=base_layout(sentence(rows.title)))
        figure.add_annotation(empty_note(rows.note))
        figure.update_layout(xaxis={"visible": False}, yaxis={"visible": False})
        return figure
    figure = go.Figure(layout=base_layout(f"{sentence(rows.title)}<br><sub>{sentence(rows.note)}</sub>"))
    for bars, name, color, place in (
        (rows.parent, "branch.parent", MARKED, ""),
        (rows.branch, "branch.branch", CHOSEN, "2"),
    ):
        shared, own = ([bar for bar in bars if bar.is_shared is wanted] for wanted in (True, False))
        figure.add_trace(_drawn(shared, compose("branch.shared", lang), OTHER, place))
        figure.add_trace(_drawn(own, compose(name, lang), color, place))
    figure.update_layout(**_layout(rows, lang))
    figure.add_shape(
        type="line",
        x0=rows.leaves_at - 0.5,
        x1=rows.leaves_at - 0.5,
        y0=0,
        y1=1,
        yref="paper",
        line={"color": OTHER, "dash": "dash", "width": 1.5},
    )
    figure.add_annotation(
        text=compose("branch.mark", lang, step=str(rows.leaves_at)),
        x=rows.leaves_at - 0.5,
        y=1,
        yref="paper",
        yanchor="bottom",
        xanchor="left" if rows.leaves_at < rows.num_steps / 2 else "right",
        showarrow=False,
    )
    return figure


def _drawn(bars: list[Bar], name: str, color: str, place: str) -> go.Bar:
    return go.Bar(
        x=[bar.step for bar in bars],
        y=[bar.percent for bar in bars],
        xaxis=f"x{place}",
        yaxis=f"y{place}",
        name=name,
        width=_WIDTH,
        marker={"color": color, "line": {"color": color, "width": 2}},  # next to nothing is seen as a line
        hovertext=[sentence(bar.hover) for bar in bars],
        hovertemplate="%{hovertext}<extra>%{x}</extra>",
        showlegend=bool(bars) and not (place and color == OTHER),  # the shared steps once
    )


def _layout(rows: Rows, lang: Language) -> dict[str, Any]:
    """One row above the other, each with room below it for its tokens."""
    shown = rows.parent + rows.branch if rows.num_steps <= MOST_TOKENS else ()
    room = 22 + max((_length(bar.token) for bar in shown), default=0)
    inner = 2 * _ROW + room
    y_axis = {
        "title": {"text": compose("picture.probability_axis", lang)},
        "range": [0, 102],
        "gridcolor": "#E6EAEE",
        "automargin": True,
    }
    return {
        "height": _TOP + inner + room + _BOTTOM,
        "margin": {"t": _TOP, "b": room + _BOTTOM},
        "barmode": "overlay",
        "legend": {"orientation": "h", "x": 1, "xanchor": "right", "y": 1 + 24 / inner, "yanchor": "bottom"},
        "title": {"y": 1 - 22 / (_TOP + inner + room + _BOTTOM), "yanchor": "top"},
        "xaxis": _step_axis(rows, rows.parent),
        "xaxis2": {**_step_axis(rows, rows.branch), "title": _step_title(lang), "anchor": "y2"},
        "yaxis": {**y_axis, "domain": [1 - _ROW / inner, 1]},
        "yaxis2": {**y_axis, "domain": [0, _ROW / inner]},
    }


def _length(token: str) -> float:
    return _LETTER * sum(1 if letter < "\u2e80" else 2 for letter in f"{token}  00")


def _step_title(lang: Language) -> dict[str, Any]:
    return {"text": compose("lint.strip_steps", lang), "standoff": 10}


def _step_axis(rows: Rows, bars: tuple[Bar, ...]) -> dict[str, Any]:
    """One tick a step with its token, as long as there is room; the same range for both texts."""
    axis: dict[str, Any] = {"range": [-0.7, rows.num_steps - 0.3], "showgrid": False, "zeroline": False}
    if rows.num_steps > MOST_TOKENS:
        return axis
    return axis | {
        "tickmode": "array",
        "tickvals": [bar.step for bar in bars],
        "ticktext": [f"{escape(bar.token)}  {bar.step}" for bar in bars],
        "tickangle": -90,
        "tickfont": {"size": 11},
    }
