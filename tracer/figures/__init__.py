"""Plotly figures of what the analyses found: one plot per file, made from a frozen value, with no thinking in it.

Names are loaded on first use, so that importing the package loads no plotly.
"""

from importlib import import_module
from typing import Any

_HOMES = {
    "attention_bars": "tracer.figures.attention",
    "attention_grid": "tracer.figures.attention",
    "attention_map": "tracer.figures.attention",
    "attribution_bars": "tracer.figures.attribution",
    "branch_paths": "tracer.figures.branch_rows",
    "cache_growth": "tracer.figures.cache_sizes",
    "cache_layers": "tracer.figures.cache_sizes",
    "candidates_beside": "tracer.figures.candidate_bars",
    "contribution_waterfall": "tracer.figures.waterfall",
    "decision": "tracer.figures.decision_picture",
    "draw_race": "tracer.figures.race",
    "draw_what_if": "tracer.figures.before_after",
    "expectation_path": "tracer.figures.expected_token",
    "findings_strip": "tracer.figures.findings",
    "forks_strip": "tracer.figures.near_misses",
    "forward_mask": "tracer.figures.masks",
    "intervention_bars": "tracer.figures.intervention",
    "kl_per_step": "tracer.figures.distance_curve",
    "lens_grid": "tracer.figures.layer_grid",
    "lens_lines": "tracer.figures.layer_curves",
    "module_icicle": "tracer.figures.modules",
    "position_ids": "tracer.figures.positions",
    "redraw_bars": "tracer.figures.redraw_tally",
    "source_heatmap": "tracer.figures.heatmap",
    "stream_norms": "tracer.figures.norms",
    "text_marks": "tracer.figures.found_text",
}

__all__ = [
    "attention_bars",
    "attention_grid",
    "attention_map",
    "attribution_bars",
    "branch_paths",
    "cache_growth",
    "cache_layers",
    "candidates_beside",
    "contribution_waterfall",
    "decision",
    "draw_race",
    "draw_what_if",
    "expectation_path",
    "findings_strip",
    "forks_strip",
    "forward_mask",
    "intervention_bars",
    "kl_per_step",
    "lens_grid",
    "lens_lines",
    "module_icicle",
    "position_ids",
    "redraw_bars",
    "source_heatmap",
    "stream_norms",
    "text_marks",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'tracer.figures' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(_HOMES)
