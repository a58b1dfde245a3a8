"""Attention from queries and keys is what torch computes, for all masks, caps, sinks and shared heads."""

import numpy as np
import pytest

from tracer.trace.attention.softmax import attention_weights

torch = pytest.importorskip("torch", reason="the oracle is torch")

HEADS, KV_HEADS, ROWS, KV, DIM = 6, 2, 5, 9, 8
LOWEST = float(torch.finfo(torch.float32).min)


def _arrays(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    shapes = ((HEADS, ROWS, DIM), (KV_HEADS, KV, DIM), (HEADS,))
    queries, keys, sinks = (random.normal(size=shape).astype(np.float32) for shape in shapes)
    return queries, keys, sinks


def _eager(queries, keys, scaling, additive=None, softcap=None, sinks=None):  # type: ignore[no-untyped-def]
    """Source: transformers 5.23, eager_attention_forward of Llama, Gemma-2 and GptOss."""
    keys = torch.from_numpy(keys).repeat_interleave(HEADS // KV_HEADS, dim=0)
    weights = torch.matmul(torch.from_numpy(queries), keys.transpose(1, 2)) * scaling
    if softcap is not None:
        weights = torch.tanh(weights / softcap) * softcap
    if additive is not None:
        weights = weights + additive
    if sinks is not None:
        column = torch.from_numpy(sinks).reshape(-1, 1, 1).expand(-1, weights.shape[1], -1)
        weights = torch.cat([weights, column], dim=-1)
    weights = torch.softmax(weights, dim=-1, dtype=torch.float32)
    return (weights if sinks is None else weights[..., :-1]).numpy()


def _causal() -> np.ndarray:
    return np.arange(KV)[None, :] <= np.arange(KV - ROWS, KV)[:, None]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("softcap", [None, 2.0])
@pytest.mark.parametrize("has_sinks", [False, True])
@pytest.mark.parametrize("kind", ["none", "boolean", "additive", "per head"])
def test_weights_are_eagers(seed: int, softcap: float | None, has_sinks: bool, kind: str) -> None:
    queries, keys, sinks = _arrays(seed)
    additive = {
        "none": None,
        "boolean": np.where(_causal(), np.float32(0), np.float32(LOWEST)),
        "additive": np.where(_causal(), np.float32(0), np.float32(LOWEST)),
        "per head": np.random.default_rng(seed).normal(size=(HEADS, ROWS, KV)).astype(np.float32),
    }[kind]
    given = _causal() if kind == "boolean" else additive
    given_sinks = sinks if has_sinks else None
    expected = _eager(
        queries, keys, 0.3, None if additive is None else torch.from_numpy(additive), softcap, given_sinks
    )
    actual = attention_weights(queries, keys, scaling=0.3, mask=given, softcap=softcap, sinks=given_sinks)
    assert actual.dtype == np.float32
    np.testing.assert_allclose(actual, expected, atol=1e-6)
    total = actual.sum(axis=-1)
    assert (total < 1).all() if has_sinks else np.allclose(1, total, atol=1e-6)


def test_a_row_that_the_lowest_value_masks_attends_evenly() -> None:
    queries, keys, _ = _arrays(0)
    additive = np.full((ROWS, KV), LOWEST, dtype=np.float32)
    expected = _eager(queries, keys, 0.3, torch.from_numpy(additive))
    actual = attention_weights(queries, keys, scaling=0.3, mask=additive)
    np.testing.assert_allclose(actual, expected, atol=1e-7)
    np.testing.assert_allclose(actual, 1 / KV, atol=1e-7)


@pytest.mark.parametrize("has_sinks", [False, True])
def test_a_row_that_a_boolean_mask_hides_is_zero(has_sinks: bool) -> None:
    queries, keys, sinks = _arrays(0)
    mask = _causal()
    mask[1] = False
    weights = attention_weights(queries, keys, scaling=0.3, mask=mask, sinks=sinks if has_sinks else None)
    assert not weights[:, 1].any()
    assert np.isfinite(weights).all()


def test_one_head_alone_has_the_same_bits() -> None:
    queries, keys, _ = _arrays(0)
    together = attention_weights(queries, keys, scaling=0.3)
    for head in range(HEADS):
        alone = attention_weights(queries[head : head + 1], keys[head // 3][None], scaling=0.3)
        np.testing.assert_array_equal(together[head], alone[0])


def test_equal_keys_are_attended_evenly() -> None:
    queries = np.ones((1, 1, 4), dtype=np.float32)
    weights = attention_weights(queries, np.ones((1, 8, 4), dtype=np.float32), scaling=0.5)
    assert [[[0.125] * 8]] == weights.tolist()
