"""`tracer compare` says where two traces part and why, with the exit code as the answer."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.compared_runs import recorded_run


def test_compare_exits_with_0_where_all_is_the_same(tracer: Command) -> None:
    done = tracer("compare", recorded_run().path, recorded_run().path)

    assert (0, "A and B are the same: prompt and 8 tokens.\nThe logits are equal at every step.\n") == (
        done.code,
        done.out,
    )


def test_compare_names_the_cause_and_the_settings_and_exits_with_1(tracer: Command) -> None:
    pair = recorded_run().path, recorded_run(temperature=1.6).path
    english, chinese = tracer("compare", *pair), tracer("compare", *pair, "--lang", "zh")

    assert 1 == english.code == chinese.code
    assert "A and B part at step 6 (first divergence): `·w5` in A, `·w106` in B." in english.out
    assert "The logits are equal, the final scores are not: temperature: 0.9 in A, 1.6 in B." in english.out
    assert "TemperatureLogitsWarper   temperature 0.9   temperature 1.6" in english.out
    assert "A 与 B 的首个分歧点在第 6 步" in chinese.out
    assert "温度：A 为 0.9，B 为 1.6" in chinese.out


def test_compare_as_json_holds_the_divergence_and_the_prompt(tracer: Command) -> None:
    done = tracer("compare", recorded_run().path, recorded_run(seed=4).path, "--json")
    answer = json.loads(done.out)

    assert (1, "draw", 0) == (
        done.code,
        answer["first_divergence"]["evidence"]["cause"],
        answer["num_shared"],
    )


def test_compare_takes_call_and_row_for_a_trace_with_several(tracer: Command, recorded: Path) -> None:
    assert "holds several sequences" in tracer("compare", recorded, recorded).paragraph
    assert 0 == tracer("compare", recorded, recorded, "--call", 0, "--row", 1).code


@pytest.mark.parametrize("other", ["nowhere.trace", "empty"])
def test_what_cannot_be_read_exits_with_2(tracer: Command, tmp_path: Path, other: str) -> None:
    (tmp_path / "empty").mkdir()

    assert tracer("compare", recorded_run().path, tmp_path / other).paragraph
