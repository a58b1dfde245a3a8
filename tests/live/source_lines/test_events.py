"""Both sources of line events give the same recording, and leave the interpreter as they found it."""

import gc
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import pytest

from tests.live.source_lines import toys
from tests.live.source_lines.fake_monitoring import FakeMonitoring
from tracer.live.source_lines.events import Events, MonitoringEvents, TraceEvents, events_for
from tracer.live.source_lines.journal import Journal


def monitoring() -> Any:
    """Returns Python's own, or a stand-in."""
    return getattr(sys, "monitoring", None) or FakeMonitoring()


SOURCES: dict[str, toys.Source] = {
    "settrace": TraceEvents,
    "monitoring": lambda journal: MonitoringEvents(journal, monitoring()),
}


@pytest.fixture(autouse=True)
def previous() -> Iterator[Any]:
    """Takes away the trace function of whoever runs the tests, and puts it back."""
    found = sys.gettrace()
    sys.settrace(None)
    yield found
    sys.settrace(found)


@pytest.mark.parametrize("check", toys.CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_lines_are_recorded_as_they_ran(source: toys.Source, check: Callable[[toys.Source], None]) -> None:
    check(source)
    assert sys.gettrace() is None


def test_this_python_gets_the_source_that_it_has() -> None:
    expected = MonitoringEvents if sys.version_info >= (3, 12) else TraceEvents
    assert expected is type(events_for(Journal(toys.spell, frozenset())))


def test_a_trace_function_is_put_back_and_goes_on() -> None:
    seen: list[str] = []

    def tracer(frame: FrameType, event: str, argument: Any) -> Any:
        seen.append(frame.f_code.co_name)
        return tracer

    sys.settrace(tracer)
    toys.record_toy(TraceEvents, toys.root, 1)
    found = sys.gettrace()
    seen.clear()
    toys.helper(1)
    sys.settrace(None)
    assert found is tracer
    assert "helper" in seen


def test_a_trace_function_set_meanwhile_stays() -> None:
    def debugger(frame: FrameType, event: str, argument: Any) -> Any:
        return None

    def breaking() -> int:
        sys.settrace(debugger)
        return toys.helper(1)

    result, _, _ = toys.record_toy(TraceEvents, breaking)
    found = sys.gettrace()
    sys.settrace(None)
    assert 2 == result
    assert found is debugger


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_an_error_of_the_call_leaves_nothing_behind(source: toys.Source) -> None:
    with pytest.raises(ValueError, match="invalid literal") as caught:
        toys.record_toy(source, toys.failing, 1)
    frame = caught.tb.tb_next.tb_next.tb_frame  # type: ignore[union-attr]
    assert toys.failing.__code__ is frame.f_code
    assert sys.gettrace() is None
    assert frame.f_trace is None or source is not TraceEvents


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_a_fault_of_the_recording_ends_it_and_not_the_call(
    source: toys.Source, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Journal, "line", lambda *_: 1 / 0)
    result, _, events = toys.record_toy(source, toys.root, 1)
    assert 15 == result["x"]
    assert isinstance(events.fault, ZeroDivisionError)
    assert "the recording of source lines ended early: ZeroDivisionError" in caplog.text


def test_a_free_tool_id_is_taken_and_given_back() -> None:
    fake = FakeMonitoring(taken={3: "coverage"})
    held: list[dict[int, str]] = []

    def looking() -> None:
        held.append(dict(fake.tools))

    toys.record_toy(lambda journal: MonitoringEvents(journal, fake), looking)
    assert [{3: "coverage", 4: "tracer"}] == held
    assert {3: "coverage"} == fake.tools
    assert {} == fake.callbacks
    assert {0} == set(fake.local.values())
    assert 0 == fake.all


def test_without_a_free_tool_id_the_call_runs_unrecorded() -> None:
    fake = FakeMonitoring(taken=dict.fromkeys(range(6), "others"))
    result, frames, events = toys.record_toy(lambda journal: MonitoringEvents(journal, fake), toys.helper, 1)
    assert (2, []) == (result, frames)
    assert "every tool id of sys.monitoring is taken" == str(events.fault)


def test_other_threads_are_not_recorded() -> None:
    def root() -> int:
        thread = threading.Thread(target=toys.helper, args=(1,))
        thread.start()
        thread.join()
        return toys.helper(2)

    for source in SOURCES.values():
        _, frames, _ = toys.record_toy(source, root)
        helpers = [frame for frame in frames if frame.function.name == "helper"]
        assert ["2"] == [frame.arguments[0].values for frame in helpers]
        assert [0] == [frame.repeats for frame in helpers]


class Thing:
    """Something that a weak reference can point to."""


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_no_value_is_kept(source: toys.Source) -> None:
    references: list[weakref.ref[Thing]] = []
    alive: list[bool] = []

    def dropping(sources: list[Events]) -> None:
        thing = Thing()
        references.append(weakref.ref(thing))
        sources[0].pause()
        del thing
        gc.collect()
        alive.append(references[0]() is not None)
        sources[0].resume()

    sources: list[Events] = []

    def kept(journal: Journal) -> Events:
        sources.append(source(journal))
        return sources[0]

    _, frames, _ = toys.record_toy(kept, dropping, sources)
    gc.collect()
    assert references[0]() is None
    if source is TraceEvents or hasattr(sys, "monitoring"):  # the stand-in holds on to locals itself
        assert [False] == alive
    assert "thing" in {one.name for line in frames[0].lines for one in line.bound}
