"""Sums, ranking and naming of the parts of a logit difference, by hand."""

import json
from typing import Any, cast

import numpy as np
import pytest

from tests.made_shares import make_shares
from tests.synthetic import Synthetic, write_trace
from tracer.analysis.source_shares import Part, StepAfter, ids_at, rival_of
from tracer.trace.opening import open_trace


def test_parts_stand_in_the_model_s_order_and_sum_to_the_total() -> None:
    shares = make_shares()

    assert (
        Part("embedding", 0.5),
        Part("layer-00.attention", 2.0),
        Part("layer-00.mlp", 1.0),
        Part("layer-01.attention", -1.25),
        Part("layer-01.value_bias", 0.125),
        Part("layer-01.output_bias", -0.25),
        Part("layer-01.mlp", -0.5),
        Part("head.bias", 1.25),
        Part("rounding", 0.125),
    ) == shares.parts
    assert 3.0 == shares.total == sum(part.value for part in shares.parts)


def test_a_layer_that_is_not_divided_is_one_part() -> None:
    attention = np.zeros((2, 3, 4))
    names = [part.name for part in make_shares(attention=attention, undivided=(0,)).parts]

    assert ["embedding", "layer-00", "layer-01.attention"] == names[:3]


def test_the_ranking_is_by_size_and_names_token_head_and_push() -> None:
    first, second, third = make_shares().top()

    assert (0, 2, 3, 10, "$1", 2.0) == (
        first.layer,
        first.head,
        first.position,
        first.token_id,
        first.token,
        first.value,
    )
    assert (1, 0, 5, 9, "·a", -1.5) == (
        second.layer,
        second.head,
        second.position,
        second.token_id,
        second.token,
        second.value,
    )
    assert (3, 0.25) == (third.position, third.value)
    assert (first,) == make_shares().top(1)
    with pytest.raises(ValueError, match=r"n=0 is below 1\. Type n=15\."):
        make_shares().top(0)


def test_sums_by_head_source_and_layer() -> None:
    shares = make_shares()

    np.testing.assert_array_equal([[0, 0, 2], [-1.25, 0, 0]], shares.by_head)
    np.testing.assert_array_equal([0, 2.25, 0, -1.5], shares.by_source)
    np.testing.assert_array_equal([2.0, -1.375], shares.attention_by_layer)


def test_all_of_it_can_be_said_as_json() -> None:
    steps = (StepAfter("softcap", 30.0, 2.5),)
    described = json.loads(json.dumps(make_shares(steps_after=steps, difference=2.5).describe(top=2)))

    assert [{"name": "softcap", "constant": 30.0, "difference": 2.5}] == described["steps_after"]
    assert [2.0, -1.5] == [one["value"] for one in described["top"]]
    assert {"position": 4, "token_id": None, "token": "?", "value": 0.0} == described["by_source"][2]
    assert (3.0, 2.5) == (described["total"], described["difference"])


def test_every_position_has_its_token(tmp_path: Any) -> None:
    synthetic = Synthetic(rows=2)
    trace = open_trace(write_trace(tmp_path / "a.trace", synthetic))
    step = trace.step(1, row=1)
    generated = synthetic.token_ids[:, 1].tolist()

    assert (*synthetic.prompt_ids[1], *generated, None) == ids_at(step, tuple(range(9)))


class _Step:
    """A step of logits only, as greedy decoding has it."""

    token_id = 2
    logits = np.array([0.5, 3.0, 2.0, 2.5], np.float32)

    class call:
        class info:
            mode = "greedy"


def test_a_greedy_step_s_rival_is_the_best_other_token_by_logits() -> None:
    assert 1 == rival_of(cast(Any, _Step()))
