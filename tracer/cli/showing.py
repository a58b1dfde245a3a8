"""`tracer dashboard`: replays traces in the browser. Everything it shows is in the package `dashboard`."""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from tracer.errors import MissingExtraError

_Path = Annotated[
    Path | None,
    typer.Argument(help="A trace, or a folder of traces; runs/ without it, and samples where that is empty."),
]
_Port = Annotated[
    int | None,
    typer.Option(
        "--port",
        min=0,
        max=65535,
        show_default=False,
        help="The port on 127.0.0.1: 8501 or the next free one without it; 0: any free one.",
    ),
]
_NoBrowser = Annotated[
    bool, typer.Option("--no-browser", help="Print the address instead of opening a browser.")
]


def dashboard(path: _Path = None, port: _Port = None, no_browser: _NoBrowser = False) -> None:
    """Replays traces step by step in the browser, on this machine only."""
    if find_spec("streamlit") is None:
        raise MissingExtraError(
            "The dashboard needs streamlit, which is not installed. "
            "Type pip install 'generation-tracer[dashboard]'."
        )
    from dashboard.app import serve

    serve(path, port=port, open_browser=not no_browser)
