"""Where line events come from: `sys.settrace` up to Python 3.11, `sys.monitoring` from 3.12 on.

Both hand the events of one thread to a `Journal`, only between `resume` and `pause`, and leave the interpreter as
they found it. A trace function that was there before (a debugger, coverage) is put back whenever nothing is
recorded; one that somebody sets meanwhile stays. A fault of the journal ends the recording, never the call.
"""

import logging
import sys
import threading
from collections.abc import Callable, Iterable
from types import CodeType, FrameType
from typing import Any, Protocol

from tracer.live.source_lines.journal import Journal
from tracer.live.source_lines.statements import MISSING

logger = logging.getLogger(__name__)

_TOOL = "tracer"
_TOOL_IDS = (3, 4, 2, 1, 0, 5)
"""Those that no kind of tool claims come first."""


class Events(Protocol):
    """A source of events; `fault` is what ended it early."""

    fault: Exception | None

    def open(self) -> None:
        """Prepares; called once, in the thread that will be recorded."""

    def follow(self, codes: Iterable[CodeType]) -> None:
        """Names functions that are followed from now on."""

    def resume(self) -> None:
        """Starts to deliver events, also of frames that already run."""

    def pause(self) -> None:
        """Stops to deliver events; the run goes on at its own speed."""

    def close(self) -> None:
        """Undoes everything."""


def events_for(journal: Journal) -> Events:
    """Returns the best source that this Python has, not yet open."""
    monitoring = getattr(sys, "monitoring", None)
    return TraceEvents(journal) if monitoring is None else MonitoringEvents(journal, monitoring)


