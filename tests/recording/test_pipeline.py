"""The background writer: jobs run once and in order, memory is bounded, a failing job stops nothing."""

import threading

import pytest

from tracer.recording.transport import pipeline
from tracer.recording.transport.pipeline import BackgroundWriter


def _writer(queue_bytes: int = 1000) -> tuple[BackgroundWriter, list[BaseException]]:
    errors: list[BaseException] = []
    return BackgroundWriter(queue_bytes, errors.append), errors


def test_jobs_run_once_and_in_order() -> None:
    writer, errors = _writer()
    done: list[int] = []
    for number in range(100):
        writer.put(1, lambda number=number: done.append(number))
    writer.close()
    assert list(range(100)) == done
    assert [] == errors


def test_a_job_that_raises_is_reported_and_the_next_one_runs() -> None:
    writer, errors = _writer()
    done: list[str] = []

    def fail() -> None:
        raise OSError("no space")

    writer.put(1, fail)
    writer.put(1, lambda: done.append("after"))
    writer.close()
    assert ["after"] == done
    assert ["no space"] == [str(error) for error in errors]


def test_a_full_queue_makes_the_producer_wait_and_says_how_long() -> None:
    writer, _ = _writer(queue_bytes=10)
    started, gate = threading.Event(), threading.Event()

    def slow() -> None:
        started.set()
        gate.wait(timeout=60)

    assert 0.0 == writer.put(8, slow)
    assert started.wait(timeout=60)
    threading.Timer(0.05, gate.set).start()
    waited_ms = writer.put(8, lambda: None)
    writer.close()
    assert waited_ms > 0


def test_a_job_larger_than_the_queue_is_taken_when_nothing_else_is_held() -> None:
    writer, _ = _writer(queue_bytes=10)
    done: list[int] = []
    writer.put(1000, lambda: done.append(1))
    writer.close()
    assert [1] == done


def test_while_resting_little_is_left_until_the_block_ends() -> None:
    writer, _ = _writer()
    done: list[int] = []
    with writer.resting():
        writer.put(1, lambda: done.append(1))
        resting = list(done)
    writer.drain()
    assert [] == resting
    assert [1] == done
    writer.close()


def test_while_resting_much_is_worked_off() -> None:
    writer, _ = _writer(queue_bytes=100)
    reached = threading.Event()
    with writer.resting():
        writer.put(40, lambda: None)
        writer.put(40, reached.set)
        assert reached.wait(timeout=60)
    writer.close()


def test_while_resting_no_job_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "REST_SECONDS", 0.0)
    writer, _ = _writer()
    reached = threading.Event()
    with writer.resting():
        writer.put(1, lambda: None)
        writer.put(1, reached.set)
        assert reached.wait(timeout=60)
    writer.close()


def test_while_resting_the_last_job_does_not_wait_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "REST_SECONDS", 0.2)
    writer, _ = _writer()
    reached = threading.Event()
    with writer.resting():
        writer.put(1, reached.set)
        assert reached.wait(timeout=60)
    writer.close()


def test_draining_works_while_resting() -> None:
    writer, _ = _writer()
    done: list[int] = []
    with writer.resting():
        writer.put(1, lambda: done.append(1))
        writer.drain()
        assert [1] == done
    writer.close()
