"""Tells the browser which modules a page will need, so that they come while Streamlit itself still starts.

Without it each module is asked for once the one that imports it has been read, five times one behind the other. The
list stands in the header `Link` of the page, with the words in the reader's language and the text of the trace that
the address names; what is missing there only comes later. Serves nothing.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlencode

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tracer.web import folder
from tracer.wording.composition import LANGUAGES

_BROWSER = Path(__file__).parent / "browser"
_FIRST_PAGE = "decision"
_IMPORT = re.compile(r'^(?:import|\} from|export \{[^}]*\} from)\b[^"\n]*"(\.[^"\n]+)"', re.MULTILINE)


class ModulesAhead:
    """Middleware that adds the header to every page of HTML; `knows` says whether there is a trace of this key."""

    def __init__(self, app: ASGIApp, knows: Callable[[str], bool]) -> None:
        self._app = app
        self._knows = knows

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers as the app does."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_links(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    headers.append("Link", links_of(scope["path"].strip("/")))
                    headers.append("Link", _data_of(Request(scope), self._knows))
            await send(message)

        await self._app(scope, receive, send_with_links)


@lru_cache(maxsize=32)
def links_of(page: str) -> str:
    """Returns the header's value for a page: its own module, the strip, and all that they import."""
    own = folder() / f"{page if page.isidentifier() else _FIRST_PAGE}.js"
    found: dict[Path, None] = {}
    for start in (_BROWSER / "panel.js", folder() / "strip.js", own):
        _follow(start.resolve(), found)
    return ", ".join(f"<{_address(path)}>; rel=modulepreload" for path in found)


def _data_of(request: Request, knows: Callable[[str], bool]) -> str:
    """Returns the header's value for what the page will fetch, by the addresses that the browser modules use."""
    asked, preferred = request.query_params, request.headers.get("accept-language", "en")[:2]
    named = (asked.get("lang"), request.cookies.get("tracer-lang"), preferred)
    lang = next((one for one in named if one in LANGUAGES), LANGUAGES[0])
    addresses = [f"/words?lang={lang}"]
    place = {"trace": asked.get("trace", ""), "call": asked.get("call", "0"), "row": asked.get("row", "0")}
    if place["call"] == place["row"] == "0" and knows(place["trace"]):
        addresses.append(f"/view/strip?{urlencode(place | {'lang': lang})}")
    return ", ".join(f"<{address}>; rel=preload; as=fetch; crossorigin" for address in addresses)


def _follow(path: Path, found: dict[Path, None]) -> None:
    if path in found or not path.is_file():
        return
    found[path] = None
    for name in _IMPORT.findall(path.read_text(encoding="utf-8")):
        served = folder() / Path(name).name if "/web/" in name else path.parent / name
        _follow(served.resolve(), found)


def _address(path: Path) -> str:
    return f"/{'browser' if path.parent == _BROWSER.resolve() else 'web'}/{path.name}"
