"""What `forward` received at one step beside another, and what the KV cache held."""

import streamlit as st

from dashboard.components.chart import chart
from dashboard.components.panel import panel
from dashboard.state import Shown
from tracer.errors import SignalMissingError
from tracer.figures import cache_sizes, masks, positions
from tracer.pictures.cache_growth import cache_growth
from tracer.pictures.forward_mask import forward_mask
from tracer.pictures.position_ids import position_ids
from tracer.trace.step import Step
from tracer.wording.composition import compose


def inputs_cache_panel(shown: Shown, step: Step) -> None:
    """Shows the inputs, then one of cache, mask and position ids."""
    lang = shown.lang
    is_first = st.toggle(compose("ui.inputs_first", lang), key="inputs-first")
    panel(shown, "inputs", against="first" if is_first else "previous")
    parts = {"ui.inputs_cache": _cache, "ui.inputs_mask": _mask, "ui.inputs_positions": _positions}
    names = {compose(key, lang): show for key, show in parts.items()}
    first = next(iter(names))
    chosen = st.segmented_control(
        compose("ui.inputs_choice", lang),
        list(names),
        default=first,
        required=True,
        key=f"inputs-part-{lang}",
        label_visibility="collapsed",
    )
    names[chosen or first](shown, step)


def _cache(shown: Shown, step: Step) -> None:
    picture = cache_growth(step, shown.lang)
    text = " ".join(filter(None, (picture.sentence, picture.formula)))
    panel(shown, "chips", key="cache-sentence", text=text)
    rows = [
        [row.label, {"text": row.class_name, "kind": "code"}, row.length, row.shape, row.size, row.total]
        for row in picture.rows
    ]
    if rows:
        panel(shown, "table", key="cache-rows", columns=list(picture.columns), rows=rows)
    left, right = st.columns(2)
    with left:
        chart(cache_sizes.cache_growth(picture), "cache-growth")
    with right:
        chart(cache_sizes.cache_layers(picture), "cache-layers")


def _mask(shown: Shown, step: Step) -> None:
    count = shown.trace.model.num_hidden_layers
    layer = st.number_input(
        compose("ui.layer", shown.lang), 0, max(0, count - 1), 0, key="mask-layer", width=160
    )
    try:
        picture = forward_mask(step, int(layer), shown.lang)
    except SignalMissingError as error:
        st.text(str(error))
        return
    panel(shown, "chips", key="mask-sentence", text=" ".join((picture.sentence, *picture.notes)))
    chart(masks.forward_mask(picture), "mask-picture")


def _positions(shown: Shown, step: Step) -> None:
    picture = position_ids(step, shown.lang)
    if picture.sentence:
        panel(shown, "chips", key="positions-sentence", text=picture.sentence)
    chart(positions.position_ids(picture), "positions-picture")
