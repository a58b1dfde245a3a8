"""How the recording in the background comes along: its progress, the text so far, a button that stops it."""

import streamlit as st

from dashboard.components.notice import Kind, notice
from dashboard.data.current import library
from dashboard.data.jobs import JOBS
from dashboard.data.library import key_of
from dashboard.state import go_to, open_page
from tracer.live.background.job import Progress, Status
from tracer.wording.composition import Language, compose

_OFTEN = 0.25
"""Seconds between two looks."""


def job_progress(lang: Language) -> None:
    """Shows the current job; opens its trace when it is done."""
    _followed(lang)


@st.fragment(run_every=_OFTEN)
def _followed(lang: Language) -> None:
    job = JOBS.current
    if job is None:
        st.rerun()
    progress = job.progress
    if progress.status is Status.DONE:
        _open(progress)
    share = min(1.0, progress.done / progress.total) if progress.total else 0.0
    count = f" {progress.done} / {progress.total}" if progress.total else ""
    st.progress(share, text=f"{compose(_what(progress), lang)}{count}")
    if progress.text:
        with st.container(border=True):
            st.text(progress.text)
    match progress.status:
        case Status.RUNNING:
            st.button(compose("ui.run_stop", lang), on_click=job.stop, key="run-stop")
        case Status.FAILED:
            notice(progress.error, Kind.ERROR)
            st.button(compose("ui.run_again", lang), on_click=JOBS.dismiss, key="run-again")
        case Status.STOPPED:
            with st.container(horizontal=True):
                if progress.path is not None and st.button(compose("ui.run_open", lang), key="run-open"):
                    _open(progress)
                st.button(compose("ui.run_again", lang), on_click=JOBS.dismiss, key="run-again")


def _what(progress: Progress) -> str:
    if progress.status is not Status.RUNNING:
        return f"ui.job_{progress.status}"
    known = ("generating", "writing")
    return f"ui.job_{progress.what}" if progress.what in known else "ui.job_loading"


def _open(progress: Progress) -> None:
    assert progress.path is not None
    JOBS.dismiss()
    library().add(progress.path)
    go_to(key_of(progress.path))
    open_page("step")
