"""HTML by hand: escaped text, elements with inline styles, tables and sentences whose tokens are chips.

There is no script and no style sheet, so that a notebook that trusts nothing shows it all the same; text takes the
color of its theme, and only cells with a background of their own set it. Text of a model stands in `<code>`, where
no notebook looks for formulas. Knows no trace.
"""

from collections.abc import Iterable, Sequence
from html import escape
from unicodedata import category

from tracer.pictures.sentence_parts import parts_of

MONO = "font-family:monospace"
CHOSEN = "#D55E00"
OTHER = "#7A8594"
LUCK = "#7B3FA0"
LINE = "1px solid #7A8594"
_CELL = "padding:2px 10px 2px 0;text-align:left;vertical-align:top;white-space:nowrap"
_KEPT = "\n\u200c\u200d"  # lines, and what joins letters and emoji
_WIDE = "padding:2px 10px 2px 0;text-align:left;vertical-align:top"


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def text(value: str) -> Markup:
    """Returns text as HTML; a dollar sign stands alone, so that it begins no formula."""
    return Markup(escape(seen(value)).replace("$", "<span>$</span>"))


def element(name: str, *inside: str, style: str = "", title: str = "") -> Markup:
    """Returns an element; what is inside is escaped unless it is `Markup`."""
    attributes = f' style="{escape(style)}"' if style else ""
    attributes += f' title="{escape(seen(title))}"' if title else ""
    content = "".join(one if isinstance(one, Markup) else text(one) for one in inside)
    return Markup(f"<{name}{attributes}>{content}</{name}>")


def joined(parts: Iterable[str]) -> Markup:
    """Returns parts after each other, escaped unless they are `Markup`."""
    return Markup("".join(one if isinstance(one, Markup) else text(one) for one in parts))


def chip(token: str, *, style: str = "", title: str = "") -> Markup:
    """Returns the visible text of a token as a chip."""
    return element("code", token, style=f"{MONO};white-space:pre;{style}", title=title)


def sentence(said: str, tokens: Iterable[str] = ()) -> Markup:
    """Returns a sentence of the catalogue; the tokens that it may name become chips."""
    known = [*tokens, *_marked(said)]
    parts = (
        chip(part.text, style="font-weight:bold") if part.is_token else part.text
        for part in parts_of(said, known)
    )
    return joined(parts)


def paragraph(*inside: str, style: str = "margin:4px 0") -> Markup:
    """Returns a paragraph."""
    return element("p", *inside, style=style)


def quiet(*inside: str) -> Markup:
    """Returns a smaller line."""
    return element("p", *inside, style="margin:4px 0;font-size:90%")


def heading(words: str) -> Markup:
    """Returns a line in bold; no heading, so that a notebook's contents stay its own."""
    return element("p", element("b", words), style="margin:6px 0 2px 0")


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, wraps: bool = False) -> Markup:
    """Returns a table with the text to the left; `wraps` lets long texts take several lines."""
    styles = [_CELL, *[_WIDE if wraps else _CELL] * max(map(len, (head, *(rows := [*rows]))))]
    titles = joined(
        element("th", cell, style=f"{style};border-bottom:{LINE}")
        for cell, style in zip(head, styles, strict=False)
    )
    lines = [
        element("tr", *(element("td", cell, style=style) for cell, style in zip(row, styles, strict=False)))
        for row in rows
    ]
    top = [element("tr", titles)] if any(head) else []
    return scrolled(element("table", *top, *lines, style="border-collapse:collapse;margin:4px 0"))


def scrolled(inside: Markup) -> Markup:
    """Returns something wide that scrolls by itself."""
    return element("div", inside, style="overflow-x:auto")


def whole(*inside: str) -> str:
    """Returns everything as one block that no notebook looks for formulas in."""
    return f'<div class="tex2jax_ignore mathjax_ignore" translate="no">{joined(inside)}</div>'


def seen(value: str) -> str:
    """Returns running text in which nothing is hidden and nothing moves other text; lines and spaces stay."""
    return value if value.isprintable() else "".join(map(_shown, value))


def _shown(char: str) -> str:
    """A character that is not seen, or moves others, as its code point."""
    is_kept = char in _KEPT or char.isprintable() or category(char) == "Zs"
    return char if is_kept else f"⟨U+{ord(char):04X}⟩"


def _marked(said: str) -> list[str]:
    """What stands between single backticks; the catalogue marks code and tokens so."""
    pieces = said.split("`")
    return [piece for piece in pieces[1::2] if piece] if len(pieces) % 2 else []
