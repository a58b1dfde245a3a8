"""A stand-in for `sys.monitoring` on Pythons that have none, made from `sys.settrace`; for one thread and one tool."""

import sys
from collections.abc import Callable
from types import CodeType, FrameType, SimpleNamespace
from typing import Any

KINDS = {"PY_START": 1, "LINE": 2, "PY_RETURN": 4, "RAISE": 8, "PY_UNWIND": 16}


class FakeMonitoring:
    """Delivers the events that were asked for; tool ids in `taken` belong to others."""

    def __init__(self, taken: dict[int, str] | None = None) -> None:
        self.events = SimpleNamespace(**KINDS)
        self.tools = dict(taken or {})
        self.callbacks: dict[int, Callable[..., Any]] = {}
        self.local: dict[CodeType, int] = {}
        self.all = 0
        self._failing: FrameType | None = None

    def get_tool(self, tool: int) -> str | None:
        return self.tools.get(tool)

    def use_tool_id(self, tool: int, name: str) -> None:
        self.tools[tool] = name
        sys.settrace(self._called)

    def free_tool_id(self, tool: int) -> None:
        del self.tools[tool]
        sys.settrace(None)

    def register_callback(self, tool: int, event: int, callback: Callable[..., Any] | None) -> None:
        if callback is None:
            self.callbacks.pop(event, None)
        else:
            self.callbacks[event] = callback

    def set_local_events(self, tool: int, code: CodeType, events: int) -> None:
        self.local[code] = events

    def set_events(self, tool: int, events: int) -> None:
        self.all = events

    def _called(self, frame: FrameType, event: str, argument: Any) -> Any:
        self._deliver("PY_START", frame.f_code, 0)
        return self._happened

    def _happened(self, frame: FrameType, event: str, argument: Any) -> Any:
        code = frame.f_code
        if event == "line":
            self._failing = None
            self._deliver("LINE", code, frame.f_lineno)
        elif event == "exception":
            self._failing = frame
            self._deliver("RAISE", code, 0, argument[1])
        elif event == "return" and self._failing is frame:
            self._deliver("PY_UNWIND", code, 0, RuntimeError())
        elif event == "return":
            self._deliver("PY_RETURN", code, 0, argument)
        return self._happened

    def _deliver(self, kind: str, code: CodeType, *arguments: Any) -> None:
        event = KINDS[kind]
        if (self.local.get(code, 0) | self.all) & event and event in self.callbacks:
            self.callbacks[event](code, *arguments)
