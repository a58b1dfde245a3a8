"""How the recorded model is built: its modules with shapes and parameter counts, and its configuration."""

import streamlit as st

from dashboard.components.chart import chart
from dashboard.components.panel import panel
from dashboard.state import Shown
from tracer.errors import SignalMissingError
from tracer.figures.modules import module_icicle
from tracer.pictures.model_structure import configuration_rows, model_structure
from tracer.trace.step import Step
from tracer.wording.composition import compose

_INDENT = "\u2003"


def model_panel(shown: Shown, _: Step) -> None:
    """Shows the tree as a picture and as a table, then the configuration."""
    try:
        picture = model_structure(shown.trace, shown.lang)
    except SignalMissingError as error:
        st.text(str(error))
    else:
        panel(shown, "chips", key="model-sentence", text=" ".join((picture.sentence, *picture.notes)))
        chart(module_icicle(picture), "model-icicle")
        rows = [
            [
                {"text": f"{_INDENT * row.depth}{row.label}", "kind": "code"},
                {"text": row.class_name, "kind": "code"},
                *(row.shapes, row.own, row.total, row.share, row.dtype, row.device, row.listened),
            ]
            for row in picture.rows
        ]
        panel(shown, "table", key="model-rows", columns=list(picture.columns), rows=rows)
    configuration = [
        [{"text": row.name, "kind": "code"}, {"text": row.value, "kind": "code"}, row.meaning]
        for row in configuration_rows(shown.trace.model, shown.lang)
    ]
    names = [compose(f"ui.{name}", shown.lang) for name in ("setting", "value", "meaning")]
    panel(shown, "table", key="model-configuration", columns=names, rows=configuration)
