"""The arithmetic of the logit lens: hand-computed entropies and distances, ranks, and where a token is decided."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from tests.lenses import lens
from tests.synthetic import Synthetic, write_trace
from tracer.analysis.logit_lens import (
    assemble,
    divergence,
    entropy,
    log_probabilities,
    measure_layers,
    settled_from,
)
from tracer.trace.opening import open_trace


def logs(*probabilities: float) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.log(np.array(probabilities))


def test_eight_equal_tokens_have_the_entropy_ln_8() -> None:
    assert math.log(8) == pytest.approx(entropy(log_probabilities(np.full(8, 5.0, np.float32))))


def test_a_certain_token_has_no_entropy() -> None:
    assert 0.0 == entropy(logs(1.0, 0.0))


def test_entropy_by_hand() -> None:
    assert 1.5 * math.log(2) == pytest.approx(entropy(logs(0.5, 0.25, 0.25)))


def test_divergence_by_hand() -> None:
    # 1/2 ln(1/2 / 1/4) + 1/2 ln(1/2 / 3/4) = 1/2 ln 2 - 1/2 ln 3/2 = 1/2 ln 4/3
    assert 0.5 * math.log(4 / 3) == pytest.approx(divergence(logs(0.5, 0.5), logs(0.25, 0.75)))
    # 1/4 ln(1/4 / 1/2) + 3/4 ln(3/4 / 1/2): the other way round is another number
    backward = 0.25 * math.log(0.5) + 0.75 * math.log(1.5)
    assert backward == pytest.approx(divergence(logs(0.25, 0.75), logs(0.5, 0.5)))


def test_divergence_is_zero_to_itself_and_infinite_where_a_possible_token_is_ruled_out() -> None:
    assert 0.0 == divergence(logs(0.5, 0.5), logs(0.5, 0.5))
    assert math.inf == divergence(logs(0.5, 0.5), logs(1.0, 0.0))
    assert math.log(2) == pytest.approx(divergence(logs(1.0, 0.0), logs(0.5, 0.5)))


def test_probabilities_sum_to_one_also_for_large_logits() -> None:
    log_p = log_probabilities(np.array([1000.0, 999.0, -np.inf], np.float32))
    assert 1.0 == pytest.approx(np.exp(log_p).sum())
    assert 1 / (1 + math.exp(-1)) == pytest.approx(math.exp(log_p[0]))


@pytest.mark.parametrize(
    ("placed", "expected"),
    [([2, 0, 0], 1), ([0, 0], 0), ([0, 1], None), ([0, 3, 0], 2), ([], None)],
)
def test_a_token_is_settled_from_where_it_stays_first(placed: list[int], expected: int | None) -> None:
    assert expected == settled_from(placed)


def test_layers_are_measured_one_by_one() -> None:
    halves = np.log(np.array([[0.5, 0.25, 0.25], [0.125, 0.125, 0.75]], np.float32))
    numbers = measure_layers(halves, (0, 2), halves[1], chosen_id=1, favorite_id=2, top=2)
    assert [0, 2] == numbers.streams.tolist()
    assert [[0, 1], [2, 0]] == numbers.top_ids.tolist()
    assert [1, 1] == numbers.ranks.tolist()
    assert [1, 0] == numbers.favorite_ranks.tolist()
    np.testing.assert_allclose(numbers.probabilities, [0.25, 0.125], rtol=1e-6)
    np.testing.assert_allclose(numbers.top_probabilities, [[0.5, 0.25], [0.75, 0.125]], rtol=1e-6)
    np.testing.assert_allclose(numbers.entropies[0], 1.5 * math.log(2), rtol=1e-6)
    expected = 0.125 * math.log(0.25) + 0.125 * math.log(0.5) + 0.75 * math.log(3)
    np.testing.assert_allclose(numbers.kls, [expected, 0.0], atol=1e-6)


def test_a_lens_without_the_last_layer_decides_nothing(tmp_path: Path) -> None:
    step = open_trace(write_trace(tmp_path / "a.trace", Synthetic())).steps[1]
    logits = np.zeros((2, 12), np.float32)
    logits[:, step.token_id] = 1.0
    shared = {"chosen_id": step.token_id, "favorite_id": step.favorite_id, "top": 3}
    whole = measure_layers(logits, (1, 2), logits[1], **shared)
    partial = measure_layers(logits, (0, 1), logits[1], **shared)
    decided = [
        assemble(step, one, top=2, deviation=None, made_with={}).decided_at for one in (whole, partial)
    ]
    assert [1, None] == decided


def test_a_lens_is_described_as_json() -> None:
    described = lens(deviation=float("inf")).describe()
    assert described == json.loads(json.dumps(described))
    assert described["deviation"] is None
    assert "·ra" == described["layers"][2]["top"][0]["token"]


def test_streams_are_named_by_the_layer_before_them() -> None:
    assert [None, 0, 1, 2] == [layer.layer for layer in lens().layers]
    assert lens(layers=()).layer_of(0) is None
