"""Makes a plotly figure, as JSON, fit a width: fewer labels along an axis, long labels on two lines, room for numbers.

Changes the layout only, never a number.
"""

import math
import re
import textwrap
from html import unescape
from typing import Any

from tracer.figures.labels import escape

_NARROW = 400
_LETTERS = 16
_LABEL_PX, _MARGINS_PX, _MAP_MARGINS_PX = 13, 110, 150
_ROOM = 0.3
_FEW_ROWS, _TALLEST = 14, 1.2
_LETTER_PX, _LINE_PX = 6.2, 15
_BREAKS = re.compile(r"[^\s，。；]*[\s，。；]+|[^\s，。；]+")


def fit(data: list[dict[str, Any]], layout: dict[str, Any], width: int) -> None:
    """Fits the layout of a figure into a width in pixels."""
    for name, axis in layout.items():
        if name.startswith(("xaxis", "yaxis")) and isinstance(axis, dict):
            axis.setdefault("automargin", True)
    _thin(layout.get("xaxis", {}), width)
    _break_titles(layout, width)
    if width < _NARROW:
        _narrow(data, layout, width)


def _thin(axis: dict[str, Any], width: int) -> None:
    """Leaves out labels that would lie on each other."""
    places, texts = axis.get("tickvals"), axis.get("ticktext")
    if not isinstance(places, list) or not isinstance(texts, list):
        return
    every = math.ceil(len(places) * _LABEL_PX / max(1, width - _MARGINS_PX))
    if every > 1:
        axis |= {"tickvals": places[::every], "ticktext": texts[::every]}


def _break_titles(layout: dict[str, Any], width: int) -> None:
    """Puts long titles on several lines, and makes room for them."""
    title = layout.get("title", {})
    more = 0
    for part in (title, title.get("subtitle", {})):
        text = part.get("text") or ""
        if "<" in text:
            continue
        han = sum("\u2e80" <= letter <= "\uffef" for letter in text)
        letters = int((width - 20) / (_LETTER_PX * (1 + han / max(1, len(text)))))
        lines = _lines(text, letters)
        part |= {"text": "<br>".join(lines)} if len(lines) > 1 else {}
        more += len(lines) if len(lines) > 1 and part is not title else len(lines) - 1
    if more:
        margin = layout.setdefault("margin", {})
        margin["t"] = margin.get("t", 60) + more * _LINE_PX


def _lines(text: str, letters: int) -> list[str]:
    lines = [""]
    for word in _BREAKS.findall(text):
        if lines[-1] and len(lines[-1]) + len(word.rstrip()) > letters:
            lines.append("")
        lines[-1] += word
    return [line.rstrip() for line in lines]


def _narrow(data: list[dict[str, Any]], layout: dict[str, Any], width: int) -> None:
    axis = layout.get("yaxis", {})
    is_map = any(trace.get("type") == "heatmap" for trace in data)
    if is_map and layout.get("height") and len(axis.get("ticktext") or ()) < _FEW_ROWS:
        layout["height"] = min(layout["height"], round(_TALLEST * width))
    if isinstance(axis.get("ticktext"), list):
        axis["ticktext"] = [_on_lines(text) for text in axis["ticktext"]]
    for trace in data:
        if trace.get("type") == "heatmap" and trace.get("texttemplate"):
            _shorten(trace, width)
    legend = layout.get("legend", {})
    if legend.get("orientation") == "h" and legend.get("y", 1) < 0:
        legend |= {"y": -0.34}
    limits = layout.get("xaxis", {}).get("range")
    if limits and any(trace.get("type") == "waterfall" for trace in data):
        room = _ROOM * (limits[1] - limits[0])
        layout["xaxis"]["range"] = [limits[0] - room, limits[1] + room]


def _on_lines(text: str) -> str:
    """A label on lines of a few letters; one with markup of its own stays as it is."""
    if "<" in text:
        return text
    return "<br>".join(map(escape, textwrap.wrap(unescape(text), _LETTERS))) or text


def _shorten(trace: dict[str, Any], width: int) -> None:
    """Cuts the texts in the cells of a map to what a cell can hold."""
    columns = max(map(len, trace["text"]), default=0) + 1
    letters = max(3, int((width - _MAP_MARGINS_PX) / columns / _LETTER_PX))
    trace["text"] = [[_cut(text, letters) for text in row] for row in trace["text"]]


def _cut(text: str, letters: int) -> str:
    plain = unescape(text)
    return text if len(plain) <= letters else f"{escape(plain[: letters - 1])}…"
