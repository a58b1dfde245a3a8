import math

import pytest

from tests.analysis.chain import log, make_step, rain_step
from tracer.analysis.draw import BEST, draw_of


def draw(step):
    return draw_of(step, step.candidates)


def test_the_race_is_ln_p_minus_ln_q_and_the_largest_wins():
    raced = draw(make_step(log(0.5, 0.25, 0.25), chosen=1, noise={0: 4.0, 1: 0.5, 2: 1.0}))

    assert [1, 2, 0] == [racer.token_id for racer in raced.racers]
    assert math.log(0.25 / 0.5) == pytest.approx(raced.racers[0].finish, abs=1e-6)
    assert -math.log(0.5) == pytest.approx(raced.racers[0].luck)
    assert math.log((0.25 / 0.5) / (0.25 / 1.0)) == pytest.approx(raced.margin, abs=1e-6)
    assert 2 == raced.runner_up.token_id
    assert (True, True) == (raced.agrees, raced.is_exact_second)
    assert 0 == raced.greedy_id


def test_a_removed_token_does_not_race():
    assert {1, 2} == {racer.token_id for racer in draw(rain_step()).racers}
    assert draw(rain_step()).racer(3) is None


def test_a_race_that_another_token_wins_does_not_agree():
    assert draw(make_step(log(0.5, 0.5), chosen=0, noise={0: 2.0, 1: 1.0})).agrees is False


def test_a_margin_of_rounding_is_a_tie():
    assert draw(make_step(log(0.5, 0.5), chosen=0, noise={0: 1.000001, 1: 1.0})).agrees is True


def test_without_noise_the_race_of_a_sampled_step_stays_unknown():
    raced = draw(make_step(log(0.5, 0.5), chosen=0, mode="sample"))

    assert () == raced.racers
    assert (None, None, None) == (raced.agrees, raced.margin, raced.runner_up)


def test_without_the_noise_of_the_chosen_token_the_race_stays_unknown():
    assert () == draw(make_step(log(0.5, 0.25, 0.25), chosen=0, noise={1: 1.0, 2: 2.0})).racers


def test_greedy_leads_by_the_difference_of_scores():
    raced = draw(make_step([1.0, 4.0, 2.5], chosen=1))

    assert [1, 2, 0] == [racer.token_id for racer in raced.racers]
    assert 1.5 == pytest.approx(raced.margin)
    assert raced.agrees is True


def test_a_single_survivor_has_no_margin():
    raced = draw(make_step(log(0.5, 0.5), [(("NoVowels", {}), log(0, 1.0))], chosen=1))

    assert (1, None, None) == (len(raced.racers), raced.margin, raced.runner_up)


def test_tokens_beside_the_candidates_race_where_the_trace_has_their_scores():
    values = {"chosen": 0, "noise": {0: 0.5, 1: 1.0, 2: 0.2, 3: 2.0}, "candidates": [0, 1]}
    probabilities = log(0.5, 0.25, 0.15, 0.1)

    assert [0, 2, 1, 3] == [r.token_id for r in draw(make_step(probabilities, **values)).racers]
    assert [0, 1] == [r.token_id for r in draw(make_step(probabilities, **values, is_light=True)).racers]


def test_the_second_is_exact_only_when_no_other_token_could_have_come_second():
    probabilities = log(0.5, 0.3, 0.2)
    # A token beside the candidates has p <= 0.3; with the smallest noise 0.1 it could have come second.
    lucky = make_step(
        probabilities, chosen=0, noise={0: 0.1, 1: 1.0, 2: 0.1}, candidates=[0, 1], is_light=True
    )
    unlucky = make_step(
        probabilities, chosen=0, noise={0: 0.1, 1: 1.0, 2: 5.0}, candidates=[0, 1], is_light=True
    )

    assert draw(lucky).is_exact_second is False
    assert draw(unlucky).is_exact_second is True


def test_a_shortened_draw_keeps_the_best_and_those_asked_for():
    step = make_step([float(-token) for token in range(40)], chosen=0)
    shortened = draw(step).shortened([30])

    assert [*range(BEST), 30] == [racer.token_id for racer in shortened.racers]
