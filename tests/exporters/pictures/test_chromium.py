"""Chromium as the product starts it: any page in, a picture out, no network, and beside a running event loop."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import pytest
from playwright.sync_api import Page

from tests.exporters.pictures.conftest import png_size, texts_of
from tracer.exporters.chromium import Chromium, open_chromium
from tracer.exporters.chromium.glyphs import warn_of_missing_glyphs

PAGE = """<!doctype html><html><body style="margin: 0; font: 16px sans-serif">
<p style="margin: 0; height: 50px; background: repeating-linear-gradient(135deg, #eee 0 4px, #333 4px 5px)">one
<b style="border: 1px dashed red; border-radius: 3px">two &lt;b&gt;</b></p>
<p style="margin: 0; white-space: nowrap">broken<br>into lines <u>here</u></p>
<canvas width="10" height="10"></canvas></body></html>"""


def test_a_page_is_as_tall_as_its_content(chromium: Chromium) -> None:
    width, height = png_size(chromium.png(PAGE, width_px=200, scale=2))

    assert 400 == width
    assert 200 < height < 600
    assert (200, 100) == png_size(chromium.png(PAGE, width_px=200, height_px=100, scale=1))


def test_a_page_as_an_svg_keeps_its_lines_as_text(chromium: Chromium) -> None:
    svg = chromium.svg(PAGE, width_px=200)
    texts = [text.strip() for text in texts_of(svg)]

    assert ["one", "two <b>", "broken", "into lines", "here"] == texts
    for part in (
        "<pattern",
        "stroke-dasharray",
        "<image",
        'text-decoration="underline"',
        'font-weight="700"',
    ):
        assert part in svg, part


def test_a_page_that_asks_for_anything_is_refused(chromium: Chromium) -> None:
    with pytest.raises(ValueError, match=r"asks for 'http://localhost:9/x\.png', .* without network"):
        chromium.png('<img src="http://localhost:9/x.png">', width_px=100)


def test_a_page_that_cannot_be_drawn_says_why(chromium: Chromium) -> None:
    with pytest.raises(ValueError, match=r"The page cannot be drawn: no value\. Look at it"):
        chromium.png('<html data-tr-failed="no value."><body></body></html>', width_px=100)


def test_it_starts_beside_a_running_event_loop(chromium: Chromium) -> None:
    async def drawn() -> bytes:
        with open_chromium() as opened:
            return opened.png("<p>x</p>", width_px=50, scale=1)

    with ThreadPoolExecutor(1) as beside:  # this thread may have a loop of its own
        assert 50 == png_size(beside.submit(asyncio.run, drawn()).result())[0]


def test_letters_without_a_glyph_are_told_with_what_to_install(caplog: pytest.LogCaptureFixture) -> None:
    class Missing:
        def evaluate(self, script: str) -> list[str]:
            return ["雨", "天"]

    with caplog.at_level(logging.WARNING):
        warn_of_missing_glyphs(cast(Page, Missing()))

    assert "2 characters of the picture have no glyph" in caplog.text
    assert "雨 天" in caplog.text
    assert "fonts-noto-cjk" in caplog.text


def test_latin_letters_have_their_glyphs(chromium: Chromium, caplog: pytest.LogCaptureFixture) -> None:
    chromium.png("<p>only plain letters</p>", width_px=100, scale=1)

    assert "" == caplog.text
