"""Views: every picture that can be drawn of a trace, by name, as a page that Chromium draws."""

from tracer.exporters.views.drawing import Drawing, View
from tracer.exporters.views.page import page_of, view_page
from tracer.exporters.views.picture import Kind, page_picture, view_picture
from tracer.exporters.views.registry import VIEWS, view_named
from tracer.exporters.views.request import SIZES, THEMES, Size, ViewRequest

__all__ = [
    "SIZES",
    "THEMES",
    "VIEWS",
    "Drawing",
    "Kind",
    "Size",
    "View",
    "ViewRequest",
    "page_of",
    "page_picture",
    "view_named",
    "view_page",
    "view_picture",
]
