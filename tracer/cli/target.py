"""The folder that a command records into: refused before any work is done, and not left behind empty.

Writes nothing into it; that is the recorder's.
"""

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager

from tracer.cli.options import TargetOptions


@contextmanager
def claimed(target: TargetOptions) -> Iterator[None]:
    """Creates the target's folder, or refuses it, before the block; afterwards removes it if it stayed empty.

    Raises:
        TraceExistsError: there is something already, and it is not to be overwritten.
        TargetError: it is a file or cannot be written.
    """
    from tracer.store.target import claim_folder

    is_new = not target.to.exists()
    claim_folder(target.to, overwrite=target.overwrite)
    try:
        yield
    finally:
        if is_new:
            with contextlib.suppress(OSError):  # it is not empty: there is a trace in it
                target.to.rmdir()
