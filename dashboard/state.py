"""What is on screen: which row of which trace, from which step on, in which language, theme and size.

Read from the address on the first run of a session, then kept in the session; written back so that every link can be
followed. The step belongs to the browser: here stands only the last one that it told.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboard.data.library import Entry, Library
from dashboard.data.second import Named
from tracer.analysis.telling_step import most_telling_step
from tracer.errors import TracerError
from tracer.trace.sequence import Sequence
from tracer.trace.trace import Trace
from tracer.wording.composition import LANGUAGES, Language

SELECTED = ("layer", "head", "source", "rival")
"""What can be selected beside the step; each has a place in the address."""
_TRIED = 20
THEMES = ("system", "light", "dark")


@dataclass(frozen=True, slots=True)
class Shown:
    """A row of a call of a trace on screen. A new `nonce` makes the browser go to `step`."""

    entry: Entry
    trace: Trace
    call: int
    row: int
    step: int
    count: int
    lang: Language
    nonce: str
    selection: Mapping[str, int]

    @property
    def key(self) -> str:
        """The key of the trace."""
        return self.entry.key


def shown_language() -> Language:
    """Returns the chosen language, else that of the address, the saved one, or the browser's."""
    if "lang" not in st.session_state:
        named = (
            st.query_params.get("lang"),
            st.context.cookies.get("tracer-lang"),
            (st.context.locale or "en")[:2],
        )
        st.session_state.lang = next((one for one in named if one in LANGUAGES), "en")
    return "zh" if st.session_state.lang == "zh" else "en"


def choose_language(lang: Language) -> None:
    """Speaks another language from now on, also at the next visit."""
    st.session_state.lang = st.session_state.saved_lang = lang


def chosen_language() -> Language | None:
    """Returns the language that was chosen in this session; None: nothing to save."""
    return st.session_state.get("saved_lang")


def shown_theme() -> str:
    """Returns the chosen theme, else the saved one, else that of the system."""
    if st.session_state.get("theme") not in THEMES:
        saved = st.context.cookies.get("tracer-theme", "")
        st.session_state.theme = saved if saved in THEMES else THEMES[0]
    return str(st.session_state.theme)


def choose_theme(theme: str) -> None:
    """Shows everything in another theme from now on, also at the next visit."""
    st.session_state.theme = theme


def is_projector() -> bool:
    """Whether the page is shown to a room: large, and without anything around it."""
    return st.query_params.get("projector") == "1"


def switch_projector() -> None:
    """Begins or ends showing the page to a room."""
    if is_projector():
        del st.query_params["projector"]
    else:
        st.query_params["projector"] = "1"


def shown_call() -> int:
    """Returns the call on screen."""
    return int(st.session_state.shown["call"])


def shown_row() -> int:
    """Returns the row on screen."""
    return int(st.session_state.shown["row"])


def shown_step() -> int:
    """Returns the step that the browser told last."""
    return int(st.session_state.shown["step"] or 0)


def chosen_second(shown: Shown) -> Named | None:
    """Returns the text to compare with that was chosen, or that the address named at first; None: nobody named one.

    One that was chosen for another trace is no choice where it is now the trace on screen itself.
    """
    if "second" not in st.session_state:
        key = st.query_params.get("with")
        linked = Named(key, _number("with_call") or 0, _number("with_row") or 0) if key else None
        st.session_state.second = (shown.key, linked)
    chosen_for: str
    named: Named | None
    chosen_for, named = st.session_state.second
    return None if named is None or named.key == shown.key != chosen_for else named


def choose_second(chosen_for: str, named: Named) -> None:
    """Compares with another text from now on; `chosen_for` is the key of the trace on screen."""
    st.session_state.second = (chosen_for, named)


def put_widget(key: str, value: object) -> None:
    """Makes a widget show a value, before it is on the page."""
    st.session_state[key] = value


def widget(key: str) -> Any:
    """Returns what a widget shows."""
    return st.session_state[key]


def notes() -> tuple[str, ...]:
    """Returns what there was to say about the link, as keys of the catalogue; once."""
    return tuple(dict.fromkeys(st.session_state.pop("notes", ())))


def go_to(key: str, *, call: int = 0, row: int = 0, step: int | None = None) -> None:
    """Opens another row; without a step, at the one worth seeing first."""
    st.session_state.shown = {"key": key, "call": call, "row": row, "step": step, "selection": {}}
    st.session_state.nonce = st.session_state.get("nonce", 0) + 1


def open_page(name: str) -> None:
    """Goes to another page; ends this run of the script."""
    st.session_state.open_page = name
    st.rerun()


