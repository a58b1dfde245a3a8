"""A page of the browser that one test after another uses: a new one costs more than most tests do."""

from collections.abc import Mapping
from typing import Any

from playwright.sync_api import Browser, Page

DEFAULTS: Mapping[str, Any] = {
    "viewport": {"width": 1366, "height": 768},
    "locale": "en-US",
    "color_scheme": "light",
    "reduced_motion": "no-preference",
    "permissions": [],
}
_CLEAR = "if (location.protocol.startsWith('http')) { localStorage.clear(); sessionStorage.clear(); }"


class KeptPage:
    """One page, opened when it is first asked for."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._page: Page | None = None

    @staticmethod
    def takes(settings: Mapping[str, Any]) -> bool:
        """Whether a page that is open can be given these settings; its language, for one, is its context's."""
        return set(settings) <= set(DEFAULTS) - {"locale"}

    def holds(self, page: Page) -> bool:
        """Whether this is the page."""
        return page is self._page

    def renewed(self, **settings: Any) -> Page:
        """Returns the page with nothing left of what was done on it."""
        wanted = {**DEFAULTS, **settings}
        if self._page is None or self._page.is_closed():
            self._page = self._browser.new_context(**DEFAULTS).new_page()
        page, context = self._page, self._page.context
        page.unroute_all()
        page.evaluate(_CLEAR)
        page.goto("about:blank")
        page.mouse.move(0, 0)
        page.set_viewport_size(wanted["viewport"])
        page.emulate_media(color_scheme=wanted["color_scheme"], reduced_motion=wanted["reduced_motion"])
        context.clear_cookies()
        context.clear_permissions()
        context.grant_permissions(wanted["permissions"])
        return page

    def close(self) -> None:
        """Closes the page; the next one is a new one."""
        if self._page is not None:
            self._page.context.close()
        self._page = None
