"""What `forward` received at one step beside another, and what the KV cache held."""

from collections.abc import Callable

import streamlit as st

from dashboard.components.chart import chart
from dashboard.components.panel import panel
from dashboard.components.sections import section
from dashboard.state import Shown
from tracer.errors import SignalMissingError
from tracer.figures import cache_sizes, masks, positions
from tracer.pictures.cache_growth import cache_growth
from tracer.pictures.forward_mask import forward_mask
from tracer.pictures.position_ids import position_ids
from tracer.trace.step import Step
from tracer.wording.absence import said_in
from tracer.wording.composition import compose, together

_HEIGHT = 340


def inputs_panel(shown: Shown) -> None:
    """Shows the inputs of two steps beside each other; the browser follows the step by itself."""
    is_first = st.toggle(compose("ui.inputs_first", shown.lang), key="inputs-first")
    panel(shown, "inputs", against="first" if is_first else "previous")


def cache_panel(shown: Shown, step: Step) -> None:
    """Shows one of cache, mask and position ids."""
    parts: dict[str, Callable[[Shown, Step], None]] = {
        "ui.inputs_cache": _cache,
        "ui.inputs_mask": _mask,
        "ui.inputs_positions": _positions,
    }
    parts[section("inputs-part", tuple(parts), shown.lang, label="ui.inputs_choice")](shown, step)


def _cache(shown: Shown, step: Step) -> None:
    picture = cache_growth(step, shown.lang)
    text = together((picture.sentence, picture.formula), shown.lang)
    panel(shown, "chips", key="cache-sentence", text=text)
    if not picture.rows:
        return
    rows = [
        [row.label, {"text": row.class_name, "kind": "code"}, row.length, row.shape, row.size, row.total]
        for row in picture.rows
    ]
    panel(shown, "table", key="cache-rows", columns=list(picture.columns), rows=rows)
    figures = {"cache-growth": cache_sizes.cache_growth(picture)}
    if len(picture.rows) > 1:
        figures["cache-layers"] = cache_sizes.cache_layers(picture)
    for column, (key, figure) in zip(st.columns(len(figures)), figures.items(), strict=True):
        with column:
            chart(shown, figure.update_layout(height=_HEIGHT), key)


def _mask(shown: Shown, step: Step) -> None:
    count = shown.trace.model.num_hidden_layers
    layer = st.number_input(
        compose("ui.layer", shown.lang), 0, max(0, count - 1), 0, key="mask-layer", width=160
    )
    try:
        picture = forward_mask(step, int(layer), shown.lang)
    except SignalMissingError as error:
        panel(shown, "chips", key="mask-sentence", text=said_in(str(error), shown.lang))
        return
    panel(shown, "chips", key="mask-sentence", text=together((picture.sentence, *picture.notes), shown.lang))
    chart(shown, masks.forward_mask(picture), "mask-picture")


def _positions(shown: Shown, step: Step) -> None:
    picture = position_ids(step, shown.lang)
    if picture.sentence:
        panel(shown, "chips", key="positions-sentence", text=picture.sentence)
    chart(shown, positions.position_ids(picture).update_layout(height=_HEIGHT), "positions-picture")
