"""Why generation went on or stopped after a step, one line for each criterion."""

import streamlit as st

from dashboard.components.panel import panel
from dashboard.state import Shown
from tracer.analysis.explanation import explain
from tracer.pictures.stopping import stopping_picture
from tracer.trace.step import Step
from tracer.wording.composition import compose


def stopping_panel(shown: Shown, step: Step) -> None:
    """Shows the verdicts."""
    picture = stopping_picture(explain(step), shown.lang)
    st.text(picture.headline)
    if picture.lines:
        answers = (compose("ui.verdict_no", shown.lang), compose("ui.verdict_yes", shown.lang))
        rows = [
            [{"text": line.criterion, "kind": "code"}, answers[line.is_stop], line.text]
            for line in picture.lines
        ]
        names = [compose(f"ui.{name}", shown.lang) for name in ("criterion", "verdict", "reason")]
        panel(shown, "table", key="stopping", columns=names, rows=rows)
