"""The steps of a sequence as columns of numbers, read at once: for questions about all steps of a long text.

Taken from the steps and candidates tables; no array is opened. Judges nothing.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from tracer.trace.sequence import Sequence

Numbers = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]

_FROM_CANDIDATES = ("step", "stage", "token_id", "probability", "rank", "removed")


@dataclass(frozen=True, slots=True)
class StepColumns:
    """One entry for each step, in order. Where no candidate says a probability it is 0.

    `favorite_before`: of the model's favorite under the raw logits; `winner_probability`, `second_probability`:
    of the first two under the final scores; `overturned_at`: the first stage whose best was not the favorite
    any more, 0 where there is none.
    """

    step: Ids
    token_id: Ids
    favorite_id: Ids
    winner_id: Ids
    num_left: Ids
    model_probability: Numbers
    probability: Numbers
    model_entropy: Numbers
    favorite_before: Numbers
    winner_probability: Numbers
    second_probability: Numbers
    overturned_at: Ids


def step_columns(sequence: "Sequence") -> StepColumns:
    """Returns the columns of a sequence's steps."""
    table, rows = sequence.call.step_table, sequence.call.step_table.rows(sequence.row)
    step, token_id, favorite_id, winner_id = (
        np.array(table.column(rows, name), dtype=np.int64)
        for name in ("step", "token_id", "favorite_id", "winner_id")
    )
    model_probability, probability, model_entropy = (
        np.array(table.column(rows, name), dtype=np.float64)
        for name in ("model_probability", "probability", "model_entropy")
    )
    left = [survivors[-1] for survivors in table.column(rows, "survivors_by_stage")]
    found = _candidates(sequence, step)
    is_first, is_last = (found["stage"] == stage for stage in (0, len(sequence.call.stage_names) - 1))
    is_winner = winner_id[found["place"]] == found["token_id"]
    return StepColumns(
        step=step,
        token_id=token_id,
        favorite_id=favorite_id,
        winner_id=winner_id,
        num_left=np.array(left, dtype=np.int64),
        model_probability=model_probability,
        probability=probability,
        model_entropy=model_entropy,
        favorite_before=_best(
            found, is_first & (favorite_id[found["place"]] == found["token_id"]), len(step)
        ),
        winner_probability=_best(found, is_last & is_winner, len(step)),
        second_probability=_best(found, is_last & ~is_winner, len(step)),
        overturned_at=_overturned_at(found, favorite_id, len(sequence.call.stage_names)),
    )


def _candidates(sequence: "Sequence", steps: Ids) -> dict[str, npt.NDArray[Any]]:
    """The candidates of a sequence as columns; `place` is the index of their step."""
    table = sequence.call.step_table.candidate_table()
    is_own = table["sequence"].to_numpy() == sequence.row
    columns = {name: table[name].to_numpy()[is_own] for name in _FROM_CANDIDATES}
    place = np.minimum(np.searchsorted(steps, columns["step"]), max(len(steps) - 1, 0))
    is_known = steps[place] == columns["step"] if len(steps) else np.zeros(len(place), dtype=np.bool_)
    return {name: column[is_known] for name, column in (columns | {"place": place}).items()}


def _best(found: dict[str, npt.NDArray[Any]], is_picked: npt.NDArray[np.bool_], num_steps: int) -> Numbers:
    """For each step the largest probability among the candidates picked."""
    best = np.zeros(num_steps)
    np.maximum.at(best, found["place"][is_picked], found["probability"][is_picked])
    return best


def _overturned_at(found: dict[str, npt.NDArray[Any]], favorites: Ids, num_stages: int) -> Ids:
    unknown = np.iinfo(np.int64).max
    best = np.full((num_stages, len(favorites)), unknown)
    is_best = (found["rank"] == 0) & ~found["removed"]
    places = tuple(found[name][is_best] for name in ("stage", "place"))
    np.minimum.at(best, places, found["token_id"][is_best])
    is_other = (best != favorites) & (best != unknown)
    return np.asarray(np.argmax(is_other, axis=0), dtype=np.int64)  # stage 0 is the favorite's own
