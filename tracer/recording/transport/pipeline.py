"""The background writer: one thread that runs jobs in order, behind a queue bounded in bytes.

Knows nothing about tensors or files. When the queue is full the producer waits, and is told how long. A job that
raises is reported once and the queue keeps draining, so that generation never waits for a broken disk.
"""

import threading
import time
from collections import deque
from collections.abc import Callable

Job = Callable[[], None]


class BackgroundWriter:
    """Runs jobs on one thread. `on_error` is called on that thread with what a job raised."""

    def __init__(self, queue_bytes: int, on_error: Callable[[BaseException], None]) -> None:
        self._queue_bytes = queue_bytes
        self._on_error = on_error
        self._jobs: deque[tuple[int, Job]] = deque()
        self._held_bytes = 0
        self._closing = False
        self._condition = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="tracer-writer", daemon=True)
        self._thread.start()

    def put(self, nbytes: int, job: Job) -> float:
        """Queues a job that holds `nbytes` until it has run; returns the milliseconds spent waiting for room."""
        with self._condition:
            waited_ms = 0.0
            if self._held_bytes and self._held_bytes + nbytes > self._queue_bytes:
                began = time.perf_counter()
                self._condition.wait_for(
                    lambda: not self._held_bytes or self._held_bytes + nbytes <= self._queue_bytes
                )
                waited_ms = (time.perf_counter() - began) * 1e3
            self._jobs.append((nbytes, job))
            self._held_bytes += nbytes
            self._condition.notify_all()
        return waited_ms

    def drain(self) -> None:
        """Waits until what is queued by now has run."""
        done = threading.Event()
        self.put(0, done.set)
        while not done.wait(0.05) and self._thread.is_alive():
            pass

    def close(self) -> None:
        """Runs what is queued and ends the thread."""
        with self._condition:
            self._closing = True
            self._condition.notify_all()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._jobs or self._closing)
                if not self._jobs:
                    return
                nbytes, job = self._jobs.popleft()
            try:
                job()
            except BaseException as error:  # whatever a job raises, generation goes on
                self._on_error(error)
            finally:
                del job
                with self._condition:
                    self._held_bytes -= nbytes
                    self._condition.notify_all()
