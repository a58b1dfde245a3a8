"""The library that this process shows: set once before the server starts, read by every page and route."""

from pathlib import Path

from dashboard.data.library import Library

_library = Library()


def library() -> Library:
    """Returns the traces that this process shows."""
    return _library


def show(root: Path | None) -> None:
    """Makes this process show the traces below a path, or one trace; None: those in `runs/`."""
    global _library
    _library = Library(root)
