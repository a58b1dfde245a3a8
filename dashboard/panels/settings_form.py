"""The common settings of `generate` as a row of fields, found as they were left on coming back.

An empty field leaves the setting to the model.
"""

from typing import Any

import streamlit as st

from tracer.wording.composition import Language, compose

_FIELDS: dict[str, dict[str, Any]] = {
    "temperature": {"min_value": 0.01, "max_value": 10.0, "step": 0.1, "value": 0.8},
    "top_k": {"min_value": 0, "max_value": 1_000_000, "step": 1, "value": 50},
    "top_p": {"min_value": 0.01, "max_value": 1.0, "step": 0.05, "value": 0.9},
    "min_p": {"min_value": 0.0, "max_value": 1.0, "step": 0.05, "value": None},
    "repetition_penalty": {"min_value": 0.01, "max_value": 10.0, "step": 0.05, "value": None},
}


def generation_settings(lang: Language, *, prefix: str) -> tuple[dict[str, Any], int | None, int]:
    """Returns the settings for `generate`, the seed, and the most tokens to generate."""
    first, second, third = st.columns(3, vertical_alignment="bottom")
    limit = first.number_input(
        compose("ui.run_limit", lang), 1, 10_000, 64, key=f"{prefix}-limit", persist_state="session"
    )
    seed = second.number_input(
        compose("ui.run_seed", lang), 0, None, 3, key=f"{prefix}-seed", persist_state="session"
    )
    is_sampled = third.toggle(
        compose("ui.run_sample", lang), value=True, key=f"{prefix}-sample", persist_state="session"
    )
    settings: dict[str, Any] = {"do_sample": is_sampled}
    for column, (name, options) in zip(st.columns(len(_FIELDS)), _FIELDS.items(), strict=True):
        needs_sampling = name != "repetition_penalty"
        value = column.number_input(
            compose(f"setting.{name}", lang),
            placeholder=compose("ui.run_as_model", lang),
            disabled=needs_sampling and not is_sampled,
            key=f"{prefix}-{name}",
            persist_state="session",
            **options,
        )
        if value is not None and (is_sampled or not needs_sampling):
            settings[name] = value
    return settings, None if seed is None else int(seed), int(limit)
