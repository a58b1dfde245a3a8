"""A stage comes back with the bits that went in, whatever its form."""

import numpy as np
import pytest

from tracer.store.stages import Form, decode, encode

VOCAB = 97


def _specials(random: np.random.Generator) -> np.ndarray:
    scores = random.normal(size=VOCAB).astype(np.float32)
    chosen = random.choice(VOCAB, size=9, replace=False)
    scores[chosen] = [-0.0, 0.0, -np.inf, -np.inf, np.inf, np.nan, 1e-45, -1e-45, 3e38]
    return scores


def _after(before: np.ndarray, kind: str, random: np.random.Generator) -> np.ndarray:
    chosen = random.choice(VOCAB, size=7, replace=False)
    after = before.copy()
    match kind:
        case "divided":
            after = before / np.float32(0.7)
        case "multiplied":
            after = before * (np.float32(1) / np.float32(0.7))
        case "changed":
            after[chosen] *= np.float32(1.1)
        case "few changed to -inf":
            after[chosen] = -np.inf
        case "kept":
            after[:] = -np.inf
            after[chosen] = before[chosen]
        case "kept and changed":
            after[:] = -np.inf
            after[chosen] = before[chosen] + np.float32(1)
        case "dense":
            after = random.normal(size=VOCAB).astype(np.float32)
        case "negative zero":
            after[before == 0] = np.float32(-0.0)
    return after


KINDS = (
    "same",
    "divided",
    "multiplied",
    "changed",
    "few changed to -inf",
    "kept",
    "kept and changed",
    "dense",
    "negative zero",
)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(20))
def test_every_form_rebuilds_the_same_bits(kind: str, seed: int) -> None:
    random = np.random.default_rng(seed)
    before = _specials(random)
    with np.errstate(all="ignore"):
        after = _after(before, kind, random)
        stored = encode(before, after, scale_hint=0.7)
        rebuilt = decode(before, stored)
    assert after.view(np.uint32).tolist() == rebuilt.view(np.uint32).tolist()


def test_a_removed_token_is_stored_as_survivors_when_few_survive() -> None:
    before = np.arange(VOCAB, dtype=np.float32)
    after = np.where(before >= 90, before, np.float32(-np.inf))
    stored = encode(before, after)
    assert stored.form == Form.KEPT
    assert stored.ids is not None
    assert list(range(90, VOCAB)) == stored.ids.tolist()


def test_a_temperature_is_stored_as_one_number() -> None:
    before = np.linspace(-3, 3, VOCAB, dtype=np.float32)
    stored = encode(before, before / np.float32(0.7), scale_hint=0.7)
    assert stored.form == Form.DIVIDED
    assert stored.nbytes == 0


def test_an_unrecorded_stage_has_no_scores() -> None:
    from tracer.store.stages import StoredStage

    with pytest.raises(ValueError, match="form 'none' has no scores; it was not recorded"):
        decode(np.zeros(3, np.float32), StoredStage(Form.NONE))
