"""One view as a file: PNG, SVG or PDF at its final size, and its caption in a file beside it."""

from tracer.exporters.chromium import open_chromium
from tracer.exporters.pictures.asked import asked_view
from tracer.exporters.pictures.caption import caption_of
from tracer.exporters.request import ExportRequest, Files
from tracer.exporters.views import view_named
from tracer.exporters.views.page import page_of
from tracer.exporters.views.picture import Kind, page_picture


def export_png(request: ExportRequest) -> Files:
    """Returns the view as a PNG, and its caption.

    Raises:
        ValueError: there is no such view, size, theme, step, layer or head.
        SignalMissingError: the trace does not hold what the view shows.
        MissingExtraError: playwright, Chromium, jinja2 or plotly is not installed.
    """
    return _files(request, "png")


def export_svg(request: ExportRequest) -> Files:
    """Returns the view as an SVG in which text is text, and its caption; raises as `export_png`."""
    return _files(request, "svg")


def export_pdf(request: ExportRequest) -> Files:
    """Returns the view as a PDF of its very size, and its caption; raises as `export_png`."""
    return _files(request, "pdf")


def _files(request: ExportRequest, kind: Kind) -> Files:
    asked = asked_view(request)
    drawing = view_named(asked.view).make(asked)
    page = page_of(asked, drawing)
    request.progress(0, 1)
    with open_chromium() as chromium:
        made = page_picture(chromium, page, asked.size, kind)
    request.progress(1, 1)
    return {f".{kind}": made, ".caption.md": caption_of(asked, drawing).encode("utf-8", "replace")}