class TraceEvents:
    """Events of `sys.settrace`: one call event for every function of the thread, lines of those that are recorded."""

    def __init__(self, journal: Journal) -> None:
        self.fault: Exception | None = None
        self._journal = journal
        self._function: Any = self._called  # one object: bound methods are made anew each time
        self._local: Any = self._happened
        self._previous: Any = None
        self._is_on = False

    def open(self) -> None:
        """Does nothing: the trace function is set by `resume`."""

    def follow(self, codes: Iterable[CodeType]) -> None:
        """Does nothing: every call is looked at."""

    def resume(self) -> None:
        """Sets the trace function, and the local one of frames that already run."""
        if self._is_on or self.fault is not None:
            return
        self._is_on = True
        self._previous = sys.gettrace()
        for frame, has_lines in self._journal.open_frames:
            frame.f_trace, frame.f_trace_lines = self._local, has_lines
        sys.settrace(self._function)

    def pause(self) -> None:
        """Puts the trace function back that was there before, unless somebody else has set one."""
        if not self._is_on:
            return
        self._is_on = False
        if sys.gettrace() is self._function:
            sys.settrace(self._previous)
        self._previous = None
        for frame, _ in self._journal.open_frames:
            _release(frame)

    def close(self) -> None:
        """Undoes everything."""
        self.pause()

    def _called(self, frame: FrameType, event: str, argument: Any) -> Any:
        if event != "call" or self.fault is not None:
            return None
        has_lines = self._guarded(self._journal.start, frame)
        if has_lines is None:
            return None
        frame.f_trace_lines = has_lines
        return self._local

    def _happened(self, frame: FrameType, event: str, argument: Any) -> Any:
        if self.fault is not None or not self._is_on:
            return None
        if event == "line":
            self._guarded(self._journal.line, frame, frame.f_lineno)
        elif event == "exception":
            self._guarded(self._journal.fail, frame)
        elif event == "return":
            self._guarded(self._journal.finish, frame, argument)
        return self._local

    def _guarded(self, note: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return note(*arguments)
        except Exception as error:  # it would end the user's call
            self.fault = _logged(error)
            return None


class MonitoringEvents:
    """Events of `sys.monitoring`: those of the followed functions, and exceptions while it is on."""

    def __init__(self, journal: Journal, monitoring: Any) -> None:  # typeshed knows it from Python 3.12 on
        self.fault: Exception | None = None
        self._journal = journal
        self._monitoring = monitoring
        self._tool: int | None = None
        self._thread = 0
        self._codes: dict[CodeType, None] = {}
        self._is_on = False
        kinds = monitoring.events
        self._local = kinds.PY_START | kinds.LINE | kinds.PY_RETURN
        self._global = kinds.RAISE | kinds.PY_UNWIND
        self._callbacks: dict[int, Callable[..., None]] = {
            kinds.PY_START: self._started,
            kinds.LINE: self._reached,
            kinds.PY_RETURN: self._returned,
            kinds.RAISE: self._raised,
            kinds.PY_UNWIND: self._unwound,
        }

    def open(self) -> None:
        """Takes a free tool id; without one there is a fault, and no event."""
        free = [tool for tool in _TOOL_IDS if self._monitoring.get_tool(tool) is None]
        if not free:
            self.fault = RuntimeError("every tool id of sys.monitoring is taken")
            return
        self._tool, self._thread = free[0], threading.get_ident()
        self._monitoring.use_tool_id(self._tool, _TOOL)
        for event, callback in self._callbacks.items():
            self._monitoring.register_callback(self._tool, event, callback)

    def follow(self, codes: Iterable[CodeType]) -> None:
        """Names functions that are followed from now on."""
        fresh = dict.fromkeys(code for code in codes if code not in self._codes)
        self._codes |= fresh
        if self._is_on:
            self._set_local(fresh, self._local)

    def resume(self) -> None:
        """Switches the events of the followed functions on."""
        if self._is_on or self._tool is None or self.fault is not None:
            return
        self._is_on = True
        self._set_local(self._codes, self._local)
        self._monitoring.set_events(self._tool, self._global)

    def pause(self) -> None:
        """Switches them off."""
        if not self._is_on:
            return
        self._is_on = False
        self._monitoring.set_events(self._tool, 0)
        self._set_local(self._codes, 0)
        for frame, _ in self._journal.open_frames:
            _forget_locals(frame)

    def close(self) -> None:
        """Undoes everything and gives the tool id back."""
        self.pause()
        if self._tool is not None:
            for event in self._callbacks:
                self._monitoring.register_callback(self._tool, event, None)
            self._monitoring.free_tool_id(self._tool)
            self._tool = None

    def _set_local(self, codes: Iterable[CodeType], events: int) -> None:
        for code in codes:
            self._monitoring.set_local_events(self._tool, code, events)

    def _started(self, code: CodeType, offset: int) -> None:
        self._guarded(self._journal.start, _frame_of(code))

    def _reached(self, code: CodeType, number: int) -> None:
        self._guarded(self._journal.line, _frame_of(code), number)

    def _returned(self, code: CodeType, offset: int, value: Any) -> None:
        self._guarded(self._journal.finish, _frame_of(code), value)

    def _raised(self, code: CodeType, offset: int, error: BaseException) -> None:
        if code in self._codes:
            self._guarded(self._journal.fail, _frame_of(code))

    def _unwound(self, code: CodeType, offset: int, error: BaseException) -> None:
        if code in self._codes:
            self._guarded(self._journal.finish, _frame_of(code), MISSING)

    def _guarded(self, note: Callable[..., Any], *arguments: Any) -> None:
        if self.fault is not None or threading.get_ident() != self._thread:
            return
        try:
            note(*arguments)
        except Exception as error:  # it would end the user's call
            self.fault = _logged(error)


def _logged(error: Exception) -> Exception:
    logger.warning("the recording of source lines ended early: %s: %s", type(error).__name__, error)
    return error


def _frame_of(code: CodeType) -> FrameType:
    """Returns the innermost frame that runs the code."""
    frame = sys._getframe(2)
    while frame.f_code is not code:
        assert frame.f_back is not None
        frame = frame.f_back
    return frame


def _release(frame: FrameType) -> None:
    frame.f_trace = None
    frame.f_trace_lines = True
    _forget_locals(frame)


def _forget_locals(frame: FrameType) -> None:
    """Empties the copy of its locals that a running frame keeps once somebody has looked at them.

    Source: CPython up to 3.12; from 3.13 on a frame keeps none.
    """
    if sys.version_info < (3, 13):
        frame.f_locals.clear()
