"""Another path from a step, with the model: another token, another draw, or other settings; recorded as a new trace."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from dashboard.components.notice import as_text
from dashboard.data.current import library
from dashboard.data.jobs import JOBS
from dashboard.state import Shown, open_page
from tracer.errors import MissingExtraError
from tracer.trace.step import Step
from tracer.wording import numbers
from tracer.wording.composition import Whole, compose

if TYPE_CHECKING:
    from tracer.live.background.job import Reporter

_OFFERED = 20


def branch_panel(shown: Shown, step: Step) -> None:
    """Shows the form; starting goes to the page that shows recordings."""
    from tracer.live.loading.models import require_live_packages

    try:
        require_live_packages(compose("ui.tab_branch", shown.lang))
    except MissingExtraError as error:
        st.text(str(error))
        return
    note = compose("ui.branch_note", shown.lang, model=shown.trace.model.name, step=str(step.index))
    st.caption(as_text(note))
    token = _token(shown, step)
    left, right = st.columns(2)
    temperature = left.number_input(
        compose("setting.temperature", shown.lang), 0.01, 10.0, None, 0.1,
        placeholder=compose("ui.branch_as_recorded", shown.lang), key="branch-temperature",
        disabled=step.call.info.mode != "sample",
    )  # fmt: skip
    seed = right.number_input(
        compose("ui.branch_redraw", shown.lang), 0, None, None,
        placeholder=compose("ui.branch_as_recorded", shown.lang), key="branch-seed",
        disabled=step.call.info.mode != "sample",
    )  # fmt: skip
    if st.button(compose("ui.branch_start", shown.lang), key="branch-start"):
        settings = {} if temperature is None else {"temperature": float(temperature)}
        _start(shown, step, token=token, seed=None if seed is None else int(seed), settings=settings)


def _token(shown: Shown, step: Step) -> int | None:
    """The chosen token among the first by the final scores; None: as recorded."""
    vocabulary = step.call.trace.vocabulary
    alive = sorted(step.candidates, key=lambda one: (one.removed[-1], one.rank[-1], one.rank[0]))[:_OFFERED]
    names = {
        one.token_id: f"{vocabulary.visible(one.token_id)}  ({numbers.percent(one.probability[-1], shown.lang)})"
        for one in alive
        if one.token_id != step.token_id
    }
    label = compose("ui.branch_token", shown.lang, token=Whole(vocabulary.visible(step.token_id)))
    options = [None, *names]
    return st.selectbox(
        as_text(label),
        options,
        format_func=lambda one: compose("ui.branch_as_recorded", shown.lang) if one is None else names[one],
        key=f"branch-token-{step.index}",
    )


def _start(shown: Shown, step: Step, **change: Any) -> None:
    folder, stem = library().folder, f"{shown.entry.path.stem}-step-{step.index}"
    names = (f"{stem}{number}.trace" for number in ("", *(f"-{count}" for count in range(2, 10_000))))
    name = next(name for name in names if not (folder / name).exists())

    def work(reporter: "Reporter") -> Path:
        from tracer.live.background.runs import BranchRun  # here, since torch takes seconds

        return BranchRun(step=step, to=folder / name, **change)(reporter)

    if not JOBS.start(work):
        st.text(compose("ui.branch_busy", shown.lang))
        return
    open_page("run")
