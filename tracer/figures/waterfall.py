"""The parts of the difference of two logits as a waterfall; bars to the right push the chosen token.

Draws the value of `tracer.pictures.contributions`; thinks nothing itself.
"""

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from tracer.analysis.source_shares import SourceShares
from tracer.figures.labels import CHOSEN, OTHER, base_layout, empty_note, escape
from tracer.pictures.contributions import Waterfall, waterfall_of
from tracer.wording.composition import Language
from tracer.wording.source_shares import signed

if TYPE_CHECKING:
    from tracer.trace.step import Step

_TOTAL = "#1A1D21"
_ROOM = 0.14


def contribution_waterfall(
    found: "SourceShares | Step | Waterfall",
    *,
    rival_id: int | None = None,
    most_bars: int | None = None,
    lang: Language = "en",
) -> go.Figure:
    """Returns the parts of the difference as a waterfall, from the embedding down to the recorded difference.

    Args:
        found: shares, a step with its recorded accounting, or what `waterfall_of` made of one (the rest is
            then settled).
    """
    if isinstance(found, Waterfall):
        waterfall = found
    else:
        waterfall = waterfall_of(found, rival_id=rival_id, most_bars=most_bars, lang=lang)
    figure = go.Figure()
    rows = len(waterfall.labels)
    figure.update_layout(base_layout(escape(waterfall.title), x=waterfall.axis, rows=rows))
    if not any(waterfall.values):
        figure.add_annotation(**empty_note(waterfall.nothing))
        return figure
    figure.add_trace(
        go.Waterfall(
            orientation="h",
            y=list(range(rows)),
            x=list(waterfall.values),
            measure=["absolute" if is_total else "relative" for is_total in waterfall.is_total],
            text=[signed(value) for value in waterfall.values],
            textposition="outside",
            customdata=list(waterfall.labels),
            hovertemplate="%{customdata}: %{text}<extra></extra>",
            increasing={"marker": {"color": CHOSEN}},
            decreasing={"marker": {"color": OTHER}},
            totals={"marker": {"color": _TOTAL}},
            connector={"line": {"color": OTHER, "width": 1}},
            cliponaxis=False,
        )
    )
    figure.update_xaxes(range=_range(waterfall))
    figure.update_yaxes(
        tickvals=list(range(rows)),
        ticktext=list(waterfall.labels),
        range=[rows - 0.5, -0.5],
        automargin=True,
    )
    return figure


def _range(waterfall: Waterfall) -> list[float]:
    """From the leftmost to the rightmost end of a bar, with room for the numbers beside them."""
    ends, at = [0.0], 0.0
    for value, is_total in zip(waterfall.values, waterfall.is_total, strict=True):
        at = value if is_total else at + value
        ends.append(at)
    low, high = min(ends), max(ends)
    room = _ROOM * (high - low)
    return [low - room, high + room]
