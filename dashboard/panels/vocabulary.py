"""What became of any token of the vocabulary at one step: its score, rank and probability at every stage."""

from typing import Any

import streamlit as st

from dashboard.components.panel import panel
from dashboard.state import Shown
from tracer.analysis.vocabulary_search import find_tokens
from tracer.pictures.token_stages import TokenRow, token_table
from tracer.trace.step import Step
from tracer.wording.composition import compose


def vocabulary_panel(shown: Shown, step: Step) -> None:
    """Shows a search field and the tokens that it finds; without a search, the chosen token and the favorite."""
    text = st.text_input(
        compose("ui.vocabulary_search", shown.lang),
        placeholder=compose("ui.vocabulary_hint", shown.lang),
        key=f"vocabulary-{shown.key}",
    )
    ids = find_tokens(step.call.trace.vocabulary, text) if text else (step.token_id, step.favorite_id)
    if not ids:
        st.text(compose("ui.vocabulary_none", shown.lang))
        return
    table = token_table(step, tuple(dict.fromkeys(ids)), shown.lang)
    columns = [compose("column_token", shown.lang), "id", *table.titles]
    panel(shown, "table", key="vocabulary", columns=columns, rows=[_row(row) for row in table.rows])


def _row(row: TokenRow) -> dict[str, Any]:
    mark = "✓ " if row.is_chosen else ""
    cells: list[Any] = [
        {"text": f"{mark}{row.token}", "kind": "token"},
        {"text": str(row.token_id), "kind": "muted"},
    ]
    cells += [
        {
            "text": " · ".join(filter(None, (cell.probability, cell.rank, cell.score))),
            "kind": "removed" * cell.is_removed,
        }
        for cell in row.cells
    ]
    if row.missing:
        cells.append({"text": row.missing, "kind": "muted"})
    return {"cells": cells, "kind": "chosen" if row.is_chosen else ""}
