"""The candidates of one step of two runs side by side: a pair of bars per token, before and after the settings.

Draws the value of `tracer.pictures.candidate_pairs`. A has full bars, B pale ones; the chosen token is marked ✓.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from tracer.figures.labels import CHOSEN, OTHER, base_layout, empty_note, escape, token_axis
from tracer.pictures.candidate_pairs import PairCell, PairPicture, PairRow, pair_picture
from tracer.wording.composition import Language

if TYPE_CHECKING:
    from tracer.trace.step import Step

_WIDTH = 0.38
_PALE = 0.45
_ROW = 40
_OFFSETS = {"a": -0.4, "b": 0.02}
_DOMAINS = {"model": [0.0, 0.47], "final": [0.53, 1.0]}


def candidates_beside(a: "Step", b: "Step", *, lang: Language = "en", by_text: bool = False) -> go.Figure:
    """Returns the leading tokens of two steps: probability and rank in A and B, model and after the settings.

    Args:
        by_text: the vocabularies differ, so tokens are paired by their text.
    """
    picture = pair_picture(a, b, lang, by_text=by_text)
    figure = go.Figure(layout=base_layout(escape(picture.title)))
    if not picture.rows:
        figure.add_annotation(empty_note(picture.note))
        figure.update_layout(xaxis={"visible": False}, yaxis={"visible": False})
        return figure
    for stage, axis in (("model", "x"), ("final", "x2")):
        for side in ("a", "b"):
            figure.add_trace(_bars(picture.rows, stage, side, axis))
    for side, opacity in (("a", 1.0), ("b", _PALE)):  # the legend's own entries, in gray
        figure.add_bar(x=[None], y=[None], name=side.upper(), marker={"color": OTHER}, opacity=opacity)
    figure.update_layout(**_layout(picture))
    for name, domain in zip(picture.columns, _DOMAINS.values(), strict=True):
        figure.add_annotation(
            text=f"<b>{escape(name)}</b>",
            x=domain[0],
            y=1,
            xref="paper",
            yref="paper",
            xanchor="left",
            yanchor="bottom",
            showarrow=False,
        )
    return figure


def _bars(rows: tuple[PairRow, ...], stage: str, side: str, axis: str) -> go.Bar:
    cells: list[PairCell] = [getattr(row, f"{stage}_{side}") for row in rows]
    return go.Bar(
        x=[100.0 * (cell.probability or 0.0) for cell in cells],
        y=list(range(len(rows))),
        xaxis=axis,
        orientation="h",
        width=_WIDTH,
        offset=_OFFSETS[side],
        name=side.upper(),
        showlegend=False,
        marker={
            "color": [CHOSEN if getattr(row, f"is_chosen_{side}") else OTHER for row in rows],
            "opacity": 1.0 if side == "a" else _PALE,
        },
        text=[escape(cell.text) for cell in cells],
        textposition="outside",
        textfont={"size": 11, "color": "#1A1D21"},
        cliponaxis=False,
        hoverinfo="text",
    )


def _layout(picture: PairPicture) -> dict[str, Any]:
    most = max(100.0 * (cell.probability or 0.0) for cell in _cells(picture.rows))
    axis = {"range": [0, (most or 1.0) * 1.45], "gridcolor": "#E6EAEE", "title": {"text": picture.axis}}
    return {
        "height": 150 + _ROW * len(picture.rows),
        "margin": {"t": 90},
        "xaxis": {**axis, "domain": _DOMAINS["model"]},
        "xaxis2": {**axis, "domain": _DOMAINS["final"], "anchor": "y"},
        "yaxis": token_axis([_label(row) for row in picture.rows]),
        "legend": {"orientation": "h", "x": 1, "xanchor": "right", "y": 1.0, "yanchor": "bottom"},
    }


def _cells(rows: tuple[PairRow, ...]) -> Iterable[PairCell]:
    return (cell for row in rows for cell in (row.model_a, row.model_b, row.final_a, row.final_b))


def _label(row: PairRow) -> str:
    chosen = [name for name, is_chosen in (("A", row.is_chosen_a), ("B", row.is_chosen_b)) if is_chosen]
    return f"✓{''.join(chosen)} {row.token}" if chosen else row.token
