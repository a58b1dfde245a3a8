"""Text and settings that every figure shares: labels that plotly shows as written, colors, the layout.

plotly reads `<`, `&` and `$` in a label as markup; `escape` makes them text. Draws nothing itself, and is the
only place where the colors stand.
"""

import re
from typing import Any

CHOSEN = "#D55E00"
"""The chosen token, everywhere."""

OTHER = "#7A8594"
"""Every other bar or dot."""

MARKED = "#1F5A94"
"""What stands out beside the chosen token."""

LUCK = "#7B3FA0"
"""What the draw added."""

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "$": "&#36;"}
_MARKUP = str.maketrans(_ENTITIES)

# as `tracer.wording.markdown.code` writes them: between more backticks than the text holds
_CHIP = re.compile(r"(?<!`)(`+)(?!`) ?(.+?) ?(?<!`)\1(?!`)")

_FONT = "Inter, 'Noto Sans', 'Noto Sans CJK SC', 'DejaVu Sans', sans-serif"


def escape(text: str) -> str:
    """Returns a token's text as a plotly label that shows it literally: `<b>` stays `<b>`, `$` stays `$`."""
    return text.translate(_MARKUP)


def sentence(text: str) -> str:
    """Returns a finished sentence as a plotly label: tokens, which stand between backticks there, are bold."""
    return "".join(
        f"<b>{escape(piece)}</b>" if place % 3 == 2 else escape(piece)
        for place, piece in enumerate(_CHIP.split(text))
        if place % 3 != 1
    )


def base_layout(title: str, *, x: str = "", y: str = "", rows: int = 0) -> dict[str, Any]:
    """Returns layout settings: title, axis titles (with their units), a height for so many rows (0: plotly's).

    Titles are taken as they are; a token's text in them must have gone through `escape`.
    """
    layout: dict[str, Any] = {
        "title": {"text": title, "x": 0.01, "xanchor": "left", "font": {"size": 15}},
        "xaxis": {"title": {"text": x}},
        "yaxis": {"title": {"text": y}},
        "font": {"family": _FONT, "size": 12},
        "plot_bgcolor": "#FFFFFF",
        "margin": {"l": 10, "r": 20, "t": 60, "b": 50},
    }
    if rows:
        layout["height"] = 160 + 26 * rows
    return layout


def token_axis(labels: list[str]) -> dict[str, Any]:
    """Returns the settings of a vertical axis with one token per row, the first on top.

    Rows are numbers with texts, because plotly merges equal categories.
    """
    return {
        "tickmode": "array",
        "tickvals": list(range(len(labels))),
        "ticktext": [escape(label) for label in labels],
        "range": [len(labels) - 0.5, -0.5],
        "automargin": True,
        "ticks": "outside",
        "ticklen": 6,
        "tickcolor": "rgba(0,0,0,0)",  # only a gap between the labels and the plot
        "tickfont": {"family": "'DejaVu Sans Mono', 'Noto Sans Mono CJK SC', monospace"},
    }


def empty_note(text: str) -> dict[str, Any]:
    """Returns the annotation that stands in a figure with nothing to show: why it is empty."""
    return {
        "text": escape(text),
        "showarrow": False,
        "xref": "paper",
        "yref": "paper",
        "x": 0.5,
        "y": 0.5,
        "font": {"size": 14, "color": OTHER},
    }
