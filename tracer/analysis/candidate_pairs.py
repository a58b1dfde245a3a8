"""The candidates of one step in two traces, side by side: rank and probability of each, before and after the settings.

Any token's standing is known where a trace holds the scores; else only a candidate's. Draws and judges nothing.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tracer.analysis.statistics import ranks
from tracer.errors import SignalMissingError

if TYPE_CHECKING:
    from tracer.trace.candidate import Candidate
    from tracer.trace.step import Step

NUM_MODEL = 8
NUM_FINAL = 5


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a token stands in one row of scores; rank 0 is best."""

    rank: int
    probability: float
    is_removed: bool


@dataclass(frozen=True, slots=True)
class CandidateSide:
    """One token in one trace: under the raw logits and the final scores; None where that is not known."""

    token_id: int
    model: Standing | None
    final: Standing | None
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class CandidatePair:
    """One token in both; a side is None where that vocabulary has no such token."""

    token: str
    a: CandidateSide | None
    b: CandidateSide | None


def candidates_beside(
    a: "Step", b: "Step", *, by_text: bool = False, num_model: int = NUM_MODEL, num_final: int = NUM_FINAL
) -> tuple[CandidatePair, ...]:
    """Returns the leading tokens of both steps, by raw rank in a, then in b, and the chosen ones.

    Args:
        by_text: the vocabularies differ: pairs tokens of the same text, not of the same id.
        num_model: so many of the best under the raw logits of each.
        num_final: so many of the best under the final scores of each.
    """
    leading = [_leading(step, num_model, num_final) for step in (a, b)]
    if by_text:
        return _by_text(a, b, leading)
    ids = dict.fromkeys([*leading[0], *leading[1]])
    known = [_sides(step, list(ids)) for step in (a, b)]
    visible = a.call.trace.vocabulary.visible
    return _sorted([CandidatePair(visible(one), known[0][one], known[1][one]) for one in ids])


def _by_text(a: "Step", b: "Step", leading: list[list[int]]) -> tuple[CandidatePair, ...]:
    named: list[dict[str, CandidateSide]] = []
    for step, ids in zip((a, b), leading, strict=True):
        visible, sides = step.call.trace.vocabulary.visible, _sides(step, ids)
        named.append({visible(one): sides[one] for one in reversed(ids)})
    tokens = dict.fromkeys([*named[0], *named[1]])
    return _sorted([CandidatePair(one, named[0].get(one), named[1].get(one)) for one in tokens])


def _sorted(pairs: list[CandidatePair]) -> tuple[CandidatePair, ...]:
    def place(side: CandidateSide | None) -> float:
        return float("inf") if side is None or side.model is None else side.model.rank

    return tuple(sorted(pairs, key=lambda pair: (place(pair.a), place(pair.b))))


def _leading(step: "Step", num_model: int, num_final: int) -> list[int]:
    """The ids of the best candidates before and after the settings, and the chosen one, each once."""
    candidates = step.candidates
    final = sorted((one for one in candidates if not one.removed[-1]), key=lambda one: one.rank[-1])
    ids = [one.token_id for one in (*candidates[:num_model], *final[:num_final])]
    return list(dict.fromkeys([*ids, step.token_id]))


def _sides(step: "Step", ids: list[int]) -> dict[int, CandidateSide]:
    model, final = _standings(step, 0, ids), _standings(step, step.num_stages - 1, ids)
    return {one: CandidateSide(one, model.get(one), final.get(one), one == step.token_id) for one in ids}


def _standings(step: "Step", stage: int, ids: list[int]) -> dict[int, Standing]:
    known = {one.token_id: _of_candidate(one, stage) for one in step.candidates}
    if all(one in known for one in ids):
        return known
    try:
        scores = step.after(stage)
    except SignalMissingError:
        return known
    there = [one for one in ids if one < scores.size]
    places = ranks(scores, np.array(there, dtype=np.int64))
    logsumexp = float(step.logsumexp[stage])
    return known | {
        one: Standing(int(rank), float(np.exp(float(scores[one]) - logsumexp)), bool(scores[one] == -np.inf))
        for one, rank in zip(there, places, strict=True)
        if one not in known
    }


def _of_candidate(candidate: "Candidate", stage: int) -> Standing:
    return Standing(candidate.rank[stage], candidate.probability[stage], candidate.removed[stage])
