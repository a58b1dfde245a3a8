"""How the recording in the background comes along: its progress, the text so far, a button that stops it."""

import streamlit as st

from dashboard.components.job_follower import job_follower
from dashboard.components.notice import Kind, notice
from dashboard.data.current import library
from dashboard.data.jobs import JOBS
from dashboard.data.library import key_of
from dashboard.state import go_to, open_page
from tracer.live.background.job import Progress, Status
from tracer.wording.absence import said_in
from tracer.wording.composition import Language, compose


def job_progress(lang: Language) -> None:
    """Shows the current job; opens its trace when it is done."""
    job = JOBS.current
    if job is None:
        return
    progress = job.progress
    match progress.status:
        case Status.RUNNING:
            job_follower(lang)
            st.button(compose("ui.run_stop", lang), on_click=job.stop, key="run-stop")
        case Status.DONE:
            _open(progress)
        case Status.FAILED:
            st.text(compose("ui.job_failed", lang))
            notice(said_in(progress.error, lang), Kind.ERROR)
            st.button(compose("ui.run_again", lang), on_click=JOBS.dismiss, key="run-again")
        case Status.STOPPED:
            _stopped(progress, lang)


def _stopped(progress: Progress, lang: Language) -> None:
    st.text(compose("ui.job_stopped", lang))
    if progress.text:
        with st.container(border=True):
            st.text(progress.text)
    with st.container(horizontal=True):
        if progress.path is not None and st.button(compose("ui.run_open", lang), key="run-open"):
            _open(progress)
        st.button(compose("ui.run_again", lang), on_click=JOBS.dismiss, key="run-again")


def _open(progress: Progress) -> None:
    assert progress.path is not None
    JOBS.dismiss()
    library().add(progress.path)
    go_to(key_of(progress.path))
    open_page("step")
