"""Puts a plotly figure on the page: in the colors of the theme, without a tool bar, token text never a formula."""

import json
import re
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from dashboard.state import shown_theme

_CONFIG = {"displayModeBar": False, "typesetMath": False, "responsive": True}

_CLEAR, _TEXT = "rgba(0,0,0,0)", "#1A1D21"

_DARK = {
    "#FFFFFF": "#0E1117",
    "#1A1D21": "#F2F4F7",
    "#D55E00": "#F59E4B",
    "#1F5A94": "#6FB0EA",
    "#7B3FA0": "#C79BE0",
    "#7A8594": "#8C97A6",
    "#E6E9ED": "#2A313A",
    "#E6EAEE": "#2A313A",
    "#E3E6EA": "#2A313A",
    "#C3CAD3": "#5B6675",
    "#F1F3F5": "#1B2028",
    "#D5DAE0": "#3A434F",
    "#F3F7FB": "#16202B",
    "#DCE9F5": "#1C3350",
    "#B9D3EC": "#214774",
    "#8DB8DF": "#265A94",
    "#5F9BCF": "#2C6DB2",
    "#08306B": "#9ECAE1",
    "#A3123A": "#FF8FA8",
}
"""The colors of the figures as they are on a dark page."""

_WORDS = frozenset(("text", "ticktext", "customdata", "hovertext", "hovertemplate", "labels", "name"))
"""What holds text: a token may be spelled like a color. Only markup is recolored in it."""

_AXIS = re.compile(r"[xy]axis\d*")
_MARKUP = re.compile(r'(?<=<span style="color:)#[0-9A-F]{6}(?=">)')


def chart(figure: go.Figure, key: str) -> None:
    """Shows the figure in the colors of the page."""
    st.plotly_chart(dressed(figure, is_dark=_is_dark()), key=key, config=_CONFIG)


def dressed(figure: go.Figure, *, is_dark: bool) -> go.Figure:
    """Returns the figure as the page shows it: its background is the page's, and its colors can be seen there."""
    described = json.loads(figure.to_json())
    described["layout"].pop("template", None)
    described["layout"].pop("plot_bgcolor", None)
    shown = _recolored(described) if is_dark else described
    text = _DARK[_TEXT] if is_dark else _TEXT
    _dress(shown["layout"], text)
    return go.Figure(shown, skip_invalid=True)


def _dress(layout: dict[str, Any], text: str) -> None:
    """Changes what the page decides, in the layout's JSON: plotly's own updates take several times as long."""
    layout["plot_bgcolor"] = layout["paper_bgcolor"] = _CLEAR
    layout.setdefault("font", {})["color"] = text
    for name in {"xaxis", "yaxis", *filter(_AXIS.fullmatch, layout)}:
        axis = layout.setdefault(name, {})
        axis.setdefault("tickfont", {})["color"] = text  # Streamlit's own gray is too faint to read
        title = axis.setdefault("title", {})
        title.setdefault("font", {})["color"] = text
        if name.startswith("y"):
            axis["ticklabeloverflow"] = "allow"  # plotly would measure every label, at each drawing


def _is_dark() -> bool:
    chosen = shown_theme()
    return (st.context.theme.type if chosen == "system" else chosen) == "dark"


def _recolored(value: Any) -> Any:
    """The same with every color that has a counterpart replaced; texts stay as they are."""
    if isinstance(value, dict):
        return {name: _marked(one) if name in _WORDS else _recolored(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_recolored(one) for one in value]
    return _DARK.get(value, value) if isinstance(value, str) else value


def _marked(value: Any) -> Any:
    if isinstance(value, str):
        return _MARKUP.sub(lambda found: _DARK.get(found[0], found[0]), value)
    return _recolored(value) if isinstance(value, dict) else value
