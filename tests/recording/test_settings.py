"""Settings of `record` that cannot be meant are refused before anything is written."""

from pathlib import Path
from typing import Any

import pytest

import tracer
from tests import zoo


@pytest.mark.parametrize(
    ("settings", "error", "said"),
    [
        ({"steps": 5}, TypeError, r"steps=5 is neither a range nor a tuple. Type steps=\(5,\)"),
        ({"layers": [1]}, TypeError, r"layers=\[1\] is neither a range nor a tuple"),
        ({"layers": (0, 40)}, ValueError, r"names layer 40, and this model has 3 \(0 to 2\)"),
        ({"tokenizer": "gpt2"}, TypeError, r"tokenizer='gpt2' is a name"),
        ({"preset": "big"}, ValueError, "preset='big' is none of light, standard, full"),
        ({"queries": "most"}, ValueError, "queries='most' is none of none, last, auto, all"),
        ({"colour": 1}, TypeError, "record\\(\\) has no setting 'colour'"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_refused(
    settings: dict[str, Any], error: type[Exception], said: str, tmp_path: Path
) -> None:
    model = zoo.shared("llama", attention="sdpa")
    rest = {name: value for name, value in settings.items() if name != "tokenizer"}
    with (
        pytest.raises(error, match=said),
        tracer.record(model, settings.get("tokenizer"), to=tmp_path / "x.trace", **rest),
    ):
        raise AssertionError("the block was entered")
    assert not (tmp_path / "x.trace").exists()
