"""The page about the inside of the model at one step: its layers, what it received and kept, how it is built."""

from collections.abc import Callable

import streamlit as st

from dashboard.components.panel import followed_step
from dashboard.panels.inputs_cache import inputs_cache_panel
from dashboard.panels.layers import layers_panel
from dashboard.panels.model import model_panel
from dashboard.state import Shown
from tracer.errors import TracerError
from tracer.trace.step import Step
from tracer.wording.composition import compose

_TABS: dict[str, Callable[[Shown, Step], None]] = {
    "ui.tab_layers": layers_panel,
    "ui.tab_inputs_cache": inputs_cache_panel,
    "ui.tab_model": model_panel,
}


def show() -> None:
    """Shows the page of the place on screen."""
    shown: Shown = st.session_state.place
    if not shown.count:
        st.text(compose("ui.no_steps", shown.lang))
        return
    _follow(shown)


@st.fragment
def _follow(shown: Shown) -> None:
    """Everything follows the step; only the open tab is worked out."""
    step = shown.trace.sequence(call=shown.call, row=shown.row).steps[followed_step(shown, key="inside")]
    tabs = st.tabs([compose(key, shown.lang) for key in _TABS], key="inside-tabs", on_change="rerun")
    for tab, show_panel in zip(tabs, _TABS.values(), strict=True):
        if tab.open:
            with tab:
                try:
                    show_panel(shown, step)
                except TracerError as error:
                    st.text(str(error))
