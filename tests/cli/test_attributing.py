"""`tracer attribute` and `tracer intervene`: sentences, tables, JSON, and one paragraph where it cannot be done."""

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Command

WHICH = ("--call", 1, "--step", 2)


@pytest.fixture
def named(recorded: Path, tiny: Path, tmp_path: Path) -> tuple[object, ...]:
    """Returns the arguments that name a copy of the trace, a step, and its model."""
    return (shutil.copytree(recorded, tmp_path / "a.trace"), *WHICH, "--model", tiny)


def test_intervene_shows_sentences_and_a_table(tracer: Command, named: tuple[object, ...]) -> None:
    done = tracer("intervene", *named, "--ablate", "L1H2", "--scale", "L0.mlp=0.5", "--block", "5:1")
    assert 0 == done.code, done.err
    assert (
        "With L1H2 ablated, L0.mlp scaled by 0.5 and position 5 blocked from position 1, the model's"
        in done.out
    )
    assert "The unchanged run repeated the recorded logits bit for bit." in done.out
    assert "✓ " in done.out


def test_intervene_speaks_chinese(tracer: Command, named: tuple[object, ...]) -> None:
    out = tracer("intervene", *named, "--block", "L1H0.5:1", "--lang", "zh").out
    assert "在 L1H0 中挡住位置 5 对位置 1 的注意力之后，模型给 " in out
    assert "不作改动重算一次，结果与记录的 logits 逐位相同。" in out


def test_intervene_as_json_holds_both_distributions(tracer: Command, named: tuple[object, ...]) -> None:
    answer = json.loads(tracer("intervene", *named, "--ablate", "L1.attention", "--json").out)
    assert ["ablate L1.attention"] == answer["interventions"]
    assert (2, 1, 0.0) == (answer["step"], answer["call"], answer["gap"])
    assert answer["kl"] > 0
    assert {"probability_before", "probability_after"} <= answer["rows"][0].keys()
    assert {"en", "zh"} == answer["sentences"].keys()


def test_intervene_refuses_what_it_cannot_do(tracer: Command, named: tuple[object, ...]) -> None:
    assert "No intervention was given." in tracer("intervene", *named).paragraph
    assert "'ablate L9H0' names layer 9" in tracer("intervene", *named, "--ablate", "L9H0").paragraph
    assert "names no part of a model" in tracer("intervene", *named, "--ablate", "H0").paragraph
    assert "lang='fr' is none of" in tracer("intervene", *named, "--ablate", "L1H0", "--lang", "fr").paragraph


def test_attribute_shows_sentences_and_a_table_and_keeps_the_answer(
    tracer: Command, named: tuple[object, ...]
) -> None:
    pytest.importorskip("captum", reason="attribution needs the extra 'attribution'")
    done = tracer("attribute", *named)
    assert 0 == done.code, done.err
    assert "At the baseline (zero embedding) it is" in done.out
    assert "Gradient × input does not promise that the scores add up to the change." in done.out
    assert 1 == len(
        list(Path(str(named[0])).glob("derived/attribution-001-000002-0-gradient_x_input-*.json"))
    )


def test_attribute_as_json_holds_the_scores_and_the_gap(tracer: Command, named: tuple[object, ...]) -> None:
    pytest.importorskip("captum", reason="attribution needs the extra 'attribution'")
    options = ("--method", "integrated_gradients", "--steps", 4, "--rival", "#7", "--json")
    answer = json.loads(tracer("attribute", *named, *options).out)
    change = answer["value"] - answer["baseline_value"]
    assert change == pytest.approx(sum(one["score"] for one in answer["sources"]) + answer["gap"])
    assert (7, 6) == (answer["rival_id"], len(answer["sources"]))
    assert 4 == answer["settings"]["steps"]
    assert "之差，为" in answer["sentences"]["zh"]


def test_attribute_refuses_what_it_cannot_do(tracer: Command, named: tuple[object, ...]) -> None:
    assert "method='saliency' is none of" in tracer("attribute", *named, "--method", "saliency").paragraph
    assert "There is no model" in tracer("attribute", *named[:-1], "/no/such").paragraph
