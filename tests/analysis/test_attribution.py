"""Kept attributions: written and read without torch, ranked, and refused where damaged."""

import json
from pathlib import Path

import pytest

from tests.synthetic import write_trace
from tracer.analysis.attribution import Attribution, Method, Source, keep_attribution, kept_attributions
from tracer.errors import TraceFormatError
from tracer.trace.opening import open_trace

SOURCES = (
    Source(0, 1, "<s>", 0.0, is_prompt=True, is_held=True),
    Source(1, 5, "·rain", -2.5, is_prompt=True, is_held=False),
    Source(2, 6, "·in", 1.25, is_prompt=True, is_held=False),
    Source(3, 7, "$x<b>", 2.5, is_prompt=False, is_held=False),
)


def made(**changes: object) -> Attribution:
    values: dict[str, object] = {
        "call": 0,
        "row": 0,
        "step": 1,
        "method": Method.INTEGRATED_GRADIENTS,
        "settings": {"skip_special": True, "skip_template": False, "steps": 32},
        "chosen_id": 3,
        "chosen": "·falls",
        "rival_id": None,
        "rival": None,
        "sources": SOURCES,
        "value": 5.0,
        "baseline": "zero embedding",
        "baseline_value": 3.5,
        "gap": 0.25,
        "recorded_gap": 0.0,
    }
    return Attribution(**{**values, **changes})  # type: ignore[arg-type]


def test_the_strongest_come_first_and_held_tokens_do_not_compete() -> None:
    assert [1, 3, 2] == [source.position for source in made().ranked]
    assert (0, 1, 2, 3) == made().positions
    assert (1, 5, 6, 7) == made().token_ids
    assert (0.0, -2.5, 1.25, 2.5) == made().scores


def test_a_description_is_json_ready() -> None:
    described = made(gap=float("nan")).describe()
    assert described["gap"] is None
    assert "integrated_gradients" == json.loads(json.dumps(described, allow_nan=False))["method"]


def test_answers_to_different_questions_are_kept_side_by_side(tmp_path: Path) -> None:
    trace = open_trace(write_trace(tmp_path / "a.trace"))
    answers = (made(), made(rival_id=4, rival="·x"), made(step=0), made(gap=0.125))
    for answer in answers:
        keep_attribution(trace.path, answer, {"model": "tiny"})
    found = kept_attributions(trace)
    assert 3 == len(found)  # the last one asked what the first one had asked, and takes its place
    assert answers[2] == found[0]
    assert {str(one) for one in answers[1:]} == {str(one) for one in found}


def test_nothing_kept_is_nothing_found(tmp_path: Path) -> None:
    assert () == kept_attributions(open_trace(write_trace(tmp_path / "a.trace")))


def test_a_damaged_answer_is_named(tmp_path: Path) -> None:
    trace = open_trace(write_trace(tmp_path / "a.trace"))
    keep_attribution(trace.path, made(), {})
    (path,) = (trace.path / "derived").glob("*.json")
    envelope = json.loads(path.read_text())
    del envelope["document"]["sources"][0]
    path.write_text(json.dumps(envelope))
    with pytest.raises(
        TraceFormatError, match=r"The kept answer 'attribution-000-000001-0-integrated_gradients-"
    ):
        kept_attributions(trace)
