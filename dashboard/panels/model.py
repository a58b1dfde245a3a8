"""How the recorded model is built: its modules with shapes and parameter counts, and its configuration."""

from typing import Any

import streamlit as st

from dashboard.components.chart import chart
from dashboard.components.panel import panel
from dashboard.components.sections import section
from dashboard.state import Shown
from tracer.errors import SignalMissingError
from tracer.figures.modules import module_icicle
from tracer.pictures.model_structure import (
    ModelStructurePicture,
    ModuleLine,
    configuration_rows,
    model_structure,
)
from tracer.wording.absence import said_in
from tracer.wording.composition import compose, together

_INDENT = "\u2003"
_TALL = 560


def model_panel(shown: Shown) -> None:
    """Shows the modules as a picture and as a table, or the configuration."""
    parts = ("ui.model_modules", "ui.model_configuration")
    if section("model-part", parts, shown.lang, label="ui.model_choice") == parts[0]:
        _modules(shown)
    else:
        _configuration(shown)


def _modules(shown: Shown) -> None:
    try:
        picture = model_structure(shown.trace, shown.lang)
    except SignalMissingError as error:
        panel(shown, "chips", key="model-missing", text=said_in(str(error), shown.lang))
        return
    panel(shown, "chips", key="model-sentence", text=together((picture.sentence, *picture.notes), shown.lang))
    chart(shown, module_icicle(picture), "model-icicle")
    with st.container(height=_TALL, key="model-tree"):
        panel(shown, "table", key="model-rows", columns=list(picture.columns), rows=_rows(picture))


def _rows(picture: ModelStructurePicture) -> list[list[Any]]:
    return [
        [
            {"text": f"{_INDENT * row.depth}{row.label}", "kind": "name"},
            {"text": row.class_name, "kind": "code"},
            row.shapes,
            *({"text": text, "kind": "short"} for text in _numbers(row)),
            row.listened,
        ]
        for row in picture.rows
    ]


def _numbers(row: ModuleLine) -> tuple[str, ...]:
    return row.own, row.total, row.share, row.dtype, row.device


def _configuration(shown: Shown) -> None:
    rows = [
        [{"text": row.name, "kind": "code"}, {"text": row.value, "kind": "code"}, row.meaning]
        for row in configuration_rows(shown.trace.model, shown.lang)
    ]
    names = [compose(f"ui.{name}", shown.lang) for name in ("setting", "value", "meaning")]
    panel(shown, "table", key="model-configuration", columns=names, rows=rows)
