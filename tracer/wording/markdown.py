"""Text of a model inside Markdown: inline code, blocks of code and lines of tables, from which it cannot become markup.

Knows no particular document.
"""

import re
from collections.abc import Iterable


def code(text: str) -> str:
    """Returns the text as inline code, whatever backticks it holds."""
    text = text.replace("\n", "↵").replace("\r", "␍")
    marks = "`" * (_longest_run(text) + 1)
    pad = " " if text[:1] == "`" or text[-1:] == "`" else ""
    return f"{marks}{pad}{text}{pad}{marks}"


def block(text: str) -> str:
    """Returns the text as a block of code."""
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}text\n{text}\n{fence}"


def line(cells: Iterable[str]) -> str:
    """Returns cells as one line of a table."""
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
