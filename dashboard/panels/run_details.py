"""The fold-out about the run as a whole: prompt and answer, settings with their origin, times, findings, checks."""

from typing import Any

import streamlit as st

from dashboard.components.panel import panel
from dashboard.data.checks import checked
from dashboard.state import Shown
from tracer.errors import TracerError
from tracer.pictures.run_summary import RunSummary, run_summary
from tracer.wording.absence import said_in
from tracer.wording.composition import Language, compose


def run_details(shown: Shown) -> None:
    """Shows everything about the run."""
    lang = shown.lang
    summary = run_summary(shown.trace.sequence(call=shown.call, row=shown.row), lang)
    left, right = st.columns([3, 2])
    with left:
        _texts(shown, summary)
        _findings(shown, summary)
        _checks(shown)
    with right:
        rows: list[Any] = [[{"text": fact.name, "kind": "short"}, fact.value] for fact in summary.facts]
        rows += [{"cells": [fact.name, fact.value], "kind": "muted"} for fact in summary.missing]
        rows += [["", note] for note in summary.notes]
        panel(shown, "table", key="run-facts", rows=rows)
        has_defaults = st.checkbox(compose("ui.show_defaults", lang), key="run-defaults")
        settings = [
            {
                "cells": [
                    {"text": one.name, "kind": "code"},
                    {"text": one.value, "kind": "code"},
                    one.origin,
                ],
                "kind": "muted" if one.is_default else "",
            }
            for one in summary.settings
            if has_defaults or not one.is_default
        ]
        names = [compose(f"ui.{name}", lang) for name in ("setting", "value", "origin")]
        panel(shown, "table", key="run-settings", columns=names, rows=settings)


def _texts(shown: Shown, summary: RunSummary) -> None:
    rows = [
        [_short("ui.prompt", shown.lang), {"text": summary.prompt, "kind": "code"}],
        [_short("ui.answer", shown.lang), {"text": summary.answer, "kind": "code"}],
        [_short("ui.why_it_ended", shown.lang), summary.end],
    ]
    panel(shown, "table", key="run-texts", rows=rows)


def _short(key: str, lang: Language) -> dict[str, str]:
    return {"text": compose(key, lang), "kind": "short"}


def _findings(shown: Shown, summary: RunSummary) -> None:
    if not summary.findings:
        st.text(compose("ui.no_findings", shown.lang))
        return
    rows = [
        {"cells": [one.place, one.severity, f"{one.text} {one.remedy}"], "step": one.step}
        for one in summary.findings
    ]
    names = [compose(f"ui.{name}", shown.lang) for name in ("place", "severity", "finding")]
    panel(shown, "table", key="run-findings", columns=names, rows=rows)


def _checks(shown: Shown) -> None:
    if not st.button(compose("ui.check_trace", shown.lang), key="run-check"):
        return
    with st.spinner(compose("ui.computing", shown.lang)):
        try:
            found = checked(shown.trace)
        except TracerError as error:
            st.text(said_in(str(error), shown.lang))
            return
    rows = [
        [_short(f"ui.check_{check.verdict}", shown.lang), {"text": check.name, "kind": "name"}, check.detail]
        for check in found.checks
    ]
    panel(shown, "table", key="run-checks", rows=rows)
