"""Plotly in a page: its script out of the installed package, and a figure as JSON with its type large enough.

In print, what figures tell by color gets a hatch or a dash as well. Makes no figure.
"""

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from tracer.errors import MissingExtraError
from tracer.exporters.views.plotly_fit import fit
from tracer.exporters.views.request import ViewRequest
from tracer.figures.labels import CHOSEN, LUCK, MARKED, OTHER

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_FONT = (
    "'Source Sans 3', 'Helvetica Neue', Arial, 'Liberation Sans', 'PingFang SC', 'Microsoft YaHei', "
    "'Noto Sans CJK SC', sans-serif"
)
_SIZE, _LEAST, _TITLE = 11, 9.5, 13
_MARKED_FROM = 0.1
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
_HATCHES = {CHOSEN: "/", LUCK: "x"}
_DARK = {"background": "#0e1117", "text": "#f2f4f7", "line": "#343c47"}
_DARKER = {CHOSEN: "#f59e4b", OTHER: "#8b97a6", LUCK: "#c79be0", MARKED: "#7ab8ff"}


def require_plotly() -> None:
    """Raises MissingExtraError where plotly is not installed."""
    try:
        import plotly  # noqa: F401
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            "This view needs plotly, which is not installed. Type pip install 'generation-tracer[figures]'."
        ) from error


@cache
def plotly_script() -> str:
    """Returns plotly's own script, that it can stand between the tags of a page."""
    require_plotly()
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs()).replace("</script", "<\\/script").replace("<!--", "<\\!--")


def figure_json(request: ViewRequest, figure: "Figure") -> dict[str, Any]:
    """Returns data and layout as JSON; how large it becomes is the page's."""
    if request.theme == "print":
        _mark_signs(figure)
    made: dict[str, Any] = json.loads(figure.to_json())
    data, layout = made["data"], made["layout"]
    layout["font"] = {**layout.get("font", {}), "family": _FONT, "size": _SIZE}
    layout["autosize"] = False
    _raise_sizes(data)
    _raise_sizes(layout)
    fit(data, layout, request.size.width_px)
    if request.theme == "print":
        layout["font"]["color"] = "#000000"
        _mark_colors(data)
    return (
        _darken({"data": data, "layout": layout})
        if request.theme == "dark"
        else {"data": data, "layout": layout}
    )


def _raise_sizes(value: Any, name: str = "") -> None:
    """Makes type at least as large as is read on paper, and titles not larger than fits."""
    if isinstance(value, list):
        for one in value:
            _raise_sizes(one, name)
    if not isinstance(value, dict):
        return
    if "font" in name and isinstance(value.get("size"), int | float):
        value["size"] = min(max(value["size"], _LEAST), _TITLE)
    for key, one in value.items():
        _raise_sizes(one, key)


def _mark_signs(figure: "Figure") -> None:
    """Writes into the cells of a map which of them are below zero, as both ends of its colors are as dark."""
    for trace in figure.data:
        if trace.type != "heatmap" or trace.text is not None or trace.z is None:
            continue
        numbers = np.array(trace.z, dtype=np.float64)
        if not numbers.size or not np.nanmin(numbers) < 0 < np.nanmax(numbers):
            continue
        far = _MARKED_FROM * np.nanmax(np.abs(numbers))
        signs = np.where(numbers > far, "+", np.where(numbers < -far, "−", ""))
        trace.update(text=signs.tolist(), texttemplate="%{text}", textfont={"color": "#000000"})


def _mark_colors(data: list[dict[str, Any]]) -> None:
    lines = [
        trace for trace in data if trace.get("type") == "scatter" and "lines" in trace.get("mode", "lines")
    ]
    for place, trace in enumerate(lines):
        if len(lines) > 1 and trace.get("name"):
            trace.setdefault("line", {}).setdefault("dash", _DASHES[place % len(_DASHES)])
    for trace in data:
        if trace.get("type") == "bar":
            _hatch(trace.setdefault("marker", {}))


def _hatch(marker: dict[str, Any]) -> None:
    colors = marker.get("color")
    if isinstance(colors, list):
        shape: Any = [_HATCHES.get(color, "") for color in colors]
    else:
        shape = _HATCHES.get(colors, "") if isinstance(colors, str) else ""
    if any(shape):
        marker.setdefault("pattern", {"shape": shape, "fillmode": "overlay", "fgcolor": "#000000", "size": 5})


def _darken(made: dict[str, Any]) -> dict[str, Any]:
    """The figure with the colors of the dark theme."""
    dark: dict[str, Any] = _recolored(made)
    layout = dark["layout"]
    layout |= {"paper_bgcolor": _DARK["background"], "plot_bgcolor": _DARK["background"]}
    layout["font"]["color"] = _DARK["text"]
    for name, axis in layout.items():
        if name.startswith(("xaxis", "yaxis")) and isinstance(axis, dict):
            axis |= {"zeroline": axis.get("zeroline", False), "linecolor": _DARK["line"]}
            axis |= {"gridcolor": _DARK["line"]} if "gridcolor" in axis else {"showgrid": False}
    return dark


def _recolored(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _recolored(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_recolored(one) for one in value]
    return _DARKER.get(value.upper(), value) if isinstance(value, str) else value
