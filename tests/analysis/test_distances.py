"""KL against numbers worked out by hand, and against torch; candidates against the recorded rows."""

import math

import numpy as np
import pytest
import torch

from tests.compared_runs import recorded_run
from tracer.analysis.candidate_pairs import candidates_beside
from tracer.analysis.distances import distances, kl_divergence, largest_delta

INF = np.float32(np.inf)


def scores(*probabilities: float) -> np.ndarray:
    """Returns scores of these probabilities, moved by a constant, which changes nothing."""
    with np.errstate(divide="ignore"):
        return (np.log(np.array(probabilities)) + 3.0).astype(np.float32)


def test_kl_of_two_coins_by_hand() -> None:
    by_hand = 0.5 * math.log(0.5 / 0.75) + 0.5 * math.log(0.5 / 0.25)

    assert by_hand == pytest.approx(kl_divergence(scores(0.5, 0.5), scores(0.75, 0.25)), rel=1e-6)


def test_kl_is_infinite_only_where_b_cannot_follow_a() -> None:
    wide, narrow = scores(0.5, 0.25, 0.25), scores(0.5, 0.5, 0.0)

    assert math.inf == kl_divergence(wide, narrow)
    assert math.isfinite(kl_divergence(narrow, wide))
    assert 0.0 == kl_divergence(narrow, narrow)
    assert math.isnan(kl_divergence(np.full(3, -INF), wide))


def test_kl_equals_that_of_torch_and_is_not_negative() -> None:
    random = np.random.default_rng(0)
    for scale in (1e-6, 1e-3, 1.0, 30.0):
        a = random.normal(size=5000).astype(np.float32)
        b = a + (scale * random.normal(size=5000)).astype(np.float32)
        log_a, log_b = (torch.log_softmax(torch.from_numpy(one).double(), -1) for one in (a, b))
        expected = torch.nn.functional.kl_div(log_b, log_a, reduction="sum", log_target=True)

        assert float(expected) == pytest.approx(kl_divergence(a, b), rel=1e-9, abs=1e-14)
        assert 0.0 <= kl_divergence(a, b)


def test_the_largest_delta_counts_a_token_removed_in_one_only() -> None:
    assert 2.0 == largest_delta(scores(1, 1), scores(1, 1) - np.array([0, 2], dtype=np.float32))
    assert math.inf == largest_delta(scores(0.5, 0.5), scores(1, 0))
    assert 0.0 == largest_delta(scores(1, 0), scores(1, 0))


def test_any_range_of_steps_can_be_asked_for() -> None:
    a, b = (recorded_run(temperature=one).sequence() for one in (0.9, 1.6))
    whole = list(distances(a, b))

    assert list(range(8)) == [one.step for one in whole]
    assert whole[3:5] == list(distances(a, b, range(3, 5)))
    assert [] == list(distances(a, b, range(20, 30)))
    assert [0.0] * 7 == [one.kl_model for one in whole[:7]]
    assert all(one.kl_final > 0 for one in whole[:7])  # type: ignore[operator]


def test_candidates_stand_beside_each_other_as_recorded() -> None:
    a, b = (recorded_run(temperature=one).steps[6] for one in (0.9, 1.6))
    pairs = candidates_beside(a, b)

    assert {a.token_id, b.token_id} <= {pair.a.token_id for pair in pairs if pair.a}
    for pair in pairs:
        for side, step in ((pair.a, a), (pair.b, b)):
            assert side is not None
            assert (side.token_id == step.token_id) is side.is_chosen
            for standing, stage in ((side.model, 0), (side.final, -1)):
                row = step.after(stage)
                assert standing is not None
                assert int((row > row[side.token_id]).sum()) == standing.rank
                assert float(step.probabilities(stage)[side.token_id]) == pytest.approx(
                    standing.probability, rel=1e-5
                )


def test_a_token_that_is_no_candidate_is_found_in_the_scores_and_unknown_without_them() -> None:
    few = {"max_new_tokens": 3}
    ours, theirs = recorded_run(**few, seed=4), recorded_run(**few, preset="light", prompt=(77, 78))
    pairs = candidates_beside(ours.steps[0], theirs.steps[0])
    known = {candidate.token_id for candidate in theirs.steps[0].candidates}
    foreign = [pair for pair in pairs if pair.b and pair.b.token_id not in known]

    assert all(pair.a is not None and pair.a.model is not None for pair in pairs)
    assert all(pair.b is not None and pair.b.model is None for pair in foreign)
