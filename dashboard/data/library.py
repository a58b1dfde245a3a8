"""The traces that this dashboard shows: found in one folder, or one trace alone, or the samples of the package.

A trace is addressed by a key made of its path; nothing outside the library can be opened. Opened traces are kept,
a few at a time, until their manifest changes. Reads no step.
"""

import hashlib
import os
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tracer.errors import TraceNotFoundError, TracerError
from tracer.samples import sample_paths
from tracer.trace.opening import open_trace
from tracer.trace.trace import Trace

MANIFEST = "trace.json"
_KEPT_OPEN = 6
_KEPT_ABOUT = 1000
_Identity = tuple[str, int, int]
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Entry:
    """One trace of the library; `is_sample`: it came with the package."""

    key: str
    name: str
    path: Path
    is_sample: bool = False


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a trace before it is opened; `status` "damaged": its manifest cannot be read.

    `created_at` stays when a trace is moved, so a branch names its parent by it.
    """

    name: str
    model: str
    status: str
    created_at: str = ""


class Library:
    """The traces below a path; `root` None: `runs/` here, and the samples where that holds none."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = root
        self._added: list[Path] = []
        self._opened: OrderedDict[_Identity, Trace] = OrderedDict()
        self._about: OrderedDict[_Identity, About] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def folder(self) -> Path:
        """Where new recordings go, and where traces are looked for."""
        if self.root is None:
            return Path("runs")
        return self.root.parent if is_trace(self.root) else self.root

    def entries(self) -> tuple[Entry, ...]:
        """Returns what can be opened, the newest first; the samples when there is nothing else."""
        own = tuple(Entry(key_of(path), _name(path, self.folder), path) for path in self.found())
        return own or samples()

    def add(self, path: Path) -> None:
        """Lists a trace that was recorded here, also where only one other was to be shown."""
        if path not in self._added:
            self._added.append(path)

    def found(self) -> list[Path]:
        """Returns the folders of the traces that are there now, the newest first."""
        if self.root is not None and is_trace(self.root):
            return [*(path for path in reversed(self._added) if is_trace(path)), self.root]
        return sorted(self._below(), key=lambda path: _changed_at(path / MANIFEST), reverse=True)

    def entry(self, key: str | None) -> Entry | None:
        """Returns the entry of a key, also of a sample."""
        return next((one for one in (*self.entries(), *samples()) if one.key == key), None)

    def opened(self, entry: Entry) -> Trace:
        """Returns the opened trace; opens it again when its manifest has changed.

        Raises:
            TracerError: it cannot be read; the text says why.
        """
        identity = _identity(entry)
        with self._lock:
            if identity not in self._opened:
                self._opened[identity] = open_trace(entry.path)
            return _kept(self._opened, identity, _KEPT_OPEN)

    def about(self, entry: Entry) -> About:
        """Returns what to call a trace in a list."""
        identity = _identity(entry)
        with self._lock:
            if identity not in self._about:
                self._about[identity] = _about(entry)
            return _kept(self._about, identity, _KEPT_ABOUT)

    def _below(self) -> list[Path]:
        children = _folders(self.folder)
        grandchildren = (path for child in children for path in _folders(child))
        return [path for path in (*children, *grandchildren) if is_trace(path)]


def check_root(root: Path | None) -> None:
    """Checks that a path can be shown; None always can.

    Raises:
        TracerError: it does not exist, is a trace that cannot be read, or a folder that holds none.
    """
    if root is None or (root.is_dir() and not is_trace(root) and Library(root).found()):
        return
    if root.is_dir() and not is_trace(root):
        raise TraceNotFoundError(
            f"{str(root)!r} is no trace and holds none. Name a folder that record wrote, or one that holds such "
            f"folders; 'tracer dashboard' without a path shows samples."
        )
    open_trace(root)


def samples() -> tuple[Entry, ...]:
    """Returns the traces that come with the package."""
    return tuple(Entry(key_of(path), path.stem, path, is_sample=True) for path in sample_paths())


def _folders(path: Path) -> list[Path]:
    """The folders in a folder; none where it is not there, or not any more: recordings come and go meanwhile."""
    try:
        with os.scandir(path) as found:
            return [Path(one.path) for one in found if one.is_dir()]
    except OSError:
        return []


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # taken away since it was listed
        return 0.0


def is_trace(path: Path) -> bool:
    """Whether a folder looks like a trace; it may still be damaged."""
    return (path / MANIFEST).is_file()


def key_of(path: Path) -> str:
    """Returns the short name by which links address a trace."""
    return hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]


def _identity(entry: Entry) -> _Identity:
    try:
        stat = (entry.path / MANIFEST).stat()
    except OSError:  # taken away since it was listed; opening says so
        return (entry.key, 0, 0)
    return (entry.key, stat.st_mtime_ns, stat.st_size)


def _kept(values: "OrderedDict[_Identity, _Value]", identity: _Identity, limit: int) -> _Value:
    """The value of an identity, which is now the youngest; the oldest go."""
    values.move_to_end(identity)
    while len(values) > limit:
        values.popitem(last=False)
    return values[identity]


def _about(entry: Entry) -> About:
    try:
        trace = open_trace(entry.path)
    except TracerError:
        return About(entry.name, "", "damaged")
    return About(entry.name, trace.model.name, trace.status, trace.manifest.created_at)


def _name(path: Path, folder: Path) -> str:
    name = str(path.relative_to(folder)) if path.is_relative_to(folder) else path.name
    return name.removesuffix(".trace")
