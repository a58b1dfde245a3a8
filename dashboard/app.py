"""Starts the dashboard: a Streamlit app with routes of its own, on the loopback address only.

`serve` blocks until it is stopped. Holds no page.
"""

import threading
import webbrowser
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from functools import partial
from importlib import import_module
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from dashboard.ahead import ModulesAhead
from dashboard.components.notice import Kind, notice
from dashboard.data.current import library, show
from dashboard.data.library import check_root
from dashboard.navigation import PAGES
from dashboard.ports import free_port
from dashboard.routes import routes
from dashboard.state import shown_language
from tracer.errors import TracerError
from tracer.wording.absence import said_in
from tracer.wording.composition import compose

HOST = "127.0.0.1"
Lifespan = Callable[[st.App], AbstractAsyncContextManager[None]]
_BROWSER_DELAY_S = 0.3
"""The port answers a moment after the app is ready."""
_HERE = Path(__file__).parent
_LIGHT = {
    "primaryColor": "#0B62C4",
    "backgroundColor": "#FFFFFF",
    "secondaryBackgroundColor": "#F6F8FA",
    "textColor": "#1A1D21",
}
_DARK = {
    "primaryColor": "#7AB8FF",
    "backgroundColor": "#0E1117",
    "secondaryBackgroundColor": "#171C24",
    "textColor": "#F2F4F7",
}


def app(lifespan: Lifespan | None = None) -> st.App:
    """Returns the app over the present library; `lifespan` surrounds the time in which it answers."""
    return st.App(
        _HERE / "main.py",
        routes=[
            *routes(library()),
            Mount("/browser", app=StaticFiles(directory=_HERE / "browser")),
            Route(f"/{PAGES[0].name}", _first_page),
        ],
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"]),
            Middleware(ModulesAhead, knows=lambda key: library().entry(key) is not None),
        ],
        lifespan=lifespan,
        on_script_error=say_error,
    )


async def _first_page(request: Request) -> RedirectResponse:
    """Leads the first page's own name to where it is: the address without a path."""
    return RedirectResponse(f"/?{request.url.query}")


def say_error(error: Exception) -> bool:
    """Shows an error as a text in place of a traceback, which Streamlit has logged before."""
    if isinstance(error, TracerError | ValueError):
        notice(said_in(str(error), shown_language()), Kind.ERROR)
    else:
        text = f"{type(error).__name__}: {error}"
        notice(compose("ui.unforeseen", shown_language(), error=text), Kind.ERROR)
    return True


def serve(root: Path | None, *, port: int | None = None, open_browser: bool = True) -> None:
    """Shows the traces in the browser until Ctrl-C; `port` None: 8501 or the next free one, 0: any free one.

    Raises:
        TracerError: the path cannot be shown, or the port is taken.
    """
    check_root(root)
    show(root)
    chosen = free_port(HOST, port)
    announced = partial(_announced, url=f"http://{HOST}:{chosen}", open_browser=open_browser)
    with suppress(KeyboardInterrupt):
        app(announced).run(config=_settings(chosen))


@asynccontextmanager
async def _announced(_: st.App, *, url: str, open_browser: bool) -> AsyncIterator[None]:
    """Says where the dashboard is once it runs, and opens the browser there."""
    # Streamlit's first page needs it: it is read while the browser starts.
    threading.Thread(target=import_module, args=("pandas",), daemon=True).start()
    print(f"The dashboard is at {url} (Ctrl-C ends it).", flush=True)
    if open_browser:
        opening = threading.Timer(_BROWSER_DELAY_S, webbrowser.open, (url,))
        opening.daemon = True
        opening.start()
    yield


def _settings(port: int) -> dict[str, object]:
    colors = {
        f"theme.{name}.{key}": value
        for name, palette in (("light", _LIGHT), ("dark", _DARK))
        for key, value in palette.items()
    }
    return {
        "server.address": HOST,
        "server.port": port,
        "server.baseUrlPath": "",
        "server.headless": True,
        "server.showEmailPrompt": False,
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": False,
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
        "logger.hideWelcomeMessage": True,
        **colors,
    }
