"""A notice across the page: an error, a warning, a note. Its text is only ever text."""

import re
from enum import StrEnum

import streamlit as st


class Kind(StrEnum):
    """How much a notice matters."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


_SHOWN_BY = {Kind.ERROR: st.error, Kind.WARNING: st.warning, Kind.NOTE: st.info}
_MARKUP = re.compile(r"([!-/:-@\[-`{-~])")


def notice(text: str, kind: Kind) -> None:
    """Shows a text across the page."""
    _SHOWN_BY[kind](as_text(text))


def as_text(text: str) -> str:
    """Returns Markdown that shows a text as it is: no picture is loaded, nothing becomes a link or a formula."""
    return _MARKUP.sub(r"\\\1", text)
