"""Records what really happens inside one Hugging Face `generate` call, step by step, and replays it.

Names are loaded on first use: importing the package loads neither torch nor transformers.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tracer.analysis.comparison import compare
    from tracer.analysis.findings.registry import lint
    from tracer.config import RecordingConfig
    from tracer.exporters.packing.packing import pack
    from tracer.exporters.packing.unpacking import unpack
    from tracer.exporters.registry import export
    from tracer.exporters.walkthroughs.writing import walkthrough
    from tracer.live.attribution import attribute
    from tracer.live.branching_off.branching import branch
    from tracer.live.interventions import intervene
    from tracer.live.layer_predictions import lens
    from tracer.live.loading.models import load_model
    from tracer.live.source_accounting import sources
    from tracer.notebook.showing import show
    from tracer.recording.planning.planner import plan
    from tracer.recording.recorder import record
    from tracer.replay.counterfactual import what_if
    from tracer.replay.verification import verify
    from tracer.trace.opening import open_trace
    from tracer.wording.expectation import expected
    from tracer.wording.reasons import why

_HOMES = {
    "RecordingConfig": "tracer.config",
    "branch": "tracer.live.branching_off.branching",
    "compare": "tracer.analysis.comparison",
    "attribute": "tracer.live.attribution",
    "expected": "tracer.wording.expectation",
    "export": "tracer.exporters.registry",
    "intervene": "tracer.live.interventions",
    "lens": "tracer.live.layer_predictions",
    "lint": "tracer.analysis.findings.registry",
    "load_model": "tracer.live.loading.models",
    "open_trace": "tracer.trace.opening",
    "pack": "tracer.exporters.packing.packing",
    "plan": "tracer.recording.planning.planner",
    "record": "tracer.recording.recorder",
    "show": "tracer.notebook.showing",
    "sources": "tracer.live.source_accounting",
    "unpack": "tracer.exporters.packing.unpacking",
    "verify": "tracer.replay.verification",
    "walkthrough": "tracer.exporters.walkthroughs.writing",
    "what_if": "tracer.replay.counterfactual",
    "why": "tracer.wording.reasons",
}

__all__ = [
    "RecordingConfig",
    "attribute",
    "branch",
    "compare",
    "expected",
    "export",
    "intervene",
    "lens",
    "lint",
    "load_model",
    "open_trace",
    "pack",
    "plan",
    "record",
    "show",
    "sources",
    "unpack",
    "verify",
    "walkthrough",
    "what_if",
    "why",
]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name == "figures":
        return import_module("tracer.figures")
    if name not in _HOMES:
        raise AttributeError(f"module 'tracer' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "figures"])
