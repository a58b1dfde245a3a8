"""Opens a trace from its folder. Reads `trace.json` and lists folders; executes nothing that it finds."""

from pathlib import Path

from tracer.store.reader import TraceReader
from tracer.trace.trace import Trace


def open_trace(path: str | Path) -> Trace:
    """Returns the trace in a folder; calls, tables and arrays are read when they are first asked for.

    Raises:
        TraceNotFoundError: there is no trace.
        TraceFormatError: the manifest is damaged, foreign, or of a newer format.
    """
    return Trace(TraceReader(Path(path)))
