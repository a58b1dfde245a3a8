"""`panel` puts one browser module of `tracer.web` on the page; `followed_step` lets Python follow the position.

The module is loaded by its address, so that all panels of a page share one position. Sends where to look, and what
the panel was given: small tables, texts and figures.
"""

from typing import Any

import streamlit as st

from dashboard.state import Shown, told

_LOADER = """
export default function (component) {
  const panel = import(new URL("browser/panel.js", document.baseURI));
  panel.then((module) => module.show(component));
  return () => panel.then((module) => module.hide(component.parentElement));
}
"""

_FRAME = '<div class="tr"></div>'

_component = st.components.v2.component("tracer_panel", html=_FRAME, js=_LOADER, isolate_styles=False)


def panel(shown: Shown, module: str, *, key: str | None = None, **options: Any) -> None:
    """Puts a browser module in place, such as `strip`; `options` are what it takes beside the position."""
    _component(key=key or f"panel-{module}", data=_data(shown) | {"module": module, "options": options})


def followed_step(shown: Shown, *, key: str, rest_ms: int = 0) -> int:
    """Returns the step where the browser stands; the fragment that calls this runs again when it moves.

    With `rest_ms`, only once the browser has stood there so long: where nothing waits for it.
    """
    result = _component(
        key=f"follow-{key}-{shown.nonce}",
        data=_data(shown) | {"module": "", "tells": True, "rest_ms": rest_ms},
        on_position_change=_ignore,
    )
    if isinstance(result.position, dict):
        told(result.position)
        return min(max(0, int(result.position.get("step", shown.step))), max(0, shown.count - 1))
    return shown.step


def _ignore() -> None:
    """A component's state needs a callback to be kept."""


def _data(shown: Shown) -> dict[str, Any]:
    return {
        "place": {"trace": shown.key, "call": shown.call, "row": shown.row},
        "nonce": shown.nonce,
        "step": shown.step,
        "count": shown.count,
        "selection": dict(shown.selection),
        "lang": shown.lang,
    }
