"""A walk-through as one HTML page that needs no network; its one script marks the place in the contents.

Text of a trace is escaped by the template; the only markup that goes in is what pygments makes of source lines.
"""

import base64
import hashlib
from functools import lru_cache
from pathlib import Path

import jinja2
from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from tracer.pictures.walkthroughs.page import Walkthrough

_FOLDER = Path(__file__).parent / "templates"
_MOST_VALUES = 110
_LEXER = PythonLexer(stripnl=False, ensurenl=False)
_PLAIN = HtmlFormatter(nowrap=True)


def html_page(value: Walkthrough) -> str:
    """Returns the page."""
    style = _style()
    script = (_FOLDER / "walkthrough.js").read_text(encoding="utf-8")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"python": _python, "ticks": _ticks, "short": _short}
    template = environment.get_template("walkthrough.html")
    parts = {"style": Markup(style), "script": Markup(script)}
    digests = {"digest": _digest(style), "script_digest": _digest(script)}
    return template.render(page=value, words=value.words, **parts, **digests) + "\n"


def _digest(text: str) -> str:
    """Returns what a content-security policy asks of a style or script that may stand in the page."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@lru_cache(maxsize=1)
def _style() -> str:
    light = HtmlFormatter(style="default").get_style_defs(".code")
    dark = HtmlFormatter(style="github-dark").get_style_defs(".code")
    own = (_FOLDER / "walkthrough.css").read_text(encoding="utf-8")
    return f"{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}\n{own}"


@lru_cache(maxsize=4096)
def _python(code: str) -> Markup:
    return Markup(highlight(code, _LEXER, _PLAIN))


def _ticks(text: str) -> Markup:
    """Returns escaped text with what stands between backticks as code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # a lone backtick is a sign of the text itself
        return Markup("{}").format(text)
    made = (Markup("<code>{}</code>" if place % 2 else "{}").format(part) for place, part in enumerate(parts))
    return Markup("").join(made)


def _short(text: str) -> str:
    return text if len(text) <= _MOST_VALUES else f"{text[:_MOST_VALUES]}…"
