"""Plotly figures of what the analyses found: one plot per file, made from a frozen value, with no thinking in it.

Names are loaded on first use, so that importing the package loads no plotly.
"""

from importlib import import_module
from typing import Any

_HOMES = {
    "attribution_bars": "tracer.figures.attribution",
    "contribution_waterfall": "tracer.figures.waterfall",
    "decision": "tracer.figures.decision_picture",
    "draw_race": "tracer.figures.race",
    "draw_what_if": "tracer.figures.before_after",
    "expectation_path": "tracer.figures.expected_token",
    "findings_strip": "tracer.figures.findings",
    "forks_strip": "tracer.figures.near_misses",
    "intervention_bars": "tracer.figures.intervention",
    "lens_grid": "tracer.figures.layer_grid",
    "lens_lines": "tracer.figures.layer_curves",
    "source_heatmap": "tracer.figures.heatmap",
}

__all__ = [
    "attribution_bars",
    "contribution_waterfall",
    "decision",
    "draw_race",
    "draw_what_if",
    "expectation_path",
    "findings_strip",
    "forks_strip",
    "intervention_bars",
    "lens_grid",
    "lens_lines",
    "source_heatmap",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'tracer.figures' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(_HOMES)
