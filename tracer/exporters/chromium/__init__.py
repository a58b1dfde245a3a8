"""Chromium as the hand that draws: complete pages in, pictures out. Knows neither traces nor views."""

from tracer.exporters.chromium.drawing import Chromium, DrawnPage, open_chromium
from tracer.exporters.chromium.finding import find_chromium

__all__ = ["Chromium", "DrawnPage", "find_chromium", "open_chromium"]
