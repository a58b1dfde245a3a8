"""Answers to a what-if, put together by hand: what words, figures and tables are tested on."""

from typing import Any

from tracer.analysis.alternative import (
    AlternativeRow,
    AlternativeStage,
    ChangedSetting,
    Luck,
    WhatIf,
)
from tracer.analysis.settings import Setting

ROWS = (
    AlternativeRow(1, "·rain", 0.2, 0.6, 1, 0, None, None, is_chosen=False, is_answer=True),
    AlternativeRow(2, "·ra", 0.5, 0.4, 0, 1, None, None, is_chosen=True, is_answer=False),
    AlternativeRow(3, "<b>", 0.3, 0.0, 2, 2, 2, "TopKLogitsWarper", is_chosen=False, is_answer=False),
)
STAGES = (
    AlternativeStage(0, Setting("logits"), 1000, 0.0, is_recorded=True),
    AlternativeStage(1, Setting("TemperatureLogitsWarper", "temperature", 0.5), 1000, 0.0, is_recorded=False),
    AlternativeStage(2, Setting("TopKLogitsWarper", "top_k", 2), 2, 0.1, is_recorded=False),
)


def make_answer(**changes: Any) -> WhatIf:
    """Returns an answer: temperature 0.5 gives `·rain` in place of `·ra`."""
    values: dict[str, Any] = {
        "call": 0,
        "sequence": 0,
        "step": 3,
        "settings": (ChangedSetting("temperature", 0.8, 0.5),),
        "mode": "sample",
        "luck": Luck.RECORDED,
        "token_id": 1,
        "token": "·rain",
        "probability": 0.6,
        "changed": True,
        "undecided": None,
        "margin": 0.7,
        "chosen_id": 2,
        "chosen": "·ra",
        "chosen_before": 0.5,
        "chosen_after": 0.4,
        "stages": STAGES,
        "rows": ROWS,
    }
    return WhatIf(**{**values, **changes})


def make_undecided(undecided: Any, **changes: Any) -> WhatIf:
    """Returns an answer without a winner."""
    open_values = {"token_id": None, "token": None, "probability": None, "changed": None, "margin": None}
    return make_answer(**{**open_values, "undecided": undecided, **changes})
