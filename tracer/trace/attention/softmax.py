"""Attention weights from queries and keys, as transformers' eager attention defines them, in float32 numpy.

A pure function of arrays; which positions, keys and masks belong together is `trace.positions`' and
`trace.key_values`' business.
Source: transformers 5.23, eager_attention_forward of Llama, Gemma-2 (softcap) and GptOss (sinks).
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_] | Floats


def attention_weights(
    queries: Floats,
    keys: Floats,
    *,
    scaling: float,
    mask: Mask | None = None,
    softcap: float | None = None,
    sinks: Floats | None = None,
) -> Floats:
    """Returns the weights, (heads, rows, kv_len); a row in which a boolean mask leaves nothing is all zeros.

    `queries` (heads, rows, head_dim) and `keys` (kv_heads, kv_len, head_dim) are after rotation; each
    key/value head serves heads / kv_heads query heads. `mask`, broadcast to the weights: boolean (True is
    visible) or added. `softcap` bounds the scores before the mask. `sinks`, (heads,), is one more logit of
    each head whose weight is dropped.
    """
    heads, rows, head_dim = queries.shape
    kv_heads, kv_len, _ = keys.shape
    grouped = queries.reshape(kv_heads, heads // kv_heads, rows, head_dim)
    products = (
        grouped @ keys.transpose(0, 2, 1)[:, None]
    )  # head by head, so that one alone gives the same bits
    scores = products.reshape(heads, rows, kv_len) * np.float32(scaling)
    if softcap is not None:
        scores = np.tanh(scores / np.float32(softcap)) * np.float32(softcap)
    if mask is not None:
        scores = np.where(mask, scores, np.float32(-np.inf)) if mask.dtype == np.bool_ else scores + mask
    return softmax(scores, sinks)


def softmax(scores: Floats, sinks: Floats | None) -> Floats:
    """Returns the weights of scores, (heads, rows, kv_len), in their place; a row of -inf becomes all zeros."""
    highest = scores.max(axis=-1, keepdims=True)
    if sinks is not None:
        sinks = sinks.astype(np.float32)[:, None, None]
        highest = np.maximum(highest, sinks)
    highest[np.isneginf(highest)] = 0
    np.subtract(scores, highest, out=scores)
    np.exp(scores, out=scores)
    total = scores.sum(axis=-1, keepdims=True)
    if sinks is not None:
        total = total + np.exp(sinks - highest)
    np.divide(scores, np.where(total == 0, np.float32(1), total), out=scores)
    return scores
