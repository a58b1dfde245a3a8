"""The model's modules by the parameters they hold: each bar a module, as wide as its share, layers alike in one.

Draws the value of `tracer.pictures.model_structure`; the table of the same value has the shapes.
"""

import plotly.graph_objects as go

from tracer.figures.labels import MARKED, base_layout, empty_note, escape
from tracer.pictures.model_structure import ModelStructurePicture, ModuleLine

_HEIGHT = 420
_QUIET = "#DCE9F5"
_LISTENED = "#B9D3EC"


def module_icicle(picture: ModelStructurePicture) -> go.Figure:
    """Returns the tree from the whole model on the left to its matrices; darker: recording listened there."""
    figure = go.Figure()
    figure.update_layout(
        base_layout(escape(picture.title)), height=_HEIGHT, uniformtext={"minsize": 10, "mode": "hide"}
    )
    shown = [number for number, row in enumerate(picture.rows) if row.counted]
    if not shown:
        figure.add_annotation(**empty_note(picture.nothing))
        return figure
    rows = [picture.rows[number] for number in shown]
    figure.add_trace(
        go.Icicle(
            ids=[str(number) for number in shown],
            parents=["" if row.parent < 0 else str(row.parent) for row in rows],
            labels=[escape(_label(row)) for row in rows],
            values=[row.counted for row in rows],
            branchvalues="total",
            customdata=[_hover(row, picture.axis) for row in rows],
            hovertemplate="%{customdata}<extra></extra>",
            texttemplate="%{label}<br>%{percentRoot:.1%}",
            marker={
                "colors": [_LISTENED if row.is_listened else _QUIET for row in rows],
                "line": {"color": MARKED, "width": 0.5},
            },
            textfont={"color": "#1A1D21"},
            tiling={"orientation": "h"},
            sort=False,
            pathbar={"visible": False},
        )
    )
    return figure


def _label(row: ModuleLine) -> str:
    return f"{row.class_name} × {row.count}" if row.count > 1 else row.label


def _hover(row: ModuleLine, axis: str) -> str:
    lines = (row.path, row.class_name, row.shapes, f"{axis}: {row.total} × {row.times}", row.listened)
    return "<br>".join(escape(line) for line in lines if line)
