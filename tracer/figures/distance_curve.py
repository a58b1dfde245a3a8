"""KL in nats over the steps of two compared runs, with the step at which their texts part.

Draws the value of `tracer.pictures.distances`; the numbers come from `tracer.analysis.distances`.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from tracer.analysis.distances import Distance, distances
from tracer.figures.labels import MARKED, OTHER, base_layout, empty_note, escape
from tracer.pictures.distances import DistanceCurve, DistancePicture, distance_picture
from tracer.wording.composition import Language

if TYPE_CHECKING:
    from tracer.analysis.comparison import Comparison

_MOST_DOTS = 200
_HEIGHT = 380


def kl_per_step(
    comparison: "Comparison", found: Iterable[Distance] | None = None, *, lang: Language = "en"
) -> go.Figure:
    """Returns KL(A||B) of every step that both have: of the raw logits and of the final scores.

    Args:
        comparison: what `tracer.compare` gave.
        found: distances that were computed already; default: those of all steps.
    """
    if found is None:
        found = distances(comparison.a, comparison.b) if comparison.same_vocabulary else ()
    picture = distance_picture(comparison, found, lang)
    title = escape(picture.title) + (f"<br><sub>{escape(picture.note)}</sub>" if picture.note else "")
    if all(value is None for value in picture.model.values + picture.final.values) and not (
        picture.model.infinite or picture.final.infinite
    ):
        figure = go.Figure(layout=base_layout(escape(picture.title)))
        figure.add_annotation(empty_note(picture.note))
        figure.update_layout(xaxis={"visible": False}, yaxis={"visible": False})
        return figure
    figure = go.Figure(layout=base_layout(title, x=picture.step_axis, y=picture.axis))
    figure.add_trace(_line(picture, picture.final, OTHER, "dot"))
    figure.add_trace(_line(picture, picture.model, MARKED, "solid"))
    top = _top(picture)
    infinite = sorted({*picture.model.infinite, *picture.final.infinite})
    if infinite:
        figure.add_scatter(
            x=infinite,
            y=[top * 1.06] * len(infinite),
            mode="markers",
            name=escape(picture.infinite),
            marker={"symbol": "triangle-up", "color": OTHER, "size": 8},
            hovertemplate="%{x}<extra></extra>",
        )
    figure.update_layout(
        height=_HEIGHT,
        margin={"t": 100, "b": 90},
        xaxis={
            "range": [picture.steps[0] - 0.6, picture.steps[-1] + 0.6],
            "showgrid": False,
            "zeroline": False,
        },
        yaxis={"range": [0, top * 1.12], "gridcolor": "#E6EAEE", "automargin": True},
        legend={"orientation": "h", "x": 0, "y": -0.24, "yanchor": "top"},
    )
    _mark(figure, picture)
    return figure


def _top(picture: DistancePicture) -> float:
    known = [value for value in picture.model.values + picture.final.values if value is not None]
    return max(known, default=0.0) or 1.0


def _line(picture: DistancePicture, curve: DistanceCurve, color: str, dash: str) -> go.Scatter:
    return go.Scatter(
        x=list(picture.steps),
        y=list(curve.values),
        mode="lines" if len(picture.steps) > _MOST_DOTS else "lines+markers",
        name=escape(curve.name),
        line={"color": color, "dash": dash, "width": 2},
        marker={"size": 6},
        connectgaps=False,
        cliponaxis=False,
        hovertext=[escape(text) for text in curve.texts],
        hovertemplate="%{x}: %{hovertext} nat<extra>" + escape(curve.name) + "</extra>",
    )


def _mark(figure: go.Figure, picture: DistancePicture) -> None:
    """Draws the divergence, where it lies within the steps that are shown."""
    at = picture.divergence
    if at is None or not picture.steps[0] <= at <= picture.steps[-1]:
        return
    is_left = at - picture.steps[0] < (picture.steps[-1] - picture.steps[0]) / 2
    line: dict[str, Any] = {"color": OTHER, "dash": "dash", "width": 1.5}
    figure.add_shape(type="line", x0=at, x1=at, y0=0, y1=1, yref="paper", line=line)
    figure.add_annotation(
        text=escape(picture.mark),
        x=at,
        y=1,
        yref="paper",
        yanchor="bottom",
        xanchor="left" if is_left else "right",
        showarrow=False,
    )
