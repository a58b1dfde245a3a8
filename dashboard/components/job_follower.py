"""Shows how the recording in the background comes along; the browser asks for it by itself.

A fragment that Streamlit runs again by a clock is no way to do this: a run of it that is late, after the page was
left, takes away what the next page shows.
"""

import streamlit as st

from tracer.wording.composition import Language, compose

_PHASES = ("loading", "generating", "writing")

_LOADER = """
export default function (component) {
  const job = import(new URL("browser/job.js", document.baseURI));
  job.then((module) => module.follow(component));
  return () => job.then((module) => module.leave(component.parentElement));
}
"""

_component = st.components.v2.component(
    "tracer_job", html='<div class="tr"></div>', js=_LOADER, isolate_styles=False
)


def job_follower(lang: Language) -> None:
    """Follows the running job; the page's script runs again when it has ended."""
    words = {phase: compose(f"ui.job_{phase}", lang) for phase in _PHASES}
    _component(
        key="job-follower", data=words | {"label": compose("ui.page_run", lang)}, on_ended_change=_ignore
    )


def _ignore() -> None:
    """A component's message needs a callback to make the script run again."""
