"""Shares by source made by hand: two layers, three heads, four source tokens, every number told apart."""

from dataclasses import replace
from typing import Any

import numpy as np

from tracer.analysis.source_shares import SourceShares


def make_shares(**changes: Any) -> SourceShares:
    """Returns shares whose parts sum to 3.0, all of it recorded; `changes` are fields."""
    attention = np.zeros((2, 3, 4))
    attention[0, 2, 1] = 2.0
    attention[1, 0, 3] = -1.5
    attention[1, 0, 1] = 0.25
    shares = SourceShares(
        call=0,
        row=0,
        step=7,
        token_id=5,
        token="·rain",
        rival_id=6,
        rival="<b>",
        positions=(2, 3, 4, 5),
        source_ids=(9, 10, None, 9),
        source_tokens=("·a", "$1", "?", "·a"),
        attention=attention,
        value_bias=np.array([0.0, 0.125]),
        output_bias=np.array([0.0, -0.25]),
        mlp=np.array([1.0, -0.5]),
        embedding=0.5,
        norm_bias=0.0,
        head_bias=1.25,
        rounding=0.125,
        steps_after=(),
        difference=3.0,
        remainder=0.0,
        undivided=(),
        weights_from="the live model",
    )
    return replace(shares, **changes)
