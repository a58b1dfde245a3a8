"""The bar above every page: which trace, call and row; the language; theme and projector mode behind a button."""

from collections.abc import Mapping, Sequence

import streamlit as st

from dashboard.components.notice import as_text
from dashboard.data.library import Entry, Library
from dashboard.state import (
    THEMES,
    choose_language,
    choose_theme,
    go_to,
    is_projector,
    put_widget,
    shown_call,
    shown_row,
    shown_theme,
    switch_projector,
    widget,
)
from tracer.errors import TracerError
from tracer.trace.trace import Trace
from tracer.wording.composition import Language, compose

_LANGUAGES: Mapping[Language, str] = {"en": "English", "zh": "中文"}
"""Each language in its own words: whoever looks for it reads no other."""


def bar(library: Library, entries: Sequence[Entry], entry: Entry, lang: Language) -> None:
    """Shows the bar; in projector mode only the button that ends it."""
    if is_projector():
        st.button(compose("ui.projector_leave", lang), key="leave-projector", on_click=switch_projector)
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="bar"):
        _trace_chooser(library, entries, entry, lang)
        _sequence_choosers(library, entry, lang)
        other: Language = "en" if lang == "zh" else "zh"
        st.button(_LANGUAGES[other], key="bar-language", on_click=choose_language, args=(other,))
        with st.popover(compose("ui.view", lang), key="bar-view"):
            _look(lang)


def _trace_chooser(library: Library, entries: Sequence[Entry], entry: Entry, lang: Language) -> None:
    listed = {one.key: one for one in (*entries, entry)}

    def label(key: str) -> str:
        about = library.about(listed[key])
        return " · ".join(filter(None, (about.name, about.model, compose(f"ui.status_{about.status}", lang))))

    put_widget("bar-trace", entry.key)
    st.selectbox(
        compose("ui.trace", lang),
        list(listed),
        format_func=label,
        key="bar-trace",
        on_change=lambda: go_to(str(widget("bar-trace"))),
        label_visibility="collapsed",
        width=420,
    )


def _sequence_choosers(library: Library, entry: Entry, lang: Language) -> None:
    """A chooser where there is a choice."""
    try:
        trace = library.opened(entry)
        rows = _rows(trace)
    except TracerError:  # the page says what is wrong with it
        return
    if len(trace.calls) > 1:
        _chooser("call", [call.index for call in trace.calls], shown_call(), lang)
    if rows > 1:
        _chooser("row", list(range(rows)), shown_row(), lang)


def _rows(trace: Trace) -> int:
    return next((len(call.sequences) for call in trace.calls if call.index == shown_call()), 0)


def _chooser(name: str, options: Sequence[int], shown: int, lang: Language) -> None:
    key = f"bar-{name}"
    put_widget(key, shown if shown in options else options[0])

    def choose() -> None:
        chosen = int(widget(key))
        if name == "call":
            go_to(str(widget("bar-trace")), call=chosen)
        else:
            go_to(str(widget("bar-trace")), call=shown_call(), row=chosen)

    st.selectbox(
        compose(f"ui.{name}", lang),
        options,
        format_func=lambda index: compose(f"ui.{name}_number", lang, number=str(index)),
        key=key,
        on_change=choose,
        label_visibility="collapsed",
        width=120,
    )


def _look(lang: Language) -> None:
    put_widget("bar-theme", shown_theme())
    st.segmented_control(
        compose("ui.theme", lang),
        THEMES,
        format_func=lambda theme: as_text(compose(f"ui.theme_{theme}", lang)),
        required=True,
        key="bar-theme",
        on_change=lambda: choose_theme(str(widget("bar-theme"))),
    )
    st.button(compose("ui.projector", lang), key="bar-projector", on_click=switch_projector)
