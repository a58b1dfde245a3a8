"""The script that Streamlit runs for every page: navigation, the bar above it, and what all pages share."""

from base64 import b64encode
from collections.abc import Callable
from functools import cache
from pathlib import Path

import streamlit as st

from dashboard.components.bar import bar
from dashboard.components.look import look
from dashboard.components.notice import Kind, notice
from dashboard.components.panel import panel
from dashboard.data.checks import failed_checks
from dashboard.data.current import library
from dashboard.data.library import Entry
from dashboard.navigation import PAGES, PageEntry
from dashboard.state import (
    Shown,
    is_projector,
    notes,
    page_to_open,
    shown_entry,
    shown_language,
    shown_place,
    write_address,
)
from tracer.errors import TracerError
from tracer.wording.absence import said_in
from tracer.wording.composition import Language, compose

_STYLES = Path(__file__).parent / "browser"
_END = '<i class="tr-page-end"></i>'


def main() -> None:
    """Shows the page that the address names."""
    st.set_page_config(
        page_title="tracer",
        page_icon=_icon(),
        layout="wide",
        initial_sidebar_state="collapsed",
    )
    lang = shown_language()
    page, run = _navigate(lang)
    _dress(lang)
    entries = library().entries()
    entry = shown_entry(library(), entries)
    bar(library(), entries, entry, lang)
    if page.has_trace and not _show_place(entry, lang):
        st.html(_END)
        return
    try:
        run.run()
    except TracerError as error:
        st.html(_END)
        notice(said_in(str(error), lang), Kind.ERROR)


@cache
def _icon() -> str:
    """The icon as an address that holds it: Streamlit forgets a file that it serves when the page changes."""
    return f"data:image/png;base64,{b64encode((_STYLES / 'icon.png').read_bytes()).decode()}"


def _to_its_end(entry: PageEntry) -> Callable[[], None]:
    """The page with a mark behind it, by which the browser sees that nothing of it was taken away."""

    def show() -> None:
        entry.show()
        st.html(_END)

    return show


def _navigate(lang: Language) -> tuple[PageEntry, st.Page]:
    """Shows the names of the pages, and returns the one that is open."""
    pages = {
        entry.name: st.Page(
            _to_its_end(entry),
            title=compose(f"ui.page_{entry.name}", lang),
            url_path=entry.name,
            default=entry is PAGES[0],
        )
        for entry in PAGES
    }
    chosen = st.navigation(list(pages.values()), position="hidden" if is_projector() else "top")
    if (wanted := page_to_open()) is not None:
        st.switch_page(pages[wanted])
    return next(entry for entry in PAGES if pages[entry.name] is chosen), chosen


def _dress(lang: Language) -> None:
    st.html(_STYLES / "frame.css")
    if is_projector():
        st.html(_STYLES / "projector.css")
    look(lang, [entry.name for entry in PAGES])


def _show_place(entry: Entry, lang: Language) -> bool:
    """Shows what stands above every page about a trace; False where there is nothing to show a page about."""
    try:
        shown = shown_place(library(), entry)
    except TracerError as error:
        _say_notes(lang)
        notice(said_in(str(error), lang), Kind.ERROR)
        return False
    write_address(shown)
    st.session_state.place = shown
    _say_notes(lang)
    for text in _warnings(shown):
        notice(text, Kind.WARNING)
    if not shown.count:
        notice(compose("ui.no_steps", lang), Kind.NOTE)
        return False
    panel(shown, "strip")
    return True


def _say_notes(lang: Language) -> None:
    for key in notes():
        notice(compose(key, lang), Kind.NOTE)


def _warnings(shown: Shown) -> list[str]:
    """What someone must know before believing the page: a trace that is not whole, or contradicts itself."""
    found = []
    if shown.trace.status != "complete":
        found.append(compose(f"ui.status_{shown.trace.status}_long", shown.lang))
    if faults := len(shown.trace.manifest.faults):
        found.append(compose("ui.has_faults", shown.lang, count=str(faults)))
    if failed := failed_checks(shown.trace):
        found.append(compose("ui.has_failed_checks", shown.lang, count=str(failed)))
    return found


main()
