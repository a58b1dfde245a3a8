"""Numbers that summarize one row of scores: logsumexp, entropy, survivors, ranks, mass removed.

Pure numpy functions on one (vocab,) float32 row, used while recording as well as when reading; -inf marks a
removed token. Sums run in float64. Where scores tie, the smallest token id comes first, everywhere. It reads
no trace and knows no token text.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int32]

NOISE_COUNT = 256
"""So many tokens of the smallest noise are kept beside the candidates."""


@dataclass(frozen=True, slots=True)
class StageStatistics:
    """What one stage looks like as a distribution; `entropy` is in nats, `survivors` are above -inf."""

    logsumexp: float
    entropy: float
    survivors: int
    argmax: int


def stage_statistics(scores: Scores) -> StageStatistics:
    """Returns logsumexp, entropy, number of survivors and first argmax of one row, (vocab,) float32.

    A row without survivors has logsumexp -inf and entropy 0.
    """
    argmax = int(np.argmax(scores))
    is_alive = scores > -np.inf
    num_alive = int(np.count_nonzero(is_alive))
    if num_alive == 0:
        return StageStatistics(logsumexp=float("-inf"), entropy=0.0, survivors=0, argmax=argmax)
    survivors = scores if num_alive == scores.size else scores[is_alive]
    with np.errstate(invalid="ignore"):  # NaN or +inf from a faulty processor gives NaN here
        shifted = survivors - scores[argmax]
        weights = np.exp(shifted)  # float32 is ten times as fast; 1e-7 of each term, summed in float64
        total = float(weights.sum(dtype=np.float64))
        entropy = float(np.log(total)) - float((weights * shifted).sum(dtype=np.float64)) / total
    return StageStatistics(
        logsumexp=float(scores[argmax]) + float(np.log(total)),
        entropy=max(entropy, 0.0),  # a certain token can round to -1e-17
        survivors=num_alive,
        argmax=argmax,
    )


def top_ids(scores: Scores, count: int) -> Ids:
    """Returns the ids of the `count` highest scores, best first, ties by id; never a removed token."""
    survivors = scores[scores > -np.inf]
    count = min(count, int(survivors.size))
    if count <= 0:
        return np.empty(0, dtype=np.int32)
    cut = np.partition(survivors, survivors.size - count)[survivors.size - count]
    above = np.flatnonzero(scores > cut)
    at_cut = np.flatnonzero(scores == cut)[: count - above.size]
    ids = np.concatenate([above, at_cut])
    return ids[np.lexsort((ids, -scores[ids]))].astype(np.int32)


def ranks(scores: Scores, ids: npt.NDArray[np.integer]) -> Ids:
    """Returns for each id how many tokens score strictly higher; for a removed token: all survivors."""
    wanted = scores[ids]
    alive = wanted[wanted > -np.inf]
    floor = alive.min() if alive.size else np.float32(np.inf)
    # Only tokens at or above the lowest wanted score can outrank one of them: sort those, not the vocabulary.
    higher = np.sort(scores[scores >= floor])
    counts = higher.size - np.searchsorted(higher, wanted, side="right")
    return np.where(wanted > -np.inf, counts, np.count_nonzero(scores > -np.inf)).astype(np.int32)


def removed_mass(before: Scores, before_logsumexp: float, after: Scores) -> float:
    """Returns the probability, under the stage before, of the tokens that this stage set to -inf."""
    removed = before[(after == -np.inf) & (before > -np.inf)]
    return float(np.exp(removed.astype(np.float64) - before_logsumexp).sum())


def smallest_noise(noise: Scores, candidate_ids: npt.NDArray[np.integer], count: int = NOISE_COUNT) -> Ids:
    """Returns the candidates' ids together with the `count` ids of the smallest noise, sorted, each once."""
    return np.union1d(candidate_ids, top_ids(-noise, count)).astype(np.int32)
