"""The race is torch's own; what stored noise cannot decide is said."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from tracer.replay.race import decide, redraw
from tracer.replay.verdicts import Verdict

VOCAB_SIZE = 1000


def step(scores: np.ndarray, noise: dict[int, float], token_id: int) -> SimpleNamespace:
    stored = (np.array(list(noise), dtype=np.int32), np.array(list(noise.values()), dtype=np.float32))
    return SimpleNamespace(scores=scores.astype(np.float32), noise=stored, token_id=token_id)


@pytest.mark.parametrize("seed", range(20))
def test_the_redrawn_race_gives_the_tokens_of_multinomial(seed: int) -> None:
    torch.manual_seed(seed)
    probabilities = torch.softmax(torch.randn(3, VOCAB_SIZE) * 4, dim=-1)
    state = torch.get_rng_state().numpy().tobytes()
    expected = torch.multinomial(probabilities, num_samples=1)[:, 0]
    drawn = redraw(state, (3, VOCAB_SIZE), device="cpu")
    assert torch.equal(expected, torch.argmax(probabilities / drawn, dim=-1))


def test_a_state_of_another_size_is_refused() -> None:
    with pytest.raises(RuntimeError, match="RNG state"):
        redraw(bytes(16), (1, 5), device="cpu")


def test_the_stored_race_is_won_by_the_largest_quotient() -> None:
    scores = np.full(VOCAB_SIZE, -np.inf)
    scores[[3, 4]] = [0.0, 1.0]
    noise = {3: 0.1, 4: 1.0, 900: 0.001}
    assert (Verdict.HOLDS, "") == decide(step(scores, noise, 3))
    assert (Verdict.FAILS, "token 4 was chosen, but 3 wins the stored race") == decide(step(scores, noise, 4))


def test_a_token_without_stored_noise_may_have_won() -> None:
    scores = np.zeros(VOCAB_SIZE)
    noise = {token: 0.01 + token * 1e-4 for token in range(256)}
    scores[700] = 9.0
    verdict, detail = decide(step(scores, noise, 0))
    assert (Verdict.CANNOT_CHECK, "a token whose noise was not stored could have won") == (verdict, detail)


def test_a_token_without_stored_noise_that_cannot_have_won_decides_nothing() -> None:
    noise = {token: 0.01 + token * 1e-4 for token in range(256)}
    assert decide(step(np.zeros(VOCAB_SIZE), noise, 0))[0] is Verdict.HOLDS


def test_two_equal_quotients_cannot_be_told_apart() -> None:
    scores = np.full(VOCAB_SIZE, -np.inf)
    scores[[3, 4]] = 0.0
    told = decide(step(scores, {3: 0.5, 4: 0.5}, 4))
    assert (Verdict.CANNOT_CHECK, "two tokens are too close to tell apart") == told


def test_a_chosen_token_without_noise_is_named() -> None:
    told = decide(step(np.zeros(VOCAB_SIZE), {1: 0.5}, 4))
    assert (Verdict.CANNOT_CHECK, "the noise of the chosen token was not stored") == told


def test_no_noise_at_all_is_named() -> None:
    bare = SimpleNamespace(scores=np.zeros(4, dtype=np.float32), noise=None, token_id=1)
    assert (Verdict.CANNOT_CHECK, "no noise was stored") == decide(bare)
