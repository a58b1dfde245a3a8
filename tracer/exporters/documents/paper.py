"""The report of a run on paper: A4 with page numbers, its text to be selected, its pictures in it."""

from base64 import b64encode
from pathlib import Path

from tracer.errors import MissingExtraError
from tracer.exporters.chromium import open_chromium
from tracer.exporters.documents.pictures import drawn
from tracer.exporters.request import ExportRequest, Files
from tracer.exporters.run_report import report_text, steps_in_full
from tracer.exporters.templates import render

_TEMPLATES = Path(__file__).parent / "templates"
_A4_MM = (210.0, 297.0)


def export_paper(request: ExportRequest) -> Files:
    """Returns the report as a PDF.

    Raises:
        MissingExtraError: playwright, Chromium, jinja2 or markdown-it-py is not installed.
    """
    with open_chromium() as chromium:
        pictures = drawn(chromium, request, steps_in_full(request))
        links = {
            step: f"data:image/png;base64,{b64encode(one).decode('ascii')}" for step, one in pictures.items()
        }
        width, height = _A4_MM
        made = chromium.pdf(
            _page(request, report_text(request, links, has_grids=False)), width_mm=width, height_mm=height
        )
    return {".pdf": made}


def _page(request: ExportRequest, markdown: str) -> str:
    try:
        from markdown_it import MarkdownIt
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            "The report on paper needs markdown-it-py, which is not installed. "
            "Type pip install 'generation-tracer[export]'."
        ) from error
    return render(
        _TEMPLATES / "report.html",
        page_lang="zh-CN" if request.lang == "zh" else "en",
        title=request.sequence.call.trace.path.name,
        style=(_TEMPLATES / "report.css").read_text(encoding="utf-8"),
        body=MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown),
    )
