"""The lock that tells a trace being recorded from one whose writer died.

The writer holds `trace.lock` for its whole life; the kernel drops it when the process ends, however it ends.
Readers only ask whether it is held: they create nothing, so a read-only copy opens as well. Nothing here
waits longer than a moment.
"""

import os
import sys
from pathlib import Path

from filelock import FileLock, Timeout

from tracer.errors import TargetError
from tracer.store import format as layout

_PATIENCE_S = 1.0
"""A reader's question holds the file for microseconds; a writer asks again until then."""


def hold_lock(folder: Path) -> FileLock:
    """Returns the acquired lock of a trace folder; `.release()` may be called from any thread.

    Raises:
        TargetError: another writer holds it.
    """
    lock = FileLock(folder / layout.LOCK, thread_local=False)
    try:
        lock.acquire(timeout=_PATIENCE_S, poll_interval=0.02)
    except Timeout:
        raise TargetError(
            f"{str(folder)!r} is being recorded right now by another writer. "
            "Wait until it is done, or give another folder: to='other.trace' (--to other.trace)."
        ) from None
    return lock


def is_locked(folder: Path) -> bool:
    """Returns whether a writer holds the lock of a trace folder."""
    path = folder / layout.LOCK
    if sys.platform == "win32":
        return _is_locked_elsewhere(path)
    import fcntl

    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def _is_locked_elsewhere(path: Path) -> bool:
    if not path.exists():
        return False
    lock = FileLock(path, thread_local=False)
    try:
        lock.acquire(timeout=0)
    except (Timeout, OSError):
        return True
    lock.release()
    return False
