"""The steps at which a text could well have gone another way: the runner-up was nearly as probable as the first.

Judged by the final scores, from which the token was taken, whoever was taken: the first two are compared, and
the chosen token stands beside them. Simulates nothing.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tracer.analysis.statistics import top_ids

if TYPE_CHECKING:
    from tracer.trace.sequence import Sequence
    from tracer.trace.step import Step

CLOSE_NATS = 0.5
"""A runner-up is near when ln p of the first leads by at most this."""

CLOSE_PROBABILITY = 0.1
"""A runner-up is near when the probability of the first leads by at most this."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A token and its probability under the final scores."""

    token_id: int
    token: str
    probability: float


@dataclass(frozen=True, slots=True)
class Fork:
    """One such step; `lead_nats` and `lead_probability` are by how much the first led the runner-up."""

    step: int
    chosen: Contender
    first: Contender
    runner_up: Contender
    lead_nats: float
    lead_probability: float
    num_left: int


def forks_of(sequence: "Sequence") -> tuple[Fork, ...]:
    """Returns the forks of a sequence, in order.

    Raises:
        SignalMissingError: the first two of a step are no candidates, and its scores were not recorded.
    """
    found = (fork_of(step) for step in sequence.steps)
    return tuple(fork for fork in found if fork is not None)


def fork_of(step: "Step") -> Fork | None:
    """Returns the fork at a step, or None where the runner-up was not near, or there was none.

    Raises:
        SignalMissingError: the first two are no candidates, and the step's scores were not recorded.
    """
    if step.survivors[-1] < 2:
        return None
    first, second = leaders_of(step)
    nats = math.log(first.probability / second.probability) if second.probability > 0 else math.inf
    lead = first.probability - second.probability
    if nats > CLOSE_NATS and lead > CLOSE_PROBABILITY:
        return None
    return Fork(
        step=step.index,
        chosen=_contender(step, step.token_id, step.probability),
        first=first,
        runner_up=second,
        lead_nats=nats,
        lead_probability=lead,
        num_left=step.survivors[-1],
    )


def leaders_of(step: "Step") -> tuple[Contender, Contender]:
    """Returns the two best placed tokens under the final scores, of at least two that are left.

    Raises:
        SignalMissingError: they are no candidates, and the step's scores were not recorded.
    """
    alive = sorted((c for c in step.candidates if not c.removed[-1]), key=lambda c: (c.rank[-1], c.token_id))[
        :2
    ]
    if len(alive) == 2 and alive[0].rank[-1] == 0 and alive[1].rank[-1] <= 1:
        first, second = (_contender(step, c.token_id, float(c.probability[-1])) for c in alive)
        return first, second
    scores, logsumexp = step.scores, float(step.logsumexp[-1])
    first, second = (
        _contender(step, int(token_id), float(np.exp(float(scores[token_id]) - logsumexp)))
        for token_id in top_ids(scores, 2)
    )
    return first, second


def _contender(step: "Step", token_id: int, probability: float) -> Contender:
    return Contender(token_id, step.call.trace.vocabulary.visible(token_id), probability)
