"""Records what really happens inside one Hugging Face `generate` call, step by step, and replays it.

Names are loaded on first use: importing the package loads neither torch nor transformers.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tracer.config import RecordingConfig
    from tracer.live.models import load_model
    from tracer.recording.planning.planner import plan
    from tracer.recording.recorder import record
    from tracer.replay.verification import verify
    from tracer.trace.opening import open_trace
    from tracer.wording.reasons import why

_HOMES = {
    "RecordingConfig": "tracer.config",
    "load_model": "tracer.live.models",
    "open_trace": "tracer.trace.opening",
    "plan": "tracer.recording.planning.planner",
    "record": "tracer.recording.recorder",
    "verify": "tracer.replay.verification",
    "why": "tracer.wording.reasons",
}

__all__ = ["RecordingConfig", "load_model", "open_trace", "plan", "record", "verify", "why"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'tracer' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
