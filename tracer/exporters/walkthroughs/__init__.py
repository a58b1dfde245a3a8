"""A walk-through written as one HTML page or as Markdown; both from the same frozen value, the same bytes each time."""

from tracer.exporters.walkthroughs.markdown import markdown_page
from tracer.exporters.walkthroughs.page import html_page

__all__ = ["html_page", "markdown_page"]
