"""The background writer: one thread that runs jobs in order, behind a queue bounded in bytes.

Knows nothing about tensors or files. When the queue is full the producer waits, and is told how long. A job that
raises is reported once and the queue keeps draining, so that generation never waits for a broken disk.

While a model computes on the CPU the thread rests, as long as little is queued: jobs are Python and so is the
generation, and two threads that hand Python's lock to and fro cost more than the jobs do. (Measured on the demo
model: a thread that only spins makes a step 200 times as slow.)
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

Job = Callable[[], None]

REST_BYTES = 64 * 10**6
"""While resting, so much may be queued before the thread works anyway."""

REST_SECONDS = 2.0
"""While resting, no job waits longer: what is lost when the process is killed is bounded in time as well."""


class _Queued(NamedTuple):
    nbytes: int
    job: Job
    since: float


class BackgroundWriter:
    """Runs jobs on one thread. `on_error` is called on that thread with what a job raised."""

    def __init__(self, queue_bytes: int, on_error: Callable[[BaseException], None]) -> None:
        self._queue_bytes = queue_bytes
        self._rest_bytes = min(REST_BYTES, queue_bytes // 2)
        self._on_error = on_error
        self._jobs: deque[_Queued] = deque()
        self._held_bytes = 0
        self._num_resting = 0
        self._is_draining = False
        self._is_running = False
        self._closing = False
        self._condition = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="tracer-writer", daemon=True)
        self._thread.start()

    @contextmanager
    def resting(self) -> Iterator[None]:
        """Lets the thread rest for the block: it works only when much is queued, or has been for long."""
        with self._condition:
            self._num_resting += 1
        try:
            yield
        finally:
            with self._condition:
                self._num_resting -= 1
                self._condition.notify_all()

    def put(self, nbytes: int, job: Job) -> float:
        """Queues a job that holds `nbytes` until it has run; returns the milliseconds spent waiting for room."""
        with self._condition:
            waited_ms = 0.0
            if not self._has_room(nbytes):
                began = time.perf_counter()
                self._drain()
                self._condition.wait_for(lambda: self._has_room(nbytes))
                waited_ms = (time.perf_counter() - began) * 1e3
            self._jobs.append(_Queued(nbytes, job, time.monotonic()))
            self._held_bytes += nbytes
            if self._is_due():
                self._drain()
            elif len(self._jobs) == 1:
                self._condition.notify_all()  # so that the thread wakes up when this job has waited for long
        return waited_ms

    def drain(self) -> None:
        """Waits until what is queued has run."""
        with self._condition:
            self._drain()
            self._condition.wait_for(lambda: not (self._jobs or self._is_running))

    def close(self) -> None:
        """Runs what is queued and ends the thread."""
        with self._condition:
            self._closing = True
            self._condition.notify_all()
        self._thread.join()

    def _has_room(self, nbytes: int) -> bool:
        return not self._held_bytes or self._held_bytes + nbytes <= self._queue_bytes

    def _is_due(self) -> bool:
        if not self._num_resting or self._closing or self._held_bytes > self._rest_bytes:
            return True
        return bool(self._jobs) and time.monotonic() - self._jobs[0].since >= REST_SECONDS

    def _rest_seconds(self) -> float | None:
        """How long the thread may rest before the oldest job has waited too long; None where there is none."""
        if not self._jobs:
            return None
        return max(0.0, self._jobs[0].since + REST_SECONDS - time.monotonic())

    def _drain(self) -> None:
        self._is_draining = True
        self._condition.notify_all()

    def _run(self) -> None:
        while True:
            with self._condition:
                self._is_draining &= bool(self._jobs)
                while not self._has_work():
                    self._condition.wait(self._rest_seconds())
                if not self._jobs:
                    return
                queued = self._jobs.popleft()
                self._is_running = True
            try:
                queued.job()
            except BaseException as error:  # whatever a job raises, generation goes on
                self._on_error(error)
            finally:
                nbytes = queued.nbytes
                del queued
                with self._condition:
                    self._is_running = False
                    self._held_bytes -= nbytes
                    self._condition.notify_all()

    def _has_work(self) -> bool:
        return self._closing or (bool(self._jobs) and (self._is_draining or self._is_due()))
