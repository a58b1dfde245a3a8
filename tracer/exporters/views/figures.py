"""The views that are plotly figures: every figure of `tracer.figures` that a trace alone can fill.

Each imports plotly when it is drawn. Those of a model, of a comparison or of a search have no view.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from tracer.errors import SignalMissingError
from tracer.exporters.views.drawing import FigureDrawing, View, step_of
from tracer.exporters.views.plotly_page import require_plotly
from tracer.exporters.views.request import ViewRequest
from tracer.pictures.cache_growth import cache_growth
from tracer.pictures.forward_mask import forward_mask
from tracer.pictures.inside_layers import InsideLayers, inside_layers
from tracer.pictures.model_structure import model_structure
from tracer.pictures.position_ids import position_ids

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

Value = TypeVar("Value")

_MOST_BARS = 12
_MOST_SOURCES = 20


def _race(request: ViewRequest) -> FigureDrawing:
    from tracer.figures.race import draw_race

    return FigureDrawing(draw_race(step_of(request), lang=request.lang))


def _redraws(request: ViewRequest) -> FigureDrawing:
    from tracer.figures.redraw_tally import redraw_bars

    return FigureDrawing(redraw_bars(step_of(request), lang=request.lang))


def _cache(request: ViewRequest) -> FigureDrawing:
    from tracer.figures.cache_sizes import cache_growth as draw

    picture = cache_growth(step_of(request), request.lang)
    return FigureDrawing(draw(picture), (picture.sentence, picture.formula))


def _cache_layers(request: ViewRequest) -> FigureDrawing:
    from tracer.figures.cache_sizes import cache_layers as draw

    picture = cache_growth(step_of(request), request.lang)
    return FigureDrawing(draw(picture), (picture.sentence,))


def _mask(request: ViewRequest) -> FigureDrawing:
    from tracer.figures.masks import forward_mask as draw

    picture = forward_mask(step_of(request), request.layer or 0, request.lang)
    return FigureDrawing(draw(picture), (picture.sentence, *picture.notes))


def _positions(request: ViewRequest) -> FigureDrawing:
    from tracer.figures.positions import position_ids as draw

    picture = position_ids(step_of(request), request.lang)
    return FigureDrawing(draw(picture), (picture.sentence,))


def _modules(request: ViewRequest) -> FigureDrawing:
    from tracer.figures.modules import module_icicle

    picture = model_structure(request.sequence.call.trace, request.lang)
    return FigureDrawing(module_icicle(picture), (picture.sentence, *picture.notes))


def _findings(request: ViewRequest) -> FigureDrawing:
    from tracer.figures.findings import findings_strip

    sequence = request.sequence
    place = {"call": sequence.call.index, "row": sequence.row}
    return FigureDrawing(findings_strip(sequence.call.trace, lang=request.lang, **place))


def _forks(request: ViewRequest) -> FigureDrawing:
    from tracer.figures.near_misses import forks_strip

    return FigureDrawing(forks_strip(request.sequence, lang=request.lang))


def _waterfall(request: ViewRequest) -> FigureDrawing:
    from tracer.figures.waterfall import contribution_waterfall

    layers = _layers(request)
    value = _there(layers.waterfall, layers.waterfall_note)
    return FigureDrawing(contribution_waterfall(value, lang=request.lang))


def _sources(request: ViewRequest) -> FigureDrawing:
    from tracer.figures.heatmap import source_heatmap

    layers = _layers(request)
    value = _there(layers.sources, layers.sources_note)
    return FigureDrawing(
        source_heatmap(value, layer=request.layer, most_rows=_MOST_SOURCES, lang=request.lang)
    )


def _lens_grid(request: ViewRequest) -> FigureDrawing:
    from tracer.figures.layer_grid import lens_grid

    return _of_lens(request, lens_grid)


def _lens_lines(request: ViewRequest) -> FigureDrawing:
    from tracer.figures.layer_curves import lens_lines

    return _of_lens(request, lens_lines)


def _of_lens(request: ViewRequest, draw: "Callable[..., Figure]") -> FigureDrawing:
    layers = _layers(request)
    value = _there(layers.lens, layers.lens_note)
    return FigureDrawing(draw(value, lang=request.lang), (layers.decided,))


def _norms(request: ViewRequest) -> FigureDrawing:
    from tracer.figures.norms import stream_norms

    layers = _layers(request)
    value = _there(layers.norms, layers.norms_note)
    return FigureDrawing(stream_norms(value, lang=request.lang), (layers.norms_sentence,))


def _attribution(request: ViewRequest) -> FigureDrawing:
    from tracer.figures.attribution import attribution_bars

    layers = _layers(request)
    value = _there(layers.attributions[0] if layers.attributions else None, layers.attribution_note)
    return FigureDrawing(attribution_bars(value, lang=request.lang))


def _layers(request: ViewRequest) -> InsideLayers:
    return inside_layers(step_of(request), request.lang, most_bars=_MOST_BARS)


def _there(value: Value | None, note: str) -> Value:
    if value is None:
        raise SignalMissingError(note)
    return value


def _view(name: str, make: Callable[[ViewRequest], FigureDrawing], *, is_of_step: bool = True) -> View:
    def checked(request: ViewRequest) -> FigureDrawing:
        require_plotly()
        return make(request)

    return View(name, checked, is_of_step)


FIGURE_VIEWS = (
    _view("draw", _race),
    _view("redraws", _redraws),
    _view("contributions", _waterfall),
    _view("sources", _sources),
    _view("attribution", _attribution),
    _view("lens", _lens_grid),
    _view("lens-lines", _lens_lines),
    _view("norms", _norms),
    _view("cache", _cache),
    _view("cache-layers", _cache_layers),
    _view("mask", _mask),
    _view("positions", _positions),
    _view("modules", _modules, is_of_step=False),
    _view("findings", _findings, is_of_step=False),
    _view("forks", _forks, is_of_step=False),
)
