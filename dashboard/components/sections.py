"""A choice of what to see below: one of several sections, kept in another language and while it is not on the page."""

import streamlit as st

from tracer.wording.composition import Language, compose


def section(key: str, names: tuple[str, ...], lang: Language, *, label: str) -> str:
    """Returns the chosen one of `names`, keys of the catalogue; `label` is what a screen reader calls the choice."""
    kept = f"{key}-kept"  # Streamlit forgets a widget that a run did not show
    if key not in st.session_state and st.session_state.get(kept) in names:
        st.session_state[key] = st.session_state[kept]
    chosen = st.segmented_control(
        compose(label, lang),
        list(names),
        format_func=lambda name: compose(name, lang),
        default=None if key in st.session_state else names[0],
        required=True,
        key=key,
        label_visibility="collapsed",
    )
    st.session_state[kept] = chosen or names[0]
    return str(chosen or names[0])
