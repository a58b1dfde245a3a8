"""The text before a step as one row of a forward: token ids without padding, their positions, a rival's id.

Also says how far the logits of a repeated forward may lie from the recorded ones. Runs nothing.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tracer.errors import ModelError, SignalMissingError
from tracer.live.replaying.recorded_call import why_not_repeatable

if TYPE_CHECKING:
    from tracer.trace.step import Step

Scores = npt.NDArray[np.float32]

TOLERANCES = {"float32": 1e-3, "float64": 1e-3}
TOLERANCE_BELOW = 5e-2
"""Of the largest recorded logit, by the model's dtype; the second for what has fewer bits than float32."""


@dataclass(frozen=True, slots=True)
class RecordedText:
    """The prompt and what was generated before the step, padding left out.

    `positions` are absolute (columns of the recorded batch, padding counted); `position_ids` are those that the
    model was given, None where it was given none.
    """

    ids: tuple[int, ...]
    positions: tuple[int, ...]
    position_ids: tuple[int, ...] | None
    prompt_len: int


def recorded_text(step: "Step") -> RecordedText:
    """Returns the text before a step, as token ids.

    Raises:
        ModelError: the call began with a filled cache, or its prompt was not given as token ids.
    """
    info, sequence = step.call.info, step.sequence
    reason = why_not_repeatable(step.call)
    if reason is not None:
        raise ModelError(
            f"Step {step.index} of {str(step.call.trace.path)!r} cannot be repeated with the model: {reason}. "
            "Record a call that gets its whole prompt as input_ids."
        )
    prompt, generated = sequence.prompt_ids, sequence.token_ids[: step.index]
    positions = (*_prompt_columns(step), *range(info.prompt_len, info.prompt_len + len(generated)))
    return RecordedText((*prompt, *generated), positions, _position_ids(step, positions), len(prompt))


def _prompt_columns(step: "Step") -> tuple[int, ...]:
    info = step.call.info
    if info.prompt_mask is None:
        return tuple(range(info.prompt_len))
    is_one_each = len(info.prompt_ids) == info.num_rows
    row = step.sequence.row if is_one_each else step.sequence.row // info.num_return_sequences
    mask = info.prompt_mask[row][-info.prompt_len :]
    return tuple(column for column, is_given in enumerate(mask) if is_given)


def _position_ids(step: "Step", positions: tuple[int, ...]) -> tuple[int, ...] | None:
    """What the forwards up to the step were given, by column; None where a column's is not known."""
    known: dict[int, int] = {}
    for forward in step.call.forwards:
        given = forward.inputs.get("position_ids")
        if forward.is_auxiliary or forward.step > step.index or given is None or given.values is None:
            continue
        if given.values.ndim == 2:
            rows = given.values
            row = rows[step.sequence.row if len(rows) > 1 else 0]
            known |= {forward.position_start + place: int(value) for place, value in enumerate(row)}
    if any(position not in known for position in positions):
        return None
    return tuple(known[position] for position in positions)


def recorded_gap(step: "Step", logits: Scores) -> tuple[float | None, float]:
    """Returns the largest difference from the recorded logits (None: not recorded), and what it may be.

    Raises:
        ModelError: it is larger.
    """
    try:
        recorded = step.logits
    except SignalMissingError:
        return None, 0.0
    share = TOLERANCES.get(step.call.trace.model.dtype, TOLERANCE_BELOW)
    tolerance = share * float(np.abs(recorded[np.isfinite(recorded)]).max(initial=0.0))
    differs = recorded != logits  # equal infinities are no difference
    gap = float(np.abs(recorded[differs].astype(np.float64) - logits[differs]).max(initial=0.0))
    if not gap <= tolerance:
        raise ModelError(
            f"Step {step.index} of {str(step.call.trace.path)!r} is not repeated by this model: its logits are up to "
            f"{gap:.3g} away from the recorded ones, and {tolerance:.3g} is allowed. Load the recorded model with "
            f"its recorded weights: {step.call.trace.model.name!r}."
        )
    return gap, tolerance


def token_id_of(step: "Step", token: "int | str", name: str) -> int:
    """Returns the id of a token given as an id or as text.

    Raises:
        ValueError: there is no such token.
    """
    if isinstance(token, int):
        if 0 <= token < step.call.trace.model.vocab_size:
            return token
        raise ValueError(
            f"{name}={token!r} is no token id of this model: there are 0 to {step.call.trace.model.vocab_size - 1}. "
            f"Type {name}='#{step.favorite_id}' or the token's text."
        )
    found = step.call.trace.vocabulary.id_of(token)
    if found is None:
        raise ValueError(
            f"{name}={token!r} is no single token of this vocabulary. Give its text with its blank, such as "
            f"{step.call.trace.vocabulary.visible(step.favorite_id)!r}, or its id, such as '#{step.favorite_id}'."
        )
    return found
