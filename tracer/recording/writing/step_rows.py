"""Turns one round's scores into stored stages, candidate rows and step rows.

Runs on the writer's thread; numpy only. Everything with the size of the vocabulary happens here, off the path of
generation.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tracer.analysis.statistics import StageStatistics, ranks, removed_mass, stage_statistics, top_ids
from tracer.errors import UnsupportedCallError
from tracer.schema import ProcessorInfo
from tracer.store.stages import Form, StoredStage, encode

Scores = npt.NDArray[np.float32]


def check_widths(step: int, stages: Sequence[Scores], processors: Sequence[ProcessorInfo]) -> None:
    """Raises UnsupportedCallError where a processor changed for how many tokens there are scores."""
    for before, after, processor in zip(stages, stages[1:], processors, strict=False):
        if before.shape[-1] != after.shape[-1]:
            raise UnsupportedCallError(
                f"At step {step} {processor.class_name} returned scores of {after.shape[-1]} tokens and was given "
                f"{before.shape[-1]}; only scores of the whole vocabulary can be recorded. "
                "Let it set the scores of the other tokens to -inf."
            )


@dataclass(frozen=True, slots=True)
class RowStages:
    """The stages of one row in one round: (vocab,) float32 each, stage 0 the raw logits."""

    scores: tuple[Scores, ...]
    statistics: tuple[StageStatistics, ...] = field(init=False)

    def __post_init__(self) -> None:
        statistics: list[StageStatistics] = []
        for stage, scores in enumerate(self.scores):
            is_same = stage > 0 and scores is self.scores[stage - 1]
            statistics.append(statistics[-1] if is_same else stage_statistics(scores))
        object.__setattr__(self, "statistics", tuple(statistics))

    def encoded(
        self, hints: tuple[float | None, ...], *, dense: frozenset[int]
    ) -> Iterator[tuple[int, StoredStage]]:
        """Yields (stage, stored form) for every stage behind the logits; those in `dense` are stored whole."""
        for stage in range(1, len(self.scores)):
            before, after = self.scores[stage - 1], self.scores[stage]
            if before is after and stage not in dense:
                yield stage, StoredStage(Form.SAME)
            else:
                yield stage, encode(before, after, scale_hint=hints[stage], dense=stage in dense)

    def candidate_ids(self, token_id: int, count: int) -> npt.NDArray[np.int32]:
        """Returns the top `count` raw and final tokens and the chosen one, in raw order."""
        raw = top_ids(self.scores[0], count)
        ids = np.union1d(np.union1d(raw, top_ids(self.scores[-1], count)), [token_id]).astype(np.int32)
        return ids[np.lexsort((ids, -self.scores[0][ids]))]

    def candidate_columns(self, ids: npt.NDArray[np.int32]) -> dict[str, npt.NDArray[np.generic]]:
        """Returns stage, token_id, score, probability, rank and removed for every stage and candidate."""
        scores, probabilities, rank_columns = [], [], []
        for stage, row in enumerate(self.scores):
            chosen = row[ids]
            scores.append(chosen)
            with np.errstate(invalid="ignore"):
                probabilities.append(np.exp(chosen.astype(np.float64) - self.statistics[stage].logsumexp))
            rank_columns.append(ranks(row, ids))
        count = len(self.scores)
        return {
            "stage": np.repeat(np.arange(count, dtype=np.int32), len(ids)),
            "token_id": np.tile(ids, count),
            "score": np.concatenate(scores),
            "probability": np.concatenate(probabilities),
            "rank": np.concatenate(rank_columns),
            "removed": np.isneginf(np.concatenate(scores)),
        }

    def removed_masses(self) -> list[float]:
        """Returns per stage the probability, under the stage before, of what it removed; 0 for the logits."""
        masses = [0.0]
        for stage in range(1, len(self.scores)):
            before, after = self.scores[stage - 1], self.scores[stage]
            if self.statistics[stage].survivors == self.statistics[stage - 1].survivors:
                masses.append(0.0)
            else:
                masses.append(removed_mass(before, self.statistics[stage - 1].logsumexp, after))
        return masses

    def step_columns(self, token_id: int) -> dict[str, object]:
        """Returns the columns of the steps table that follow from the scores and the chosen token."""
        first, last = self.statistics[0], self.statistics[-1]
        chosen = np.array([token_id], dtype=np.int32)
        return {
            "token_id": token_id,
            "probability": float(np.exp(np.float64(self.scores[-1][token_id]) - last.logsumexp)),
            "rank": int(ranks(self.scores[-1], chosen)[0]),
            "model_probability": float(np.exp(np.float64(self.scores[0][token_id]) - first.logsumexp)),
            "model_rank": int(ranks(self.scores[0], chosen)[0]),
            "entropy": last.entropy,
            "model_entropy": first.entropy,
            "favorite_id": first.argmax,
            "winner_id": last.argmax,
            "survivors_by_stage": [item.survivors for item in self.statistics],
            "removed_mass_by_stage": self.removed_masses(),
            "logsumexp_by_stage": [item.logsumexp for item in self.statistics],
        }
