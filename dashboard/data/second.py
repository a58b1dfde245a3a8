"""Which text the one on screen is compared with: the one that is named, else its parent, else the newest other.

Reads manifests and lists of calls only; knows neither Streamlit nor HTTP.
"""

from collections.abc import Sequence as Several
from dataclasses import dataclass

from dashboard.data.library import Entry, Library
from tracer.errors import TracerError
from tracer.trace.sequence import Sequence
from tracer.trace.trace import Trace


@dataclass(frozen=True, slots=True)
class Named:
    """A row of a call of a trace, as a link names it; it need not be there."""

    key: str
    call: int = 0
    row: int = 0


@dataclass(frozen=True, slots=True)
class Second:
    """A row that is there. `is_as_named` is False where another call or row had to be taken."""

    entry: Entry
    sequence: Sequence
    is_as_named: bool = True

    @property
    def named(self) -> Named:
        """How a link names it."""
        return Named(self.entry.key, self.sequence.call.index, self.sequence.row)


def parent_of(library: Library, entries: Several[Entry], trace: Trace) -> Named | None:
    """Returns the text that a branch left, where its trace is in the library."""
    branch = trace.manifest.branch
    if branch is None:
        return None
    found = [one for one in entries if library.about(one).created_at == branch.created_at]
    if not found:
        return None
    first = min(found, key=lambda one: one.path.name != _file_name(branch.trace))
    return Named(first.key, branch.call, branch.row)


def default_second(library: Library, entries: Several[Entry], trace: Trace, key: str) -> Named | None:
    """Returns what to compare a trace with at first: its parent, else the newest other that can be opened."""
    parent = parent_of(library, entries, trace)
    if parent is not None:
        return parent
    return next((Named(one.key) for one in entries if one.key != key and _has_text(library, one)), None)


def found_second(library: Library, named: Named) -> Second | None:
    """Returns the row that is named; of a call or row that is not there, the first one. None: no such trace.

    Raises:
        TracerError: the trace cannot be read, or holds no call.
    """
    entry = library.entry(named.key)
    if entry is None:
        return None
    trace = library.opened(entry)
    is_call = any(one.index == named.call for one in trace.calls)
    call = trace.call(named.call if is_call else _first_call(trace))
    is_there = named.row < len(call.sequences)
    sequence = trace.sequence(call=call.index, row=named.row if is_there else 0)
    return Second(entry, sequence, is_there and is_call)


def has_several(trace: Trace) -> bool:
    """Returns whether a trace holds more than one text, so that it can be compared with itself."""
    return sum(len(call.sequences) for call in trace.calls) > 1


def _first_call(trace: Trace) -> int | None:
    return trace.calls[0].index if trace.calls else None


def _has_text(library: Library, entry: Entry) -> bool:
    try:
        return any(one.steps for call in library.opened(entry).calls for one in call.sequences)
    except TracerError:
        return False


def _file_name(path: str) -> str:
    return path.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
