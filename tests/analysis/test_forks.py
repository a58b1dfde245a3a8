from types import SimpleNamespace

import numpy as np
import pytest

from tests.analysis.chain import log, make_step
from tracer.analysis.forks import fork_of, forks_of
from tracer.errors import SignalMissingError


def fork_step(*probabilities, chosen=0, **changes):
    step = make_step(log(*probabilities), chosen=chosen, **changes)
    step.probability = float(np.exp(step.stages[-1][chosen]))
    step.rank = 0
    return step


@pytest.mark.parametrize(
    ("probabilities", "is_fork"),
    [
        ((0.55, 0.45), True),
        ((0.6, 0.38, 0.02), True),  # 0.46 nats, 22 points
        ((0.65, 0.35), False),
        ((0.1, 0.05, *[0.85 / 50] * 50), True),  # 0.69 nats, 5 points
        ((1.0, 0.0), False),
    ],
)
def test_a_runner_up_within_half_a_nat_or_ten_points_is_a_fork(probabilities, is_fork):
    assert is_fork is (fork_of(fork_step(*probabilities)) is not None)


def test_a_fork_names_the_first_the_runner_up_and_the_chosen_token():
    fork = fork_of(fork_step(0.3, 0.26, 0.24, 0.2, chosen=3))

    assert ("·sun", "·rain", "·the") == (fork.first.token, fork.runner_up.token, fork.chosen.token)
    assert pytest.approx(0.04, abs=1e-6) == fork.lead_probability
    assert pytest.approx(np.log(0.3 / 0.26), abs=1e-6) == fork.lead_nats
    assert 4 == fork.num_left


def test_leaders_that_are_no_candidates_come_from_the_scores():
    fork = fork_of(fork_step(0.1, 0.5, 0.4, candidates=[0]))

    assert ("·rain", "·ra") == (fork.first.token, fork.runner_up.token)
    assert pytest.approx(0.4, abs=1e-6) == fork.runner_up.probability


def test_leaders_that_were_not_recorded_are_not_guessed():
    with pytest.raises(SignalMissingError, match=r"^Step 2 has no scores; they were not recorded\.$"):
        fork_of(fork_step(0.1, 0.5, 0.4, candidates=[0], is_light=True))


def test_the_forks_of_a_sequence_stand_in_order():
    steps = [fork_step(0.5, 0.5), fork_step(0.9, 0.1), fork_step(0.5, 0.5, generated=(6, 6, 6))]

    assert [2, 3] == [fork.step for fork in forks_of(SimpleNamespace(steps=steps))]
    assert () == forks_of(SimpleNamespace(steps=()))
