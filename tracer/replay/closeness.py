"""How near two rows of scores are: the same bits, units in the last place, ties with a cut.

Pure numpy on float32 rows; knows no processor.
"""

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

MAX_ULPS = 2
"""So far may values lie apart that another device or version computed."""


def same_bits(left: Scores, right: Scores) -> bool:
    """Returns whether both rows hold the same float32 words."""
    return left.shape == right.shape and np.array_equal(left.view(np.int32), right.view(np.int32))


def ulps(left: Scores, right: Scores) -> Ids:
    """Returns by how many representable float32 values each pair is apart; two nans are 0 apart."""
    steps: Ids = np.abs(_ordinal(left) - _ordinal(right))
    steps[np.isnan(left) & np.isnan(right)] = 0
    return steps


def _ordinal(scores: Scores) -> Ids:
    """The position of each value in the order of all float32 values; both zeros are 0."""
    bits = np.ascontiguousarray(scores).view(np.int32).astype(np.int64)
    return np.where(bits < 0, -(bits & 0x7FFFFFFF), bits)


def tied_with_cut(before: Scores, recorded: Scores, replayed: Scores, ids: Ids) -> Ids:
    """Returns those of `ids` that only one of the two results removed and whose score lies at the cut.

    The cut lies between the lowest score that the recorded stage kept and the highest that it removed; a
    token ties with it when its score is within 2 ulp of one of them.
    """
    kept = recorded == before
    removed = ~kept & (before > -np.inf)
    if not kept.any() or not removed.any():
        return ids[:0]
    fill = recorded[removed][0]
    edges = (before[kept & (before > -np.inf)].min(), before[removed].max())
    own, left, right = before[ids], recorded[ids], replayed[ids]
    is_near = np.minimum(*(ulps(own, np.full_like(own, edge)) for edge in edges)) <= MAX_ULPS
    is_cut_once = ((left == own) & (right == fill)) | ((left == fill) & (right == own))
    tied: Ids = ids[is_near & is_cut_once]
    return tied
