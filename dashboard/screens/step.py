"""The page that opens: the decision picture of one step, and below it what can be asked about that step.

The picture belongs to the browser and follows at once; the panels below follow through a fragment.
"""

import streamlit as st

from dashboard.components.panel import followed_step, panel
from dashboard.panels.branch import branch_panel
from dashboard.panels.run_details import run_details
from dashboard.panels.stopping import stopping_panel
from dashboard.panels.vocabulary import vocabulary_panel
from dashboard.panels.what_if import what_if_panel
from dashboard.state import Shown
from tracer.errors import TracerError
from tracer.wording.absence import said_in
from tracer.wording.composition import compose

_PANELS = {
    "ui.tab_what_if": what_if_panel,
    "ui.tab_vocabulary": vocabulary_panel,
    "ui.tab_stopping": stopping_panel,
    "ui.tab_branch": branch_panel,
}


def show() -> None:
    """Shows the page of the place on screen."""
    shown: Shown = st.session_state.place
    if not shown.count:
        st.text(compose("ui.no_steps", shown.lang))
        return
    panel(shown, "decision")
    _questions(shown)
    run = st.expander(compose("ui.this_run", shown.lang), key="this-run", on_change="rerun")
    if run.open:
        with run:
            run_details(shown)


@st.fragment
def _questions(shown: Shown) -> None:
    """The panels that follow the step; only the open tab is worked out."""
    step = shown.trace.sequence(call=shown.call, row=shown.row).steps[followed_step(shown, key="step")]
    names = [compose(key, shown.lang) for key in _PANELS]
    tabs = st.tabs(names, key="step-tabs", on_change="rerun")
    for tab, show_panel in zip(tabs, _PANELS.values(), strict=True):
        if tab.open:
            with tab:
                try:
                    show_panel(shown, step)
                except TracerError as error:
                    st.text(said_in(str(error), shown.lang))
