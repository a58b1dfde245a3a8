"""A view as a page: one HTML document with its styles, its script and its value, and nothing to fetch."""

from functools import cache
from pathlib import Path

from tracer.exporters.replay.bundle import bundle
from tracer.exporters.replay.packs import json_in_page
from tracer.exporters.templates import render
from tracer.exporters.views.drawing import Drawing, ModuleDrawing
from tracer.exporters.views.plotly_page import figure_json, plotly_script
from tracer.exporters.views.registry import view_named
from tracer.exporters.views.request import ViewRequest
from tracer.web import folder
from tracer.wording.catalogue import CATALOGUE
from tracer.wording.composition import Language

_TEMPLATE = Path(__file__).parent / "templates" / "view.html"
_ENTRY = "picture"
_STYLES = (
    "colors",
    "table",
    "strip",
    "token_strip",
    "attention",
    "attention_text",
    "head_grid",
    "inputs",
    "picture",
    "print",
)


def view_page(request: ViewRequest) -> str:
    """Returns the page of a view, to be drawn by `view_picture` or opened by itself.

    Raises:
        ValueError: there is no such view, or it has no such layer, head, source or measure.
        SignalMissingError: the trace does not hold what the view shows.
        MissingExtraError: jinja2 or plotly is not installed.
    """
    return page_of(request, view_named(request.view).make(request))


def page_of(request: ViewRequest, drawing: Drawing) -> str:
    """Returns the page of what a view has made."""
    is_module = isinstance(drawing, ModuleDrawing)
    return render(
        _TEMPLATE,
        page_lang="zh-CN" if request.lang == "zh" else "en",
        title=request.view,
        theme="dark" if request.theme == "dark" else "light",
        is_print=request.theme == "print",
        size=request.size.name,
        styles=[(name, _text(f"{name}.css")) for name in _STYLES],
        about=json_in_page(_about(request, drawing)),
        library="" if is_module else plotly_script(),
        script=_script(),
    )


def _about(request: ViewRequest, drawing: Drawing) -> dict[str, object]:
    about = {
        "view": request.view,
        "lang": request.lang,
        "step": 0 if request.step is None else request.step.index,
        "has_step": request.step is not None,
        "count": len(request.sequence.steps),
        "width": request.size.width_px,
        "height": request.size.height_px,
        "zooms": request.size.zooms,
        "pad": request.size.pad_px,
        "is_print": request.theme == "print",
        "words": _words(request.lang),
    }
    if isinstance(drawing, ModuleDrawing):
        return about | {"module": drawing.module, "values": drawing.values, "selection": drawing.selection}
    return about | {"module": "figure", "values": {"figure": figure_json(request, drawing.figure)}}


def _words(lang: Language) -> dict[str, str]:
    return {key: getattr(message, lang) for key, message in CATALOGUE.items() if key.startswith("ui.")}


@cache
def _script() -> str:
    sources = {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder().glob("*.js"))}
    return f"{bundle(sources, _ENTRY)}\n${_ENTRY}.start();\n"


def _text(name: str) -> str:
    return (folder() / name).read_text(encoding="utf-8")
