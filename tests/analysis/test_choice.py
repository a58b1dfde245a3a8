"""Who wins is torch's own winner, or the reason why it cannot be known."""

import numpy as np
import pytest
import torch

from tracer.analysis.choice import Undecided, choose_highest, race
from tracer.analysis.statistics import smallest_noise

VOCAB_SIZE = 4000


def scores_of(values):
    return np.array(values, dtype=np.float32)


@pytest.mark.parametrize("seed", range(30))
def test_stored_noise_gives_the_token_of_multinomial_or_none(seed):
    torch.manual_seed(seed)
    scores = torch.randn(1, VOCAB_SIZE) * 3
    state = torch.get_rng_state()
    expected = int(torch.multinomial(torch.softmax(scores, dim=-1), 1))
    torch.set_rng_state(state)
    noise = torch.empty(1, VOCAB_SIZE).exponential_(1)[0].numpy()
    kept = smallest_noise(noise, torch.topk(scores[0], 64).indices.numpy())

    assert expected == race(scores[0].numpy(), np.arange(VOCAB_SIZE), noise).token_id
    found = race(scores[0].numpy(), kept, noise[kept])
    assert found.token_id == expected or found.undecided is Undecided.UNKNOWN_LUCK


def test_a_token_without_stored_noise_that_could_have_won_leaves_it_open():
    scores = np.full(VOCAB_SIZE, -9.0, dtype=np.float32)
    scores[3000] = 5.0
    ids = np.arange(256, dtype=np.int32)
    noise = np.linspace(0.01, 0.05, 256, dtype=np.float32)

    found = race(scores, ids, noise)
    assert (None, Undecided.UNKNOWN_LUCK) == (found.token_id, found.undecided)
    scores[3000] = -20.0
    assert 0 == race(scores, ids, noise).token_id


def test_the_margin_is_the_lead_in_nats():
    found = race(np.log(scores_of([0.5, 0.25, 0.25])), np.arange(3), scores_of([4.0, 0.5, 1.0]))

    assert 1 == found.token_id
    assert np.log(2) == pytest.approx(found.margin, abs=1e-6)


def test_two_that_rounding_cannot_tell_apart_stay_open():
    found = race(scores_of([0.0, 0.0]), np.arange(2), scores_of([1.000001, 1.0]))

    assert (None, Undecided.TOO_CLOSE) == (found.token_id, found.undecided)


def test_a_single_survivor_wins_without_margin():
    found = race(scores_of([-np.inf, 1.0]), np.arange(2), scores_of([0.001, 9.0]))

    assert (1, None, None) == (found.token_id, found.margin, found.undecided)
    assert (1, None) == (choose_highest(scores_of([-np.inf, 1.0])).token_id, found.margin)


def test_noise_of_zero_wins():
    assert 1 == race(scores_of([5.0, 0.0]), np.arange(2), scores_of([0.1, 0.0])).token_id


def test_the_highest_is_the_first_of_equals():
    found = choose_highest(scores_of([1.0, 3.0, 3.0]))

    assert (1, 0.0) == (found.token_id, found.margin)


@pytest.mark.parametrize("scores", [[-np.inf, -np.inf], [np.nan, np.nan]])
def test_without_a_token_nothing_is_chosen(scores):
    open_race = race(scores_of(scores), np.arange(2), scores_of([1.0, 1.0]))

    assert Undecided.NO_TOKEN_LEFT is open_race.undecided is choose_highest(scores_of(scores)).undecided
