"""The page that compares the text on screen (A) with a second one (B), which is chosen here.

One browser module shows both and follows the step by itself.
"""

from collections.abc import Sequence as Several

import streamlit as st

from dashboard.components.notice import Kind, notice
from dashboard.components.panel import followed_step, panel
from dashboard.data.current import library
from dashboard.data.library import Entry
from dashboard.data.second import Named, Second, default_second, found_second, has_several, parent_of
from dashboard.state import (
    Shown,
    choose_second,
    chosen_second,
    go_to,
    notes,
    open_page,
    put_widget,
    shown_step,
    widget,
    write_second,
)
from tracer.errors import TracerError
from tracer.trace.sequence import Sequence
from tracer.wording.absence import said_in
from tracer.wording.composition import compose

_KEY = "compare-with"


def show() -> None:
    """Shows the page of the place on screen."""
    shown: Shown = st.session_state.place
    if not shown.count:
        st.text(compose("ui.no_steps", shown.lang))
        return
    entries = library().entries()
    named = _named(shown, entries)
    for key in notes():
        notice(compose(key, shown.lang), Kind.NOTE)
    if named is None:
        _say_what_to_do(shown)
    else:
        _compare(shown, entries, named)
    _keep_position(shown)


@st.fragment
def _keep_position(shown: Shown) -> None:
    """Lets the other pages open where the browser stands."""
    followed_step(shown, key="compare", rest_ms=600)


def _named(shown: Shown, entries: Several[Entry]) -> Named | None:
    """The text to compare with; a link to a trace that is not here is told once."""
    named = chosen_second(shown)
    if named is not None and library().entry(named.key) is None:
        notice(compose("ui.link_no_with", shown.lang), Kind.NOTE)
        named = None
    if named is not None:
        return named
    found = default_second(library(), entries, shown.trace, shown.key)
    if found is not None:
        choose_second(shown.key, found)
    return found


def _say_what_to_do(shown: Shown) -> None:
    st.text(compose("ui.compare_nothing", shown.lang))
    with st.container(horizontal=True, gap="small"):
        if st.button(compose("ui.compare_to_branch", shown.lang), key="compare-to-branch"):
            open_page("step")
        if st.button(compose("ui.compare_to_run", shown.lang), key="compare-to-run"):
            open_page("run")


def _compare(shown: Shown, entries: Several[Entry], named: Named) -> None:
    second, error = None, ""
    try:
        second = found_second(library(), named)
    except TracerError as reason:
        error = said_in(str(reason), shown.lang)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="compare-bar"):
        _choosers(shown, entries, named, second)
    if shown.entry.is_sample:
        st.caption(compose("ui.compare_samples", shown.lang))
    if second is None:
        notice(error, Kind.ERROR)
        return
    if not second.is_as_named:
        notice(compose("ui.link_no_with_part", shown.lang), Kind.NOTE)
        choose_second(shown.key, second.named)
    write_second(second.named)
    ours = shown.trace.sequence(call=shown.call, row=shown.row)
    panel(shown, "compare", second=_as_parameters(second.named), names=_names(shown, ours, second))


def _choosers(shown: Shown, entries: Several[Entry], named: Named, second: Second | None) -> None:
    _trace_chooser(shown, entries, named)
    if second is None:
        return
    trace = second.sequence.call.trace
    calls = [call.index for call in trace.calls]
    rows = range(len(second.sequence.call.sequences))
    if len(calls) > 1:
        _chooser("call", calls, second.named, shown)
    if len(rows) > 1:
        _chooser("row", rows, second.named, shown)
    st.button(
        compose("ui.compare_swap", shown.lang),
        key="compare-swap",
        on_click=_swap,
        args=(shown, second),
        disabled=not second.sequence.steps,
    )


def _trace_chooser(shown: Shown, entries: Several[Entry], named: Named) -> None:
    listed = {one.key: one for one in entries if one.key != shown.key}
    if named.key == shown.key or has_several(shown.trace):
        listed[shown.key] = shown.entry
    chosen = library().entry(named.key)
    if chosen is not None:
        listed.setdefault(chosen.key, chosen)
    parent = parent_of(library(), entries, shown.trace)

    def label(key: str) -> str:
        about = library().about(listed[key])
        parts = [about.name, about.model, compose(f"ui.status_{about.status}", shown.lang)]
        if key == shown.key:
            parts.append(compose("ui.compare_itself", shown.lang))
        elif parent is not None and key == parent.key:
            parts.append(compose("ui.compare_parent", shown.lang))
        return " · ".join(filter(None, parts))

    st.text(compose("ui.compare_with", shown.lang), width="content")
    put_widget(_KEY, named.key)
    st.selectbox(
        compose("ui.compare_with", shown.lang),
        list(listed),
        format_func=label,
        key=_KEY,
        on_change=lambda: choose_second(shown.key, Named(str(widget(_KEY)))),
        label_visibility="collapsed",
        width=420,
    )


def _chooser(name: str, options: Several[int], named: Named, shown: Shown) -> None:
    key = f"compare-{name}"
    put_widget(key, getattr(named, name))

    def choose() -> None:
        chosen = int(widget(key))
        call, row = (chosen, 0) if name == "call" else (named.call, chosen)
        choose_second(shown.key, Named(named.key, call, row))

    st.selectbox(
        compose(f"ui.{name}", shown.lang),
        options,
        format_func=lambda index: compose(f"ui.{name}_number", shown.lang, number=str(index)),
        key=key,
        on_change=choose,
        label_visibility="collapsed",
        width=120,
    )


def _swap(shown: Shown, second: Second) -> None:
    """Shows B as A, at the same step as far as it has that."""
    named = second.named
    choose_second(named.key, Named(shown.key, shown.call, shown.row))
    last = len(second.sequence.steps) - 1
    go_to(named.key, call=named.call, row=named.row, step=min(shown_step(), last))


def _as_parameters(named: Named) -> dict[str, str | int]:
    return {"with": named.key, "with_call": named.call, "with_row": named.row}


def _names(shown: Shown, ours: Sequence, second: Second) -> list[str]:
    """What A and B are called: the trace, and call and row where it holds several."""
    named = []
    for entry, sequence in ((shown.entry, ours), (second.entry, second.sequence)):
        parts = [entry.name]
        if has_several(sequence.call.trace):
            places = (("call", sequence.call.index), ("row", sequence.row))
            parts += [compose(f"ui.{name}_number", shown.lang, number=str(index)) for name, index in places]
        named.append(" · ".join(parts))
    return named
