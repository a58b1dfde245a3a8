"""A choice of what to see below: one of several sections, which keeps its choice when the language changes."""

import streamlit as st

from tracer.wording.composition import Language, compose


def section(key: str, names: tuple[str, ...], lang: Language, *, label: str) -> str:
    """Returns the chosen one of `names`, keys of the catalogue; `label` is what a screen reader calls the choice."""
    chosen = st.segmented_control(
        compose(label, lang),
        list(names),
        format_func=lambda name: compose(name, lang),
        default=names[0],
        required=True,
        key=key,
        label_visibility="collapsed",
    )
    return str(chosen or names[0])
