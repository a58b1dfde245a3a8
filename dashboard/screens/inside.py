"""The page about the inside of the model at one step: its layers, what it received and kept, how it is built."""

from collections.abc import Callable

import streamlit as st
from streamlit.elements.lib.mutable_tab_container import TabContainer

from dashboard.components.notice import Kind, notice
from dashboard.components.panel import followed_step
from dashboard.panels.inputs_cache import cache_panel, inputs_panel
from dashboard.panels.layers import layers_panel
from dashboard.panels.model import model_panel
from dashboard.state import Shown
from tracer.errors import TracerError
from tracer.trace.step import Step
from tracer.wording.absence import said_in
from tracer.wording.composition import Language, compose

_TABS = ("ui.tab_layers", "ui.tab_inputs_cache", "ui.tab_model")


def show() -> None:
    """Shows the page of the place on screen; only the open tab is worked out."""
    shown: Shown = st.session_state.place
    layers, inputs, model = _tabs(shown.lang)
    if layers.open:
        with layers:
            _follow(shown, layers_panel, "inside-layers")
    if inputs.open:
        with inputs:
            inputs_panel(shown)
            _follow(shown, cache_panel, "inside-cache")
    if model.open:
        with model:
            model_panel(shown)


def _tabs(lang: Language) -> list[TabContainer]:
    """The tabs; the open one stays open in another language."""
    names = [compose(key, lang) for key in _TABS]
    if st.session_state.get("inside-tabs-spoken") != lang:  # another default would make other tabs of them
        st.session_state["inside-tabs-spoken"] = lang
        st.session_state["inside-tabs-first"] = st.session_state.get("inside-tab", 0)
    first = names[st.session_state["inside-tabs-first"]]
    tabs = list(st.tabs(names, default=first, key=f"inside-tabs-{lang}", on_change="rerun"))
    st.session_state["inside-tab"] = next((place for place, tab in enumerate(tabs) if tab.open), 0)
    return tabs


@st.fragment
def _follow(shown: Shown, show_panel: Callable[[Shown, Step], None], key: str) -> None:
    """Shows a panel again whenever the step changes; what it cannot read is said in its place."""
    step = shown.trace.sequence(call=shown.call, row=shown.row).steps[followed_step(shown, key=key)]
    try:
        show_panel(shown, step)
    except TracerError as error:
        notice(said_in(str(error), shown.lang), Kind.NOTE)
