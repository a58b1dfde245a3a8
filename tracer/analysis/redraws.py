"""What the draw of a step would have given, had it been repeated many times with other luck.

Simulates with numpy's own generator from the final probabilities; the counts of a seed are always the same.
What happened once, with the recorded luck, is in `tracer.analysis.draw`.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tracer.errors import SignalMissingError

if TYPE_CHECKING:
    from tracer.trace.step import Step

MOST_ROWS = 10


@dataclass(frozen=True, slots=True)
class Redrawn:
    """How often one token came; `probability` is what the share of `count` tends to."""

    token_id: int
    token: str
    probability: float
    count: int
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Redraws:
    """The counts of `num_redraws` draws, the most frequent tokens first, the chosen token always among them.

    `others_count` is what all tokens without a row received, `others_probability` what they had.
    """

    step: int
    num_redraws: int
    seed: int
    rows: tuple[Redrawn, ...]
    others_count: int
    others_probability: float


def count_redraws(step: "Step", num_redraws: int = 10_000, *, seed: int = 0) -> Redraws:
    """Returns how often each token would have been drawn in so many redraws of a step.

    In a trace without full scores, tokens that are no candidates are counted together.

    Raises:
        ValueError: `num_redraws` is below 1, or the step is greedy: nothing is drawn.
    """
    if num_redraws < 1:
        raise ValueError(f"num_redraws={num_redraws!r} is below 1. Type num_redraws=10_000.")
    if step.call.info.mode == "greedy":
        raise ValueError(
            f"Step {step.index} was decoded greedily: nothing is drawn, the highest score wins every time. "
            "Name a step of a call with do_sample=True."
        )
    ids, probabilities = _known_probabilities(step)
    rest = max(0.0, 1.0 - float(probabilities.sum()))
    shares = np.append(probabilities, rest)
    counts = np.random.default_rng(seed).multinomial(num_redraws, shares / shares.sum())[:-1]
    order = np.lexsort((ids, -probabilities, -counts))[: MOST_ROWS - 1]
    shown = dict.fromkeys([*ids[order].tolist(), step.token_id])
    place = {token_id: number for number, token_id in enumerate(ids.tolist())}
    visible = step.call.trace.vocabulary.visible
    rows = tuple(
        Redrawn(
            token_id=token_id,
            token=visible(token_id),
            probability=float(probabilities[place[token_id]]) if token_id in place else 0.0,
            count=int(counts[place[token_id]]) if token_id in place else 0,
            is_chosen=token_id == step.token_id,
        )
        for token_id in shown
    )
    return Redraws(
        step=step.index,
        num_redraws=num_redraws,
        seed=seed,
        rows=rows,
        others_count=num_redraws - sum(row.count for row in rows),
        others_probability=max(0.0, 1.0 - sum(row.probability for row in rows)),
    )


def _known_probabilities(step: "Step") -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """The ids that can be drawn, and their final probabilities: of all tokens, else of the candidates."""
    try:
        scores = step.scores.astype(np.float64)
        ids = np.flatnonzero(scores > -np.inf)
        known = np.exp(scores[ids] - step.logsumexp[-1])
    except SignalMissingError:
        alive = [one for one in step.candidates if not one.removed[-1]]
        ids = np.array([one.token_id for one in alive], dtype=np.int64)
        known = np.array([one.probability[-1] for one in alive], dtype=np.float64)
    return ids, known
