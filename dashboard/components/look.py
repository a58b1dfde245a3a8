"""Lets the browser keep the chosen language and theme, and makes Streamlit show that theme.

Streamlit keeps its theme for each address apart, and only the browser can change it; what is chosen here holds for
every page of the dashboard.
"""

from collections.abc import Sequence

import streamlit as st

from dashboard.state import chosen_language, is_projector, shown_theme
from tracer.wording.composition import Language

_LOADER = """
export default function ({ data }) {
  import(new URL("browser/look.js", document.baseURI)).then((module) => module.wear(data));
}
"""

_component = st.components.v2.component(
    "tracer_look", html="<div hidden></div>", js=_LOADER, isolate_styles=False
)


def look(lang: Language, pages: Sequence[str]) -> None:
    """Makes the browser speak of the page in a language, show the chosen theme, and keep both choices."""
    _component(
        key="look",
        data={
            "lang": lang,
            "saved": chosen_language(),
            "theme": shown_theme(),
            "pages": list(pages),
            "projector": is_projector(),
        },
    )
