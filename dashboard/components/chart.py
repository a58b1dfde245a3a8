"""Puts a plotly figure on the page: in the colors of the theme, without a tool bar, token text never a formula.

A browser module draws it, since Streamlit's own chart is another one at each step, built twice from nothing.
"""

import json
import re
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from dashboard.components.panel import panel
from dashboard.state import Shown, shown_theme

_SIZE = 13
_CLEAR, _WHITE, _TEXT, _LINE = "rgba(0,0,0,0)", "#FFFFFF", "#1A1D21", "#E6E9ED"

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

_MARKUP = re.compile(r'(?<=<span style="color:)#[0-9A-F]{6}(?=">)')


def chart(shown: Shown, figure: go.Figure, key: str) -> None:
    """Shows the figure in the colors of the page."""
    panel(shown, "figure", key=key, figure=dressed(figure, is_dark=_is_dark()))


def dressed(figure: go.Figure, *, is_dark: bool) -> dict[str, Any]:
    """Returns data and layout as the page shows them: the background is the page's, the colors can be seen there."""
    described: dict[str, Any] = json.loads(figure.to_json())
    described["layout"].pop("template", None)
    shown = _recolored(described) if is_dark else described
    layout = shown["layout"]
    layout["plot_bgcolor"] = layout["paper_bgcolor"] = _CLEAR
    text = _DARK[_TEXT] if is_dark else _TEXT
    layout["template"] = _template(is_dark, text)
    layout["font"] = {"size": _SIZE, "color": text}
    return {"data": shown["data"], "layout": layout}


def _template(is_dark: bool, text: str) -> dict[str, Any]:
    """What figures leave open."""
    line, background = (_DARK[_LINE], _DARK[_WHITE]) if is_dark else (_LINE, _WHITE)
    axis = {
        "automargin": True,
        "gridcolor": line,
        "zerolinecolor": line,
        "linecolor": line,
        "tickcolor": line,
        "ticklabelstandoff": 5,
        "title": {"standoff": 12},
    }
    horizontal = axis | {"showgrid": False, "zeroline": False}
    vertical = axis | {"ticklabeloverflow": "allow"}  # else plotly measures every label, at each drawing
    hover = {"bgcolor": background, "bordercolor": line, "font": {"color": text}, "align": "left"}
    title = {"font": {"weight": 600}}
    return {"layout": {"xaxis": horizontal, "yaxis": vertical, "hoverlabel": hover, "title": title}}


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
