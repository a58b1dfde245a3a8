"""The page about attention: the text that was read, the heads, and the map of one head.

One browser module holds all of it and follows the step by itself.
"""

import streamlit as st

from dashboard.components.panel import followed_step, panel
from dashboard.state import Shown
from tracer.wording.composition import compose

_REST_MS = 600


def show() -> None:
    """Shows the page of the place on screen."""
    shown: Shown = st.session_state.place
    if not shown.count:
        st.text(compose("ui.no_steps", shown.lang))
        return
    panel(shown, "attention")
    _keep_position(shown)


@st.fragment
def _keep_position(shown: Shown) -> None:
    """Lets the other pages open where the browser stands; this one does not wait for it."""
    followed_step(shown, key="attention", rest_ms=_REST_MS)
