"""The logit lens as lines: the chosen token's probability, the entropy and the KL to the end, layer by layer.

`trace_layers` does the thinking and returns a frozen value; `lens_lines` turns it into a figure. A layer that
was not recorded leaves a gap.
"""

from dataclasses import dataclass

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from tracer.analysis.logit_lens import Lens, LensLayer
from tracer.figures.labels import CHOSEN, OTHER, base_layout, empty_note, escape
from tracer.wording import numbers
from tracer.wording.composition import Language, Whole, compose
from tracer.wording.layer_predictions import layer_name

_HEIGHT = 560
_MOST_TICKS = 16
_FAR = 3.0


@dataclass(frozen=True, slots=True)
class LensLines:
    """One entry per stream, None where it was not recorded; entropy and KL in nats.

    The embedding is often so far away that nothing else could be seen: `kl_limit` then ends the KL axis below it,
    and `kl_note` says its value. `ticks` are the streams named on the axis, `decided` says where the token was
    decided, `names` what the three panels show.
    """

    title: str
    probability: tuple[float | None, ...]
    entropy: tuple[float | None, ...]
    kl: tuple[float | None, ...]
    hover: tuple[str, ...]
    kl_limit: float | None
    kl_note: str
    ticks: tuple[int, ...]
    decided_at: int | None
    decided: str
    names: tuple[str, str, str]
    axis: str
    nothing: str
    is_empty: bool


def trace_layers(lens: Lens, lang: Language = "en") -> LensLines:
    """Returns what the lines show."""
    layers = [lens.layer_of(stream) for stream in range(lens.num_streams)]
    limit, outside = _kl_limit(layers)
    return LensLines(
        title=compose("figures.lens_title", lang, step=str(lens.step), chosen=Whole(escape(lens.chosen))),
        probability=tuple(None if layer is None else layer.probability for layer in layers),
        entropy=tuple(None if layer is None else layer.entropy for layer in layers),
        kl=tuple(None if layer is None else layer.kl for layer in layers),
        hover=tuple(_hover(stream, layer, lang) for stream, layer in enumerate(layers)),
        kl_limit=limit,
        kl_note="" if limit is None else compose("figures.lens_far", lang, kl=f"{outside:.1f}"),
        ticks=tuple(range(0, lens.num_streams, -(-lens.num_streams // _MOST_TICKS))),
        decided_at=lens.decided_at,
        decided=_decided(lens, lang),
        names=(
            compose("figures.probability", lang),
            compose("figures.lens_entropy", lang),
            compose("figures.lens_kl", lang),
        ),
        axis=compose("figures.lens_axis_layers", lang),
        nothing=compose("figures.lens_nothing", lang),
        is_empty=not lens.layers,
    )


def _decided(lens: Lens, lang: Language) -> str:
    if lens.decided_at is None:
        return ""
    return compose("figures.lens_decided", lang, layer=layer_name(lens.decided_at, lang))


def _hover(stream: int, layer: LensLayer | None, lang: Language) -> str:
    name = layer_name(stream, lang)
    if layer is None:
        return compose("figures.lens_missing", lang, layer=name)
    return compose(
        "figures.lens_point",
        lang,
        layer=name,
        rank=numbers.ordinal(layer.rank, lang),
        probability=numbers.percent(layer.probability, lang),
        first=Whole(escape(layer.top[0].token)),
    )


def _kl_limit(layers: list[LensLayer | None]) -> tuple[float | None, float]:
    """Returns the end of the KL axis, and the embedding's value, where that stands far outside the layers."""
    inside = [layer.kl for layer in layers[1:] if layer is not None]
    outside = layers[0].kl if layers and layers[0] is not None else 0.0
    highest = max(inside, default=0.0)
    if not 0.0 < _FAR * highest < outside:
        return None, outside
    return highest * 1.1, outside


def lens_lines(lens: Lens, *, lang: Language = "en") -> go.Figure:
    """Returns three panels over the layers: probability of the chosen token, entropy and KL in nats."""
    lines = trace_layers(lens, lang)
    figure = make_subplots(rows=3, cols=1, shared_xaxes=True, vertical_spacing=0.1)
    values, colors = (lines.probability, lines.entropy, lines.kl), (CHOSEN, OTHER, OTHER)
    panels = zip(lines.names, values, colors, strict=True)
    figure.update_layout(base_layout(lines.title))
    figure.update_layout(height=_HEIGHT, showlegend=False, margin={"l": 80, "r": 20, "t": 60, "b": 50})
    for row, (title, curve, color) in enumerate(panels, start=1):
        figure.add_trace(_line(title, curve, color, lines), row=row, col=1)
        figure.update_yaxes(title_text=title, rangemode="tozero", row=row, col=1)
    figure.update_xaxes(
        tickmode="array",
        tickvals=list(lines.ticks),
        ticktext=["emb." if stream == 0 else str(stream - 1) for stream in lines.ticks],
        range=[-0.5, len(lines.probability) - 0.5],
    )
    figure.update_xaxes(title_text=lines.axis, row=3, col=1)
    if lines.is_empty:
        figure.add_annotation(**empty_note(lines.nothing))
        return figure
    _annotate(figure, lines)
    return figure


def _annotate(figure: go.Figure, lines: LensLines) -> None:
    if lines.kl_limit is not None:
        figure.update_yaxes(range=[0, lines.kl_limit], row=3, col=1)
        place = {"x": 0, "y": 1, "yref": "y3 domain", "xref": "x3", "xanchor": "left", "yanchor": "bottom"}
        figure.add_annotation(text=f"↑ {lines.kl_note}", showarrow=False, font={"color": OTHER}, **place)
    if lines.decided_at is not None:
        figure.add_vline(x=lines.decided_at, line={"color": CHOSEN, "dash": "dot", "width": 1})
        side = "right" if 2 * lines.decided_at >= len(lines.kl) else "left"
        place = {"x": lines.decided_at, "y": 1.0, "yref": "paper", "xanchor": side, "yanchor": "bottom"}
        figure.add_annotation(text=lines.decided, showarrow=False, font={"color": CHOSEN}, **place)


def _line(name: str, values: tuple[float | None, ...], color: str, lines: LensLines) -> go.Scatter:
    return go.Scatter(
        x=list(range(len(values))),
        y=list(values),
        customdata=list(lines.hover),
        mode="lines+markers",
        name=name,
        line={"color": color},
        marker={"size": 5},
        cliponaxis=values is lines.kl and lines.kl_limit is not None,
        hovertemplate="%{customdata}<br>%{y:.3g}<extra></extra>",
    )