def page_to_open() -> str | None:
    """Returns the page that `open_page` named, once."""
    name = st.session_state.pop("open_page", None)
    return None if name is None else str(name)


def told(position: Mapping[str, Any]) -> None:
    """Keeps the step and the selection that the browser told."""
    step, selection = position.get("step"), position.get("selection")
    if isinstance(step, int | float) and "shown" in st.session_state:
        kept = st.session_state.shown
        kept["step"] = int(step)
        if isinstance(selection, Mapping):
            kept["selection"] = {name: value for name, value in selection.items() if name in SELECTED}


def shown_entry(library: Library, entries: tuple[Entry, ...]) -> Entry:
    """Returns the trace on screen; the address decides on the first run, and what it names wrongly is noted."""
    if "shown" not in st.session_state:
        _follow_address(library, entries)
    entry = library.entry(st.session_state.shown["key"])
    if entry is None:
        _note("trace")
        entry = _first_worth_opening(library, entries)
        go_to(entry.key)
    return entry


def shown_place(library: Library, entry: Entry) -> Shown:
    """Returns what is on screen now. A call, row or step that is not there becomes one that is, and is noted.

    Raises:
        TracerError: the trace cannot be read, or holds no call.
    """
    place = st.session_state.shown
    trace = library.opened(entry)
    sequence = _sequence(trace, place)
    count = len(sequence.steps)
    if place["step"] is None:
        telling = most_telling_step(sequence)
        place["step"] = 0 if telling is None else telling.step
    if count and place["step"] >= count:
        place["step"] = count - 1
        _note("step")
    _drop_impossible(place, sequence)
    return Shown(
        entry=entry,
        trace=trace,
        call=place["call"],
        row=place["row"],
        step=min(place["step"], max(0, count - 1)),
        count=count,
        lang=shown_language(),
        nonce=f"{st.session_state.get('nonce', 0)}-{entry.key}-{place['call']}-{place['row']}",
        selection=place["selection"],
    )


def write_address(shown: Shown) -> None:
    """Makes the address name what is on screen; the step and the selection are the browser's to write."""
    wanted = {"trace": shown.key, "call": str(shown.call), "row": str(shown.row), "lang": shown.lang}
    changed = {name: value for name, value in wanted.items() if st.query_params.get(name) != value}
    if changed:
        st.query_params.update(changed)


def write_second(named: Named) -> None:
    """Makes the address name the text that is compared with."""
    wanted = {"with": named.key, "with_call": str(named.call), "with_row": str(named.row)}
    changed = {name: value for name, value in wanted.items() if st.query_params.get(name) != value}
    if changed:
        st.query_params.update(changed)


def _first_worth_opening(library: Library, entries: tuple[Entry, ...]) -> Entry:
    """The newest trace that has a step to show, among the first few; else the newest."""
    for entry in entries[:_TRIED]:
        try:
            if any(one.steps for call in library.opened(entry).calls for one in call.sequences):
                return entry
        except TracerError:
            continue
    return entries[0]


def _follow_address(library: Library, entries: tuple[Entry, ...]) -> None:
    key = st.query_params.get("trace") or _first_worth_opening(library, entries).key
    go_to(key, call=_number("call") or 0, row=_number("row") or 0, step=_number("step"))
    found = {name: _number(name) for name in SELECTED}
    st.session_state.shown["selection"] = {name: value for name, value in found.items() if value is not None}


def _number(name: str) -> int | None:
    text = st.query_params.get(name, "")
    if text.isascii() and text.isdigit() and len(text) < 10:
        return int(text)
    if text:
        _note(name)
    return None


def _sequence(trace: Trace, place: dict[str, Any]) -> Sequence:
    """The row that is named; the first one instead of one that is not there."""
    if trace.calls and place["call"] not in {call.index for call in trace.calls}:
        place["call"] = trace.calls[0].index
        _note("call")
    call = trace.call(place["call"])
    if call.sequences and place["row"] >= len(call.sequences):
        place["row"] = 0
        _note("row")
    return trace.sequence(call=call.index, row=place["row"])


def _drop_impossible(place: dict[str, Any], sequence: Sequence) -> None:
    model = sequence.call.trace.model
    limits = {
        "layer": model.num_hidden_layers + 1,
        "head": model.num_attention_heads,
        "source": len(sequence.prompt_ids) + len(sequence.token_ids),
        "rival": model.vocab_size,
    }
    for name, value in list(place["selection"].items()):
        if value >= limits.get(name, value):
            del place["selection"][name]
            _note(name)


def _note(name: str) -> None:
    st.session_state.setdefault("notes", []).append(f"ui.link_no_{name}")
