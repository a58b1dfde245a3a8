"""Which positions may look at which: the mask of one layer at one step as a field of two colors.

Draws the value of `tracer.pictures.forward_mask`.
"""

import plotly.graph_objects as go

from tracer.figures.labels import base_layout, empty_note, escape
from tracer.pictures.forward_mask import ForwardMask

_HIDDEN, _VISIBLE, _HIDDEN_SIGN = "#F1F3F5", "#5F9BCF", "#D5DAE0"
_MONOSPACE = "'DejaVu Sans Mono', 'Noto Sans Mono CJK SC', monospace"
_MARGINS, _LEAST, _MOST, _CELL = 220, 60, 620, 20
_FEW_ROWS = 8


def forward_mask(picture: ForwardMask) -> go.Figure:
    """Returns queries from the top over keys from the left, visible ones colored."""
    figure = go.Figure()
    rows, columns = picture.visible.shape
    figure.update_layout(
        base_layout(escape(picture.title), x=picture.axis_keys, y=picture.axis_queries),
        height=_MARGINS + min(_MOST, max(_LEAST, _CELL * rows)),
        title_subtitle={"text": _legend(picture), "font": {"size": 12}},
    )
    if not picture.visible.size:
        figure.add_annotation(**empty_note(picture.nothing))
        return figure
    words = (picture.word_hidden, picture.word_visible)
    figure.add_trace(
        go.Heatmap(
            z=picture.visible.astype("uint8"),
            x=list(range(columns)),
            y=list(range(rows)),
            customdata=[[words[cell] for cell in row] for row in picture.visible.astype(int).tolist()],
            hovertemplate="%{y} → %{x}: %{customdata}<extra></extra>",
            colorscale=[[0.0, _HIDDEN], [0.5, _HIDDEN], [0.5, _VISIBLE], [1.0, _VISIBLE]],
            zmin=0,
            zmax=1,
            xgap=1 if columns <= 64 else 0,
            ygap=1 if rows <= 64 else 0,
            showscale=False,
        )
    )
    figure.update_xaxes(_axis(picture.keys, picture.key_tokens), tickangle=-90 if picture.key_tokens else 0)
    figure.update_yaxes(_axis(picture.queries, picture.query_tokens), range=[rows - 0.5, -0.5])
    if rows < _FEW_ROWS:  # no room beside so few rows
        figure.update_yaxes(title_text="")
    figure.update_layout(margin={"t": 80, "b": 60, "l": 10, "r": 20})
    return figure


def _legend(picture: ForwardMask) -> str:
    pairs = ((_VISIBLE, picture.word_visible), (_HIDDEN_SIGN, picture.word_hidden))
    return "   ".join(f'<span style="color:{color}">■</span> {escape(word)}' for color, word in pairs)


def _axis(positions: tuple[int, ...], tokens: tuple[str, ...]) -> dict[str, object]:
    """Returns ticks: position and token where there are few, else every so many positions."""
    stride = 1 if tokens else max(1, len(positions) // 10)
    places = range(0, len(positions), stride)
    texts = [
        f"{positions[place]} {escape(tokens[place])}" if tokens else str(positions[place]) for place in places
    ]
    return {
        "tickmode": "array",
        "tickvals": list(places),
        "ticktext": texts,
        "tickfont": {"family": _MONOSPACE, "size": 11},
        "automargin": True,
        "showgrid": False,
        "zeroline": False,
    }
