import numpy as np
import pytest

from tracer.analysis.statistics import (
    StageStatistics,
    ranks,
    removed_mass,
    smallest_noise,
    stage_statistics,
    top_ids,
)

INF = float("inf")


def row(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float32)


def test_uniform_over_eight_has_entropy_ln_eight():
    statistics = stage_statistics(np.full(8, 5.0, dtype=np.float32))

    assert np.log(8) == pytest.approx(statistics.entropy, abs=1e-12)
    assert 5.0 + np.log(8) == pytest.approx(statistics.logsumexp, abs=1e-12)
    assert (8, 0) == (statistics.survivors, statistics.argmax)


def test_removed_tokens_count_for_nothing():
    statistics = stage_statistics(row(-INF, 2.0, -INF, 2.0, -INF))

    assert np.log(2) == pytest.approx(statistics.entropy)
    assert 2.0 + np.log(2) == pytest.approx(statistics.logsumexp)
    assert (2, 1) == (statistics.survivors, statistics.argmax)


def test_a_certain_token_has_entropy_zero():
    assert StageStatistics(0.0, 0.0, 1, 2) == stage_statistics(row(-INF, -INF, 0.0))


def test_a_row_without_survivors_has_no_probability_to_share():
    assert StageStatistics(-INF, 0.0, 0, 0) == stage_statistics(row(-INF, -INF))


def test_a_faulty_row_gives_nan_and_raises_nothing():
    assert np.isnan(stage_statistics(row(1.0, INF, 2.0)).logsumexp)
    assert np.isnan(stage_statistics(row(1.0, np.nan, 2.0)).entropy)
    assert [0] == top_ids(row(1.0, np.nan, -INF), 1).tolist()


def test_probabilities_sum_to_one_at_any_height():
    rng = np.random.default_rng(0)
    for height in (-1e4, 0.0, 1e4):
        scores = (rng.normal(size=5000) * 4 + height).astype(np.float32)
        statistics = stage_statistics(scores)

        assert 1.0 == pytest.approx(np.exp(scores.astype(np.float64) - statistics.logsumexp).sum())
        assert 0.0 <= statistics.entropy <= np.log(5000)


def test_top_ids_come_by_score_and_then_by_id():
    scores = row(1.0, 3.0, 2.0, 3.0, 2.0, 2.0, -INF)

    assert [1, 3, 2, 4] == top_ids(scores, 4).tolist()
    assert [1, 3, 2, 4, 5, 0] == top_ids(scores, 64).tolist()
    assert [] == top_ids(row(-INF, -INF), 3).tolist()
    assert [] == top_ids(scores, 0).tolist()
    assert np.int32 == top_ids(scores, 4).dtype


def test_top_ids_equal_a_full_sort_where_ties_are_common():
    rng = np.random.default_rng(1)
    scores = rng.integers(-20, 20, size=3000).astype(np.float32)
    scores[rng.integers(0, 3000, size=500)] = -INF
    alive = np.flatnonzero(scores > -INF)
    expected = alive[np.lexsort((alive, -scores[alive]))]

    for count in (1, 7, 64, 2999):
        assert expected[:count].tolist() == top_ids(scores, count).tolist()


def test_rank_counts_strictly_higher_tokens():
    scores = row(1.0, 3.0, 2.0, 3.0, -INF, -INF)

    assert [3, 0, 2, 0, 4] == ranks(scores, np.array([0, 1, 2, 3, 4])).tolist()
    assert [4] == ranks(scores, np.array([5])).tolist()
    assert [] == ranks(scores, np.array([], dtype=np.int32)).tolist()


def test_ranks_equal_counting_one_by_one():
    rng = np.random.default_rng(2)
    scores = rng.normal(size=2000).round(1).astype(np.float32)
    scores[:300] = -INF
    ids = rng.integers(0, 2000, size=129)

    assert [int((scores > scores[token]).sum()) for token in ids] == ranks(scores, ids).tolist()


def test_removed_mass_is_the_probability_a_stage_cut_off():
    before = np.log(row(0.5, 0.25, 0.125, 0.125)).astype(np.float32)
    after = row(1.0, -INF, 1.0, -INF)

    assert 0.375 == pytest.approx(removed_mass(before, stage_statistics(before).logsumexp, after))
    assert 0.0 == removed_mass(after, stage_statistics(after).logsumexp, after)


def test_smallest_noise_keeps_the_candidates_and_the_best_placed_of_the_rest():
    noise = row(0.5, 0.1, 9.0, 0.2, 0.2, 3.0)

    assert [1, 2, 3] == smallest_noise(noise, np.array([2]), count=2).tolist()
    assert [1, 3] == smallest_noise(noise, np.array([1]), count=2).tolist()
    assert [0, 1, 2, 3, 4, 5] == smallest_noise(noise, np.array([2])).tolist()
