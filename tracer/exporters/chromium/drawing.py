"""Chromium without a window, for as long as a `with` block: a page in, a picture out.

Playwright lives in a thread of its own, so that pictures can be drawn where an event loop runs already, as in a
notebook. A page is one complete HTML document: the network is off, and a page that asks for anything is refused.

A page may say when it is done: as long as its `<html>` has `data-tr-drawing`, it is waited for; `data-tr-failed` says
why it could not draw. A page of several pictures goes to one by `window.trShow(place)`.
"""

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from tracer.errors import MissingExtraError
from tracer.exporters.chromium.finding import FLAGS, chromium_on_path, find_chromium
from tracer.exporters.chromium.glyphs import warn_of_missing_glyphs
from tracer.exporters.replay.bundle import bundle
from tracer.web import folder

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_MM_AN_INCH = 25.4
PX_PER_MM = 96 / _MM_AN_INCH
_DRAWN = "() => !document.documentElement.hasAttribute('data-tr-drawing')"
_FAILED = "() => document.documentElement.getAttribute('data-tr-failed')"
_SETTLED = "() => document.fonts.ready.then(() => null)"
_HEIGHT = "() => document.documentElement.getBoundingClientRect().height"
_MOST_MS = 120_000
_LOCAL = ("data:", "blob:", "about:")
Made = TypeVar("Made")


@contextmanager
def open_chromium() -> Iterator["Chromium"]:
    """Starts Chromium, and ends it with the block.

    Raises:
        MissingExtraError: Playwright or Chromium is not installed.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            "Pictures need playwright, which is not installed. Type pip install 'generation-tracer[export]'."
        ) from error
    with ThreadPoolExecutor(1, thread_name_prefix="chromium") as thread:
        playwright = thread.submit(lambda: sync_playwright().start()).result()
        try:
            path = find_chromium(None if chromium_on_path() else playwright.chromium.executable_path)
            launch = playwright.chromium.launch
            browser = thread.submit(lambda: launch(executable_path=path, args=list(FLAGS))).result()
            try:
                yield Chromium(browser, thread)
            finally:
                thread.submit(browser.close).result()
        finally:
            thread.submit(playwright.stop).result()


class Chromium:
    """Draws pages. Of one `with` block of `open_chromium`; may be used from any thread."""

    def __init__(self, browser: "Browser", thread: ThreadPoolExecutor) -> None:
        self._browser = browser
        self._thread = thread

    def png(self, page: str, *, width_px: int, height_px: int | None = None, scale: float = 2) -> bytes:
        """Returns a picture of the page, `width_px` × `scale` pixels wide; without a height, as tall as its content.

        Raises:
            ValueError: the page asks for something by the network, or says that it cannot be drawn.
        """
        return self._drawn(page, width_px, scale, lambda opened: _screenshot(opened, width_px, height_px))

    def pdf(self, page: str, *, width_mm: float, height_mm: float | None = None) -> bytes:
        """Returns the page on paper of this width; without a height, on one sheet as tall as its content.

        Raises:
            ValueError: as `png`.
        """
        width_px = round(width_mm * PX_PER_MM)
        return self._drawn(
            page, width_px, 1, lambda opened: _paper(opened, width_mm, height_mm), media="print"
        )

    def svg(self, page: str, *, width_px: int) -> str:
        """Returns the page as an SVG in which text is text.

        Raises:
            ValueError: as `png`.
        """
        return self._drawn(page, width_px, 1, lambda opened: str(opened.evaluate(_walker())))

    @contextmanager
    def opened(self, page: str, *, width_px: int, scale: float = 1) -> Iterator["DrawnPage"]:
        """Opens a page of which several pictures are taken.

        Raises:
            ValueError: as `png`.
        """
        opened = self._here(lambda: _open(self._browser, page, width_px, scale, "screen"))
        try:
            yield DrawnPage(opened, self._here)
        finally:
            self._here(opened.context.close)

    def _drawn(
        self, page: str, width_px: int, scale: float, take: Callable[["Page"], Made], media: str = "screen"
    ) -> Made:
        def draw() -> Made:
            opened = _open(self._browser, page, width_px, scale, media)
            try:
                return take(opened)
            finally:
                opened.context.close()

        return self._here(draw)

    def _here(self, act: Callable[[], Made]) -> Made:
        return self._thread.submit(act).result()


class DrawnPage:
    """A page that stays open, so that several pictures can be taken of it."""

    def __init__(self, page: "Page", here: Callable[[Callable[[], object]], object]) -> None:
        self._page = page
        self._here = here

    def show(self, place: int) -> None:
        """Makes the page go to a place, by `window.trShow(place)`."""
        self._here(lambda: self._page.evaluate("(place) => window.trShow(place)", place))

    def png(self, *, width_px: int, height_px: int | None = None) -> bytes:
        """Returns a picture of what the page shows now."""
        made = self._here(lambda: _screenshot(self._page, width_px, height_px))
        assert isinstance(made, bytes)
        return made


def _open(browser: "Browser", text: str, width_px: int, scale: float, media: str) -> "Page":
    context = browser.new_context(
        viewport={"width": width_px, "height": 600},
        device_scale_factor=scale,
        offline=True,
        service_workers="block",
        reduced_motion="reduce",
        color_scheme="light",
        bypass_csp=True,
    )
    try:
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.emulate_media(media="print" if media == "print" else "screen")
        page.set_content(text, wait_until="load", timeout=_MOST_MS)
        page.wait_for_function(_DRAWN, timeout=_MOST_MS)
        page.evaluate(_SETTLED)
        failed = page.evaluate(_FAILED)
        _refuse([url for url in asked if not url.startswith(_LOCAL)], failed)
        warn_of_missing_glyphs(page)
    except BaseException:
        context.close()
        raise
    return page


def _refuse(asked: list[str], failed: str | None) -> None:
    if failed is not None:
        raise ValueError(f"The page cannot be drawn: {failed} Look at it in a browser.")
    if asked:
        raise ValueError(
            f"The page asks for {asked[0]!r}, and pictures are drawn without network. Put everything into the page."
        )


def _screenshot(page: "Page", width_px: int, height_px: int | None) -> bytes:
    height = height_px or _height(page)
    page.set_viewport_size({"width": width_px, "height": height})
    return page.screenshot(animations="disabled", caret="hide")


def _paper(page: "Page", width_mm: float, height_mm: float | None) -> bytes:
    height = f"{height_mm / _MM_AN_INCH}in" if height_mm else f"{_height(page) + 1}px"
    none = {"top": "0", "right": "0", "bottom": "0", "left": "0"}
    return page.pdf(
        width=f"{width_mm / _MM_AN_INCH}in",
        height=height,
        print_background=True,
        margin=none,  # type: ignore[arg-type]
        tagged=True,
    )


def _height(page: "Page") -> int:
    return max(1, math.ceil(float(page.evaluate(_HEIGHT))))


@cache
def _walker() -> str:
    """The script that gives a page as an SVG."""
    sources = {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder().glob("*.js"))}
    return f"async () => {{ {bundle(sources, 'page_svg')}\nreturn $page_svg.svgOfPage(); }}"
