"""How far apart two predictions are: KL in nats and the largest difference of logits, step by step.

KL(a||b) is the mean, under a, of ln p_a - ln p_b. It is infinite where b gave 0 to a token that a could have chosen,
which filters do all the time in final scores. One step reads two rows of the vocabulary's size, so a long range is
made one step at a time. Where a trace holds no logits, KL is unknown (None) and only the candidates are compared.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tracer.analysis.statistics import Scores
from tracer.errors import SignalMissingError

if TYPE_CHECKING:
    from tracer.trace.sequence import Sequence
    from tracer.trace.step import Step


@dataclass(frozen=True, slots=True)
class Distance:
    """One step of both. `kl_model` is of the raw logits, `kl_final` of the final scores, in nats; None: unknown.

    `max_delta` is the largest absolute difference of two raw logits. `is_partial`: the logits of one are not in its
    trace, so it is the largest among the tokens that are candidates of both; None where there is none.
    """

    step: int
    kl_model: float | None
    kl_final: float | None
    max_delta: float | None
    is_partial: bool


def kl_divergence(a: Scores, b: Scores) -> float:
    """Returns KL(a||b) in nats of the distributions that two rows of scores stand for; -inf is probability 0.

    Infinite where b has probability 0 and a has not; nan where a has no token left.
    """
    alive = a > -np.inf
    if not alive.any():
        return math.nan
    if np.array_equal(a, b):
        return 0.0
    if not np.all(b[alive] > -np.inf):
        return math.inf
    if alive.all():  # of raw logits: nothing to leave out, and every copy of a vocabulary costs
        ours, weights = _log_probabilities(a)
        theirs = _log_probabilities(b)[0]
    else:
        is_kept = b > -np.inf
        ours, weights = _log_probabilities(a[alive])
        theirs = _log_probabilities(b[is_kept])[0][alive[is_kept]]
    ours -= theirs
    return max(0.0, float(np.dot(weights, ours)))  # equal ones can round to -1e-17


def _log_probabilities(scores: Scores) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The logarithms of the probabilities, and the probabilities, of scores above -inf."""
    shifted = scores.astype(np.float64) - float(scores.max())
    weights = np.exp(shifted)
    total = float(weights.sum())
    shifted -= math.log(total)
    weights /= total
    return shifted, weights


def largest_delta(a: Scores, b: Scores) -> float:
    """Returns the largest absolute difference of two rows; infinite where only one has a token removed."""
    with np.errstate(invalid="ignore"):
        delta = np.abs(a - b)
    delta[a == b] = 0.0  # both -inf
    return float(delta.max(initial=0.0))


def distance_between(a: "Step", b: "Step") -> Distance:
    """Returns how far apart two steps are whose tokens are those of one vocabulary."""
    logits = _both(a, b, 0)
    if logits is None:
        return Distance(a.index, None, _kl(a, b), _delta_of_candidates(a, b), True)
    return Distance(a.index, kl_divergence(*logits), _kl(a, b), largest_delta(*logits), False)


def _kl(a: "Step", b: "Step") -> float | None:
    scores = _both(a, b, -1)
    return None if scores is None else kl_divergence(*scores)


def _both(a: "Step", b: "Step", stage: int) -> tuple[Scores, Scores] | None:
    """The scores of both after a stage, or None where one is not in its trace, or they are of other lengths."""
    try:
        ours, theirs = a.after(stage), b.after(stage)
    except SignalMissingError:
        return None
    return (ours, theirs) if ours.shape == theirs.shape else None


def _delta_of_candidates(a: "Step", b: "Step") -> float | None:
    ours, theirs = ({one.token_id: one.score[0] for one in step.candidates} for step in (a, b))
    both = ours.keys() & theirs.keys()
    deltas = [0.0 if ours[token] == theirs[token] else abs(ours[token] - theirs[token]) for token in both]
    return max(deltas, default=None)


def distances(a: "Sequence", b: "Sequence", steps: Iterable[int] | None = None) -> Iterator[Distance]:
    """Yields the distance of each step that both have, one at a time; `steps` (a range) takes some of them.

    Steps after the first divergence continue different texts: there a distance says how different these are, not
    how different the models. Both sequences must have one vocabulary.
    """
    count = min(len(a.steps), len(b.steps))
    for place in range(count) if steps is None else steps:
        if 0 <= place < count:
            yield distance_between(a.steps[place], b.steps[place])


def is_other(a: "Step", b: "Step", stage: int) -> bool:
    """Returns whether the scores of two steps after a stage differ in any bit that the traces hold.

    From the whole rows where both traces hold them; else from the sums and the candidates in the tables.
    """
    if a.logsumexp[stage] != b.logsumexp[stage] or a.survivors[stage] != b.survivors[stage]:
        return True
    scores = _both(a, b, stage)
    if scores is not None:
        return not np.array_equal(*scores)
    ours, theirs = ({one.token_id: one.score[stage] for one in step.candidates} for step in (a, b))
    return any(ours[token] != theirs[token] for token in ours.keys() & theirs.keys())
