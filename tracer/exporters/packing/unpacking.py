"""`unpack`: a pack as the folder of a trace again. The folder appears whole or not at all.

Everything in the file is judged before the first byte is written; nothing in it is executed.
"""

import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from tracer.config import parse_bytes
from tracer.errors import TraceExistsError, TraceFormatError, TracerError
from tracer.exporters.packing.archive import BLOCK, judged, open_pack, unwritable
from tracer.store import format as layout
from tracer.store.lock import is_locked
from tracer.trace.opening import open_trace


def unpack(
    path: str | Path, to: str | Path, *, overwrite: bool = False, max_bytes: int | str = "20GB"
) -> Path:
    """Writes the trace of a pack into a folder, and returns that folder.

    Args:
        path: the file that `pack` wrote.
        to: the new folder; an empty one may be there.
        overwrite: replaces a trace that is there.
        max_bytes: the most that the trace may take, in bytes or as "20GB".

    Raises:
        TraceNotFoundError: there is no such file.
        TraceExistsError: the folder is there already and is not to be overwritten, or holds no trace.
        TraceFormatError: the file is no pack, is damaged, or holds what could do harm.
        TargetError: the folder cannot be written.
        ValueError: `max_bytes` is no size.
    """
    path, target, most = Path(path), Path(to), parse_bytes(max_bytes)
    with open_pack(path) as archive:
        members = judged(path, archive, most)
        _claim(target, overwrite=overwrite)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=target.parent, prefix=".unpacking-") as beside:
                folder = Path(beside) / "new"
                _extract(path, archive, members, folder)
                _check(folder)
                _move(folder, target, Path(beside) / "old")
        except TracerError:
            raise
        except OSError as error:
            raise unwritable(target, error) from error
    return target


def _claim(target: Path, *, overwrite: bool) -> None:
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return
    if not overwrite:
        raise TraceExistsError(
            f"{str(target)!r} is there already; nothing was changed. "
            "Replace the trace in it with overwrite=True (--overwrite), or give another folder with to=… (--to …)."
        )
    if not (target / layout.MANIFEST).is_file():
        raise TraceExistsError(
            f"{str(target)!r} holds no trace; overwrite=True (--overwrite) replaces only traces. "
            "Give another folder with to=… (--to …)."
        )
    if is_locked(target):
        raise TraceExistsError(
            f"{str(target)!r} is being recorded at this moment; nothing was changed. "
            "Wait until it is finished, or give another folder with to=… (--to …)."
        )


def _extract(
    path: Path, archive: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo], folder: Path
) -> None:
    for name, info in members.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            with archive.open(info) as source, file.open("xb") as copy:
                _copy(source, copy, info.file_size)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
            raise _damaged(path, name, str(error)) from error


def _copy(source: IO[bytes], copy: IO[bytes], most: int) -> None:
    left = most
    while block := source.read(min(BLOCK, left + 1)):
        left -= len(block)
        if left < 0:
            raise ValueError("it holds more than it says")
        copy.write(block)
    if left:
        raise ValueError("it ends too early")


def _check(folder: Path) -> None:
    """Opens what was unpacked: a trace that cannot be opened is none."""
    for call in open_trace(folder).calls:
        _ = call.info


def _move(folder: Path, target: Path, old: Path) -> None:
    """Puts the new folder in place; what it replaces is moved back where that fails."""
    if target.exists():
        os.replace(target, old)
    try:
        os.replace(folder, target)
    except OSError:
        if old.exists():
            os.replace(old, target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _damaged(path: Path, name: str, reason: str) -> TraceFormatError:
    return TraceFormatError(
        f"{str(path)!r} is damaged at {name!r}: {reason.rstrip('.')}. Nothing was written. Ask for the file again."
    )
