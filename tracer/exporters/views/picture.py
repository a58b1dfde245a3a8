"""The picture of a view, drawn by Chromium: PNG, SVG or PDF at its final size."""

from typing import Literal

from tracer.exporters.chromium import Chromium
from tracer.exporters.views.page import view_page
from tracer.exporters.views.request import Size, ViewRequest

Kind = Literal["png", "svg", "pdf"]
PIXELS_A_PX = 4
"""Pixels of a PNG for each CSS pixel: 384 an inch; of a slide, half as many."""


def view_picture(
    chromium: Chromium, request: ViewRequest, kind: Kind = "png", *, scale: float | None = None
) -> bytes:
    """Returns the picture of a view; `scale` is pixels of a PNG for each CSS pixel (96 an inch).

    Raises:
        ValueError, SignalMissingError, MissingExtraError: as `view_page`.
    """
    return page_picture(chromium, view_page(request), request.size, kind, scale=scale)


def page_picture(
    chromium: Chromium, page: str, size: Size, kind: Kind, *, scale: float | None = None
) -> bytes:
    """Returns the picture of a view's page."""
    match kind:
        case "png":
            pixels = scale or (PIXELS_A_PX if size.height_px is None else PIXELS_A_PX / 2)
            return chromium.png(page, width_px=size.width_px, height_px=size.height_px, scale=pixels)
        case "svg":
            return chromium.svg(page, width_px=size.width_px).encode("utf-8", "replace")
        case "pdf":
            return chromium.pdf(page, width_mm=size.width_mm, height_mm=size.height_mm)
