"""What the layers did at one step: what pushed the token, who looked where, what each layer would have said."""

from collections.abc import Callable

import plotly.graph_objects as go
import streamlit as st

from dashboard.components.chart import chart
from dashboard.components.panel import panel
from dashboard.components.sections import section
from dashboard.state import Shown
from tracer.figures import attribution, heatmap, layer_curves, layer_grid, norms, waterfall
from tracer.pictures.inside_layers import InsideLayers, inside_layers
from tracer.trace.step import Step
from tracer.wording.composition import compose

_MOST_BARS = 10
_MOST_SOURCES = 20
_MOST_INPUTS = 24
_LEAST_HEIGHT, _MARGINS, _ROW = 480, 140, 18


def layers_panel(shown: Shown, step: Step) -> None:
    """Shows one kind of answer; beside the choice the token to compare with, where that matters."""
    parts: dict[str, Callable[[Shown, InsideLayers], None]] = {
        "ui.layers_contributions": _contributions,
        "ui.layers_lens": _lens,
        "ui.layers_attribution": _attribution,
        "ui.layers_norms": _norms,
    }
    layers = inside_layers(step, shown.lang, most_bars=_MOST_BARS)
    with st.container(horizontal=True, vertical_alignment="center"):
        chosen = section("layers-part", tuple(parts), shown.lang, label="ui.layers_choice")
        if chosen == "ui.layers_contributions" and layers.rivals:
            layers = _against(shown, step, layers)
    parts[chosen](shown, layers)


def _against(shown: Shown, step: Step, layers: InsideLayers) -> InsideLayers:
    """The same layers against the token that is chosen to compare with."""
    tokens = {rival.token_id: rival.token for rival in layers.rivals}
    ids = list(tokens)
    label = compose("ui.layers_rival", shown.lang)
    with st.container(horizontal=True, vertical_alignment="center", width=380):
        st.text(label, width="content")
        rival_id = st.selectbox(
            label,
            ids,
            index=ids.index(layers.rival_id) if layers.rival_id in tokens else 0,
            format_func=lambda token_id: tokens[token_id],
            key=f"layers-rival-{shown.key}-{shown.call}-{shown.row}-{step.index}",
            label_visibility="collapsed",
        )
    if rival_id == layers.rival_id:
        return layers
    return inside_layers(step, shown.lang, rival_id=rival_id, most_bars=_MOST_BARS)


def _contributions(shown: Shown, layers: InsideLayers) -> None:
    figures = []
    if layers.waterfall is not None:
        figure = waterfall.contribution_waterfall(layers.waterfall, lang=shown.lang)
        figures.append((figure, "layers-waterfall"))
    if layers.sources is not None:
        figure = heatmap.source_heatmap(layers.sources, most_rows=_MOST_SOURCES, lang=shown.lang)
        figures.append((figure, "layers-sources"))
    if layers.waterfall is None:
        _say(shown, layers.waterfall_note, "waterfall")
    if layers.sources is None:
        _say(shown, layers.sources_note, "sources")
    _side_by_side(shown, *figures)


def _lens(shown: Shown, layers: InsideLayers) -> None:
    if layers.lens is None:
        _say(shown, layers.lens_note, "lens")
        return
    _say(shown, layers.decided, "decided")
    height = max(_LEAST_HEIGHT, _MARGINS + _ROW * layers.lens.num_streams)
    figures = {
        "layers-lens-lines": layer_curves.lens_lines(layers.lens, lang=shown.lang),
        "layers-lens-grid": layer_grid.lens_grid(layers.lens, lang=shown.lang),
    }
    _side_by_side(shown, *((figure.update_layout(height=height), key) for key, figure in figures.items()))


def _attribution(shown: Shown, layers: InsideLayers) -> None:
    if not layers.attributions:
        _say(shown, layers.attribution_note, "attribution")
    for number, found in enumerate(layers.attributions):
        figure = attribution.attribution_bars(found, most_rows=_MOST_INPUTS, lang=shown.lang)
        chart(shown, figure, f"layers-attribution-{number}")


def _norms(shown: Shown, layers: InsideLayers) -> None:
    if layers.norms is None:
        _say(shown, layers.norms_note, "norms")
        return
    if layers.norms_sentence:
        _say(shown, layers.norms_sentence, "norms")
    chart(shown, norms.stream_norms(layers.norms, lang=shown.lang), "layers-norms")


def _side_by_side(shown: Shown, *figures: tuple[go.Figure, str]) -> None:
    if not figures:
        return
    for column, (figure, key) in zip(st.columns(len(figures)), figures, strict=True):
        with column:
            chart(shown, figure, key)


def _say(shown: Shown, text: str, key: str) -> None:
    panel(shown, "chips", key=f"layers-{key}-words", text=text)
