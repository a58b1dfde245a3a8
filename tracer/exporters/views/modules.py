"""The views that browser modules draw: the values of `tracer.pictures` that each of them asks for."""

import base64

from tracer.analysis.attention_maps import attention_map, whole, window_of
from tracer.analysis.attention_rows import attention_rows
from tracer.analysis.attention_tiles import tile_bytes
from tracer.analysis.findings.registry import lint
from tracer.analysis.head_choice import HeadChoice
from tracer.analysis.notable import notable_steps
from tracer.errors import SignalMissingError
from tracer.exporters.views.drawing import ModuleDrawing, View, step_of
from tracer.exporters.views.request import ViewRequest
from tracer.pictures.attention_grid import MEASURES, Measure, head_grid
from tracer.pictures.attention_heads import attention_heads
from tracer.pictures.attention_map import header_of
from tracer.pictures.attention_text import attention_text
from tracer.pictures.decision import decision_picture
from tracer.pictures.forward_inputs import forward_inputs
from tracer.pictures.strip import strip_picture


def _decision(request: ViewRequest) -> ModuleDrawing:
    value = decision_picture(step_of(request), request.lang)
    return ModuleDrawing("decision", {"decision": value}, value.sentences)


def _strip(request: ViewRequest) -> ModuleDrawing:
    sequence = request.sequence
    value = strip_picture(sequence, notable_steps(sequence, lint(sequence.call.trace)), request.lang)
    return ModuleDrawing("strip", {"strip": value}, (value.summary,))


def _attention(request: ViewRequest) -> ModuleDrawing:
    step, lang = step_of(request), request.lang
    rows = attention_rows(step)
    value = attention_text(step, _heads(request), lang=lang, rows=rows)
    values: dict[str, object] = {"attention_text": value}
    if request.layer is None:
        values["attention_heads"] = attention_heads(step, source=request.source, lang=lang, rows=rows)
    return ModuleDrawing("attention", values, (value.summary,), _selection(request))


def _grid(request: ViewRequest) -> ModuleDrawing:
    step, measure = step_of(request), request.measure or ("previous" if request.source is None else "source")
    if measure not in MEASURES:
        raise ValueError(f"measure={measure!r} is none of {', '.join(MEASURES)}. Type measure='previous'.")
    known: Measure = measure
    value = head_grid(step, known, source=request.source, lang=request.lang)
    if value.empty:
        lacking = next((one.command for one in value.measures if one.key == measure and one.command), "")
        cure = f"Type: `{lacking}`" if lacking else "Type measure='previous'."
        raise SignalMissingError(f"Step {step.index} has no heads by {measure!r}. {cure}")
    return ModuleDrawing("heads", {"attention_grid": value}, (value.summary,), _selection(request))


def _map(request: ViewRequest) -> ModuleDrawing:
    attention = attention_map(step_of(request), _heads(request))
    value = header_of(attention, request.lang)
    tile = base64.b64encode(tile_bytes(window_of(attention, whole(attention)))).decode("ascii")
    return ModuleDrawing("map", {"attention_map": value, "attention": tile}, (value.summary,))


def _inputs(request: ViewRequest) -> ModuleDrawing:
    value = forward_inputs(step_of(request), request.lang)
    return ModuleDrawing("inputs", {"inputs": value}, (value.sentence,))


def _heads(request: ViewRequest) -> HeadChoice:
    return HeadChoice(layer=request.layer, head=request.head)


def _selection(request: ViewRequest) -> dict[str, object]:
    chosen = {"layer": request.layer, "head": request.head, "source": request.source}
    return {name: value for name, value in chosen.items() if value is not None}


MODULE_VIEWS = (
    View("decision", _decision),
    View("strip", _strip, is_of_step=False),
    View("attention", _attention),
    View("heads", _grid),
    View("map", _map),
    View("inputs", _inputs),
)
