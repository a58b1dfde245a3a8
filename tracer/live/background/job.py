"""A piece of work in a thread: its progress can be read at any time, and it can be stopped.

Knows no model: `Job` runs a function that reports to a `Reporter` and returns the path of a trace.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from tracer.errors import TracerError

logger = logging.getLogger(__name__)


class Status(StrEnum):
    """How far a job is."""

    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Progress:
    """What a job is doing, how much of it is done (`total` 0: not known), and the text generated so far.

    `path` is the trace, once it is there; also of a stopped job that had begun to generate.
    """

    status: Status = Status.RUNNING
    what: str = "starting"
    done: int = 0
    total: int = 0
    text: str = ""
    error: str = ""
    path: Path | None = None


class StopRequested(Exception):
    """Raised inside the work of a job that was asked to stop."""


class Reporter:
    """What the work reports to; each report is also where a stop takes effect."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._progress = Progress()
        self._is_stopping = threading.Event()

    @property
    def progress(self) -> Progress:
        """The last report."""
        with self._lock:
            return self._progress

    def report(self, what: str, done: int = 0, total: int = 0) -> None:
        """Says what is being done.

        Raises:
            StopRequested: the job is to stop.
        """
        self.change(what=what, done=done, total=total)
        if self._is_stopping.is_set():
            raise StopRequested

    def change(self, **changes: object) -> None:
        """Changes fields of the progress, whether the job is to stop or not."""
        with self._lock:
            self._progress = replace(self._progress, **changes)  # type: ignore[arg-type]

    def stop(self) -> None:
        """Makes the next report raise."""
        self._is_stopping.set()


class Job:
    """One piece of work; starts at once."""

    def __init__(self, work: Callable[[Reporter], Path]) -> None:
        self._reporter = Reporter()
        self._thread = threading.Thread(target=self._run, args=(work,), name="recording", daemon=True)
        self._thread.start()

    @property
    def progress(self) -> Progress:
        """How far it is."""
        return self._reporter.progress

    @property
    def is_running(self) -> bool:
        """Whether it still works."""
        return self.progress.status is Status.RUNNING

    def stop(self) -> None:
        """Asks it to stop at the next token or report."""
        self._reporter.stop()

    def wait(self, timeout: float | None = None) -> None:
        """Waits for its end, at most so many seconds."""
        self._thread.join(timeout)

    def _run(self, work: Callable[[Reporter], Path]) -> None:
        try:
            path = work(self._reporter)
        except StopRequested:
            self._reporter.change(status=Status.STOPPED)
        except (TracerError, ValueError) as error:
            self._reporter.change(status=Status.FAILED, error=str(error))
        except Exception as error:
            logger.exception("A recording in the background failed.")
            self._reporter.change(status=Status.FAILED, error=f"{type(error).__name__}: {error}")
        else:
            self._reporter.change(status=Status.DONE, path=path)
