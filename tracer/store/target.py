"""The folder that a new trace goes to: created, refused, or cleared of the trace that it held.

Deletes only what the format names, so that a stranger's file in a trace folder survives an overwrite.
"""

import re
import shutil
from pathlib import Path

from tracer.errors import TargetError, TraceExistsError
from tracer.store import format as layout

_NAMES = (layout.RESERVE, layout.VOCABULARY, layout.CHAT_TEMPLATE)


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


def clear_trace(path: Path) -> None:
    """Deletes the trace in a folder, the manifest last, and nothing that the format does not name."""
    for child in path.iterdir():
        if child.name == layout.DERIVED or re.fullmatch(r"call-\d{3,}", child.name):
            shutil.rmtree(child)
        elif child.name in _NAMES or child.suffix == ".tmp":
            child.unlink()
    (path / layout.MANIFEST).unlink(missing_ok=True)
