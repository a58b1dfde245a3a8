"""Counts over simulated redraws agree with the probabilities, and are the same for a seed."""

import pytest

from tests.analysis.chain import log, make_step, rain_step
from tracer.analysis.redraws import MOST_ROWS, count_redraws

CHI_SQUARE_999 = {3: 16.27, 7: 24.32}
"""The bound that chance passes once in a thousand, by degrees of freedom."""


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    "probabilities", [(0.4, 0.3, 0.2, 0.1), (0.5, 0.2, 0.1, 0.08, 0.05, 0.04, 0.02, 0.01)]
)
def test_counts_agree_with_the_probabilities(probabilities, seed):
    step = make_step(log(*probabilities), chosen=0, noise={0: 1.0})
    counted = count_redraws(step, 20_000, seed=seed)

    expected = {row.token_id: probabilities[row.token_id] * 20_000 for row in counted.rows}
    distance = sum((row.count - expected[row.token_id]) ** 2 / expected[row.token_id] for row in counted.rows)
    assert CHI_SQUARE_999[len(probabilities) - 1] > distance
    assert 20_000 == sum(row.count for row in counted.rows)


def test_a_seed_gives_the_same_counts_and_another_one_others():
    step = rain_step()

    assert count_redraws(step, seed=3) == count_redraws(step, seed=3)
    assert count_redraws(step, seed=3) != count_redraws(step, seed=4)


def test_a_removed_token_never_comes():
    assert {1, 2} == {row.token_id for row in count_redraws(rain_step()).rows}


def test_the_chosen_token_has_a_row_however_rare_it_is():
    probabilities = [0.08] * 12 + [0.04]
    counted = count_redraws(make_step(log(*probabilities), chosen=12, noise={12: 0.1}))

    assert MOST_ROWS == len(counted.rows)
    assert [12] == [row.token_id for row in counted.rows if row.is_chosen]
    assert counted.others_count == counted.num_redraws - sum(row.count for row in counted.rows)
    assert 0.24 == pytest.approx(counted.others_probability)


def test_without_full_scores_the_other_tokens_are_counted_together():
    step = make_step(log(0.5, 0.3, 0.2), chosen=0, noise={0: 0.1}, candidates=[0, 1], is_light=True)
    counted = count_redraws(step)

    assert {0, 1} == {row.token_id for row in counted.rows}
    assert 0.2 == pytest.approx(counted.others_probability)
    assert 0.2 == pytest.approx(counted.others_count / counted.num_redraws, abs=0.02)


def test_a_chosen_token_that_the_settings_removed_has_a_row_of_zeros():
    step = make_step(log(0.5, 0.5), [(("Own", {}), log(0, 1.0))], chosen=0, noise={1: 1.0})
    chosen = next(row for row in count_redraws(step, 100).rows if row.is_chosen)

    assert (0.0, 0) == (chosen.probability, chosen.count)


def test_a_greedy_step_is_refused_because_nothing_is_drawn():
    with pytest.raises(ValueError, match=r"Step \d+ was decoded greedily: nothing is drawn"):
        count_redraws(make_step([1.0, 4.0, 2.5], chosen=1))


def test_fewer_than_one_redraw_is_refused():
    with pytest.raises(ValueError, match=r"num_redraws=0 is below 1\. Type num_redraws=10_000\."):
        count_redraws(rain_step(), 0)
