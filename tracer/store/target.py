"""The folder that a new trace goes to: created, refused, or cleared of the trace that it held.

A trace that is replaced is set aside until the new one has something to replace it with. Touches only what the
format names, so that a stranger's file in a trace folder survives an overwrite.
"""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from tracer.errors import TargetError, TraceExistsError
from tracer.store import format as layout

_NAMES = (layout.RESERVE, layout.MODEL, layout.VOCABULARY, layout.CHAT_TEMPLATE)


def claim_folder(path: Path, *, overwrite: bool) -> None:
    """Creates the folder with its parents, or checks that the one that is there may be used.

    Raises:
        TraceExistsError: it is not empty, and is not to be overwritten or is no trace.
        TargetError: it is a file or cannot be created.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        content = {child.name for child in path.iterdir()} - {layout.LOCK, layout.RESERVE}
    except (FileExistsError, NotADirectoryError):
        raise TargetError(
            f"{str(path)!r} is, or lies under, a file; a trace is a folder. "
            "Give another path, such as to='runs/paris.trace' (--to runs/paris.trace)."
        ) from None
    except OSError as error:
        raise TargetError(
            f"{str(path)!r} cannot be created or read: {error.strerror}. "
            "Give a folder that you may write, such as to='runs/paris.trace' (--to runs/paris.trace)."
        ) from error
    if not content:
        return
    is_trace = layout.MANIFEST in content
    if overwrite and not is_trace:
        raise TraceExistsError(
            f"{str(path)!r} is not empty and holds no trace; overwrite=True (--overwrite) replaces only "
            "traces. Give another path, or empty the folder yourself."
        )
    if not overwrite:
        kind = "holds a trace already" if is_trace else "is not empty"
        cure = "Replace it with overwrite=True (--overwrite), or give" if is_trace else "Give"
        raise TraceExistsError(
            f"{str(path)!r} {kind}; nothing was changed. {cure} another path with to=… (--to …)."
        )


def set_aside(path: Path) -> None:
    """Moves the trace in a folder, the manifest last, to where `put_back` finds it."""
    aside = path / layout.REPLACED
    if aside.exists():  # a writer died before its first call: what it had set aside is what is worth keeping
        _clear(path)
        return
    parts = [child for child in _parts(path) if child.suffix != ".tmp"]
    if layout.MANIFEST in {child.name for child in parts}:
        aside.mkdir()
        for child in parts:
            child.replace(aside / child.name)
    _clear(path)


def discard_aside(path: Path) -> None:
    """Deletes the trace that was set aside, where there is one."""
    if (path / layout.REPLACED).exists():
        shutil.rmtree(path / layout.REPLACED)


def put_back(path: Path) -> None:
    """Deletes the trace in a folder and puts back the one that was set aside, where there is one."""
    _clear(path)
    aside = path / layout.REPLACED
    if aside.exists():
        for child in _parts(aside):
            child.replace(path / child.name)
        aside.rmdir()


def _clear(path: Path) -> None:
    for child in _parts(path):
        if child.is_dir():
            shutil.rmtree(child)
        else:
            child.unlink()


def _parts(path: Path) -> Iterator[Path]:
    """Yields what the format names in a folder, the manifest last; not what was set aside."""
    for child in sorted(path.iterdir()):
        is_folder = child.name == layout.DERIVED or re.fullmatch(r"call-\d{3,}", child.name)
        is_file = child.name in _NAMES or (child.suffix == ".tmp" and child.name != layout.REPLACED)
        if is_folder or is_file:
            yield child
    if (path / layout.MANIFEST).exists():
        yield path / layout.MANIFEST
