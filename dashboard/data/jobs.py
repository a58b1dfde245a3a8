"""The one recording that may run in the background of this process, whoever looks at it.

Starts nothing while another still works.
"""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracer.live.background.job import Job, Reporter


class Jobs:
    """The current job, or the last one until it is dismissed."""

    def __init__(self) -> None:
        self.current: Job | None = None
        self._lock = threading.Lock()

    def start(self, work: "Callable[[Reporter], Path]") -> bool:
        """Starts a job; False while another works."""
        from tracer.live.background.job import Job

        with self._lock:
            if self.current is not None and self.current.is_running:
                return False
            self.current = Job(work)
            return True

    def dismiss(self) -> None:
        """Forgets a job that has ended."""
        with self._lock:
            if self.current is not None and not self.current.is_running:
                self.current = None


JOBS = Jobs()
