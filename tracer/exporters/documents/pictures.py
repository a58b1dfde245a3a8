"""Decision pictures for documents, drawn by Chromium; without one, a document is written without pictures."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from tracer.errors import MissingExtraError
from tracer.exporters.chromium import Chromium, open_chromium
from tracer.exporters.request import ExportRequest
from tracer.exporters.views import SIZES, Size, ViewRequest, page_of, page_picture
from tracer.exporters.views.drawing import ModuleDrawing
from tracer.pictures.decision import decision_picture
from tracer.trace.step import Step

_LOG = logging.getLogger(__name__)
_SCALE = 2.0


def step_pictures(
    request: ExportRequest, steps: Iterable[Step], *, size: Size = SIZES["page"]
) -> Mapping[int, bytes]:
    """Returns the decision picture of each step as PNG, by the step's index; none where Chromium is missing."""
    chosen = tuple(steps)
    try:
        with open_chromium() as chromium:
            return drawn(chromium, request, chosen, size)
    except MissingExtraError as error:
        _LOG.warning("The document has no pictures. %s", error)
        return MappingProxyType({})


def drawn(
    chromium: Chromium, request: ExportRequest, steps: tuple[Step, ...], size: Size = SIZES["page"]
) -> Mapping[int, bytes]:
    """Returns the decision picture of each step as PNG, by the step's index."""
    made = {}
    for number, step in enumerate(steps):
        asked = ViewRequest(request.sequence, "decision", step, size, "print", request.lang)
        picture = replace(decision_picture(step, request.lang), clauses=())  # the document says them itself
        page = page_of(asked, ModuleDrawing("decision", {"decision": picture}, ()))
        made[step.index] = page_picture(chromium, page, size, "png", scale=_SCALE)
        request.progress(number + 1, len(steps))
    return MappingProxyType(made)
