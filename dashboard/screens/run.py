"""The page that records: model, prompt, settings, what to keep; then the running text, and the trace once it is there.

The recording runs in a thread of the server; leaving the page does not end it, and the form is found as it was left.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from dashboard.components.notice import Kind, as_text, notice
from dashboard.data.current import library
from dashboard.data.jobs import JOBS
from dashboard.panels.job_progress import job_progress
from dashboard.panels.settings_form import generation_settings
from dashboard.state import shown_language
from tracer.config import RecordingConfig, format_bytes
from tracer.errors import MissingExtraError, TracerError
from tracer.wording.absence import said_in
from tracer.wording.composition import Language, compose

if TYPE_CHECKING:
    from tracer.live.background.job import Reporter

_PRESETS = ("light", "standard", "full")
_EXAMPLE = "Write one sentence about rain."


def show() -> None:
    """Shows the form, or how the present recording comes along."""
    lang = shown_language()
    try:
        from tracer.live.loading.models import require_live_packages

        require_live_packages(compose("ui.page_run", lang))
    except MissingExtraError as error:
        st.text(str(error))
        return
    if JOBS.current is not None:
        job_progress(lang)
        return
    left, right = st.columns([3, 2], gap="medium")
    with left:
        asked = _prompt(lang)
    with right:
        preset = _preset(lang)
        planned = st.empty()
        free = _free_name(str(asked["prompt"]))
        name = st.text_input(
            compose("ui.run_name", lang), value=free, key=f"run-name-{free}", persist_state="session"
        )
    settings, seed, max_new_tokens = generation_settings(lang, prefix="run")
    if st.button(compose("ui.run_start", lang), type="primary", key="run-start"):
        _start(lang, asked, settings, name, seed=seed, max_new_tokens=max_new_tokens, preset=preset)
    with planned:  # last, since it imports transformers
        _planned(lang, str(asked["model"]), str(asked["prompt"]), preset, max_new_tokens)


def _prompt(lang: Language) -> dict[str, Any]:
    from tracer.live.loading.inventory import list_models

    model = st.selectbox(
        compose("ui.run_model", lang),
        [entry.name for entry in list_models()],
        accept_new_options=True,
        help=compose("ui.run_model_help", lang),
        key="run-model",
        persist_state="session",
    )
    kind = st.segmented_control(
        compose("ui.run_kind", lang),
        ("chat", "plain"),
        default="chat",
        format_func=lambda name: compose(f"ui.run_{name}", lang),
        required=True,
        key="run-kind",
        persist_state="session",
    )
    prompt = st.text_area(
        compose("ui.prompt", lang), value=_EXAMPLE, height=100, key="run-prompt", persist_state="session"
    )
    system = ""
    if kind == "chat":
        system = st.text_input(compose("ui.run_system", lang), key="run-system", persist_state="session")
    return {"model": model or "demo", "prompt": prompt, "system": system or None, "is_chat": kind == "chat"}


def _preset(lang: Language) -> str:
    return st.radio(
        compose("ui.run_preset", lang),
        _PRESETS,
        index=1,
        captions=[compose(f"ui.preset_{name}", lang) for name in _PRESETS],
        key="run-preset",
        persist_state="session",
    )


def _planned(lang: Language, model: str, prompt: str, preset: str, max_new_tokens: int) -> None:
    """One line: how large the trace will be, for about so many prompt tokens."""
    prompt_len = max(8, len(prompt.encode()) // 4) + 40
    try:
        lower, upper = _plan(model, preset, prompt_len, max_new_tokens)
    except (TracerError, ValueError, OSError) as error:
        st.caption(as_text(said_in(str(error), lang)))
        return
    least, most = format_bytes(lower), format_bytes(upper)
    key = "ui.run_planned_exactly" if least == most else "ui.run_planned"
    st.caption(as_text(compose(key, lang, lower=least, upper=most, count=str(prompt_len))))


@lru_cache(maxsize=64)
def _plan(model: str, preset: str, prompt_len: int, max_new_tokens: int) -> tuple[int, int]:
    import tracer
    from tracer.live.loading.configurations import load_configuration

    config = RecordingConfig(preset=preset)  # type: ignore[arg-type]
    planned = tracer.plan(
        load_configuration(model), prompt_len=prompt_len, config=config, max_new_tokens=max_new_tokens
    )
    return planned.lower_bytes, planned.upper_bytes


def _start(
    lang: Language,
    asked: Mapping[str, Any],
    settings: Mapping[str, Any],
    name: str,
    *,
    preset: str,
    **limits: Any,
) -> None:
    if not re.fullmatch(r"[\w.\- ]+", name) or name.startswith("."):
        notice(compose("ui.run_bad_name", lang), Kind.ERROR)
        return
    to, config = library().folder / name, RecordingConfig(preset=preset)  # type: ignore[arg-type]

    def work(reporter: "Reporter") -> Path:
        from tracer.live.background.runs import PromptRun  # here, since torch takes seconds

        return PromptRun(**asked, to=to, settings=settings, config=config, **limits)(reporter)

    JOBS.start(work)
    st.rerun()


def _free_name(prompt: str) -> str:
    """A folder name from the prompt's first words that is not taken."""
    words = "-".join(re.findall(r"\w+", prompt.lower())[:3])[:40] or "run"
    folder = library().folder
    names = (f"{words}{number}.trace" for number in ("", *(f"-{count}" for count in range(2, 10_000))))
    return next(name for name in names if not Path(folder / name).exists())
