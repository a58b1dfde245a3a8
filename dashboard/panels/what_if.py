"""What the step would have given with other settings: a slider each, the answer in a dashed frame below.

The answers are `tracer.what_if`'s; which settings there are, and their recorded values, come from the trace.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard.components.panel import panel
from dashboard.state import Shown
from tracer.analysis.alternative import WhatIf
from tracer.analysis.chain_editing import recorded_settings
from tracer.analysis.explanation import json_ready
from tracer.errors import TracerError
from tracer.pictures.what_if_decision import picture_of_what_if
from tracer.replay.counterfactual import what_if
from tracer.trace.step import Step
from tracer.wording.absence import said_in
from tracer.wording.alternative import text_sentences
from tracer.wording.composition import compose

_RANGES: Mapping[str, tuple[float, float, float, float]] = {
    "temperature": (0.1, 2.5, 0.05, 1.0),
    "top_k": (0, 200, 1, 0),
    "top_p": (0.05, 1.0, 0.01, 1.0),
    "min_p": (0.0, 0.5, 0.01, 0.0),
    "repetition_penalty": (0.8, 2.0, 0.01, 1.0),
}
"""Of each setting: least, most, step, and the value at which it does nothing."""

_SAMPLING_ONLY = ("temperature", "top_k", "top_p", "min_p")


def what_if_panel(shown: Shown, step: Step) -> None:
    """Shows the sliders and, once one is moved, what would have come."""
    recorded = recorded_settings(step.call)
    was_sampled = bool(recorded["do_sample"])
    asked = _asked(shown, recorded)
    if not asked:
        st.text(compose("ui.what_if_hint", shown.lang))
        return
    if not was_sampled and not asked.get("do_sample"):
        asked = {name: value for name, value in asked.items() if name not in (*_SAMPLING_ONLY, "seed")}
    with st.container(key="what-if-answer"):
        try:
            answer = what_if(step, **asked)
        except (TracerError, ValueError) as error:
            st.text(said_in(str(error), shown.lang))
            return
        _show(shown, answer)
        if st.button(compose("ui.what_if_whole", shown.lang), key="what-if-whole"):
            with st.spinner(compose("ui.computing", shown.lang)):
                text = text_sentences(what_if(step.sequence, **asked), shown.lang)
            panel(shown, "chips", key="what-if-text", text=text)


def _show(shown: Shown, answer: WhatIf) -> None:
    picture = json_ready(dataclasses.asdict(picture_of_what_if(answer, shown.lang)))
    panel(shown, "decision", key="what-if-picture", value=picture)


def _asked(shown: Shown, recorded: Mapping[str, Any]) -> dict[str, Any]:
    """The settings whose slider stands elsewhere than what was recorded."""
    lang, suffix = shown.lang, f"{shown.key}-{shown.call}"
    asked: dict[str, Any] = {}
    is_sampled = bool(recorded["do_sample"])
    if not is_sampled and st.toggle(compose("ui.what_if_sample", lang), key=f"what-if-sample-{suffix}"):
        asked["do_sample"] = True
    columns, sliders = st.columns(len(_RANGES)), dict[str, float]()
    for column, (name, (low, high, step, neutral)) in zip(columns, _RANGES.items(), strict=True):
        given = recorded.get(name)
        before = neutral if given is None or (name in _SAMPLING_ONLY and not is_sampled) else given
        kind = int if name == "top_k" else float
        key = f"what-if-{name}-{suffix}"
        sliders[key] = kind(before)
        value = column.slider(
            compose(f"setting.{name}", lang),
            kind(min(low, before)),
            kind(max(high, before)),
            kind(before),
            kind(step),
            key=key,
            disabled=name in _SAMPLING_ONLY and not (is_sampled or asked.get("do_sample")),
        )
        if value != kind(before):
            column.caption(compose("ui.what_if_recorded", lang, value=f"{before:g}"))
            asked[name] = value
    with st.container(horizontal=True):
        drawn = f"what-if-seed-{suffix}"
        if st.button(
            compose("ui.what_if_draw", lang), disabled=not (is_sampled or asked), key=f"{drawn}-new"
        ):
            st.session_state[drawn] = st.session_state.get(drawn, 0) + 1
        if drawn in st.session_state:
            asked["seed"] = st.session_state[drawn]
        st.button(
            compose("ui.what_if_reset", lang), on_click=_reset, args=(suffix, sliders), disabled=not asked,
            key=f"what-if-reset-{suffix}",
        )  # fmt: skip
    return asked


def _reset(suffix: str, sliders: Mapping[str, float]) -> None:
    """Puts the sliders back; one that is only forgotten would stay where it is on the page."""
    st.session_state.update(sliders)
    st.session_state.pop(f"what-if-seed-{suffix}", None)
    if f"what-if-sample-{suffix}" in st.session_state:
        st.session_state[f"what-if-sample-{suffix}"] = False
