"""What the layers did at one step: what pushed the token, who looked where, what each layer would have said."""

from collections.abc import Callable

import plotly.graph_objects as go
import streamlit as st

from dashboard.components.chart import chart
from dashboard.components.panel import panel
from dashboard.state import Shown
from tracer.figures import attribution, heatmap, layer_curves, layer_grid, norms, waterfall
from tracer.pictures.inside_layers import InsideLayers, inside_layers
from tracer.trace.step import Step
from tracer.wording.composition import compose

_MOST_BARS = 14


def layers_panel(shown: Shown, step: Step) -> None:
    """Shows a choice of the token to compare with, and one section for each kind of answer."""
    layers = inside_layers(step, shown.lang, most_bars=_MOST_BARS)
    if layers.rivals:
        layers = _against(shown, step, layers)
    parts: dict[str, Callable[[Shown, InsideLayers], None]] = {
        "ui.layers_contributions": _contributions,
        "ui.layers_lens": _lens,
        "ui.layers_attribution": _attribution,
        "ui.layers_norms": _norms,
    }
    names = {compose(key, shown.lang): show for key, show in parts.items()}
    first = next(iter(names))
    chosen = st.segmented_control(
        compose("ui.layers_choice", shown.lang),
        list(names),
        default=first,
        required=True,
        key=f"layers-part-{shown.lang}",
        label_visibility="collapsed",
    )
    names[chosen or first](shown, layers)


def _against(shown: Shown, step: Step, layers: InsideLayers) -> InsideLayers:
    """The same layers against the token that is chosen to compare with."""
    tokens = {rival.token_id: rival.token for rival in layers.rivals}
    ids = list(tokens)
    rival_id = st.selectbox(
        compose("ui.layers_rival", shown.lang),
        ids,
        index=ids.index(layers.rival_id) if layers.rival_id in tokens else 0,
        format_func=lambda token_id: tokens[token_id],
        key=f"layers-rival-{shown.key}-{shown.call}-{shown.row}-{step.index}",
        width=320,
    )
    if rival_id == layers.rival_id:
        return layers
    return inside_layers(step, shown.lang, rival_id=rival_id, most_bars=_MOST_BARS)


def _contributions(shown: Shown, layers: InsideLayers) -> None:
    if layers.waterfall is None:
        st.text(layers.waterfall_note)
    else:
        chart(waterfall.contribution_waterfall(layers.waterfall, lang=shown.lang), "layers-waterfall")
    if layers.sources is None:
        _ask(shown, layers.sources_note, "sources")
    else:
        chart(heatmap.source_heatmap(layers.sources, lang=shown.lang), "layers-sources")


def _lens(shown: Shown, layers: InsideLayers) -> None:
    if layers.lens is None:
        _ask(shown, layers.lens_note, "lens")
        return
    panel(shown, "chips", key="layers-decided", text=layers.decided)
    _side_by_side(
        (layer_curves.lens_lines(layers.lens, lang=shown.lang), "layers-lens-lines"),
        (layer_grid.lens_grid(layers.lens, lang=shown.lang), "layers-lens-grid"),
    )


def _attribution(shown: Shown, layers: InsideLayers) -> None:
    if not layers.attributions:
        _ask(shown, layers.attribution_note, "attribution")
    for number, found in enumerate(layers.attributions):
        chart(attribution.attribution_bars(found, lang=shown.lang), f"layers-attribution-{number}")


def _norms(shown: Shown, layers: InsideLayers) -> None:
    if layers.norms is None:
        st.text(layers.norms_note)
        return
    panel(shown, "chips", key="layers-norms-sentence", text=layers.norms_sentence)
    chart(norms.stream_norms(layers.norms, lang=shown.lang), "layers-norms")


def _side_by_side(*figures: tuple[go.Figure, str]) -> None:
    for column, (figure, key) in zip(st.columns(len(figures)), figures, strict=True):
        with column:
            chart(figure, key)


def _ask(shown: Shown, note: str, key: str) -> None:
    panel(shown, "chips", key=f"layers-ask-{key}", text=note)
