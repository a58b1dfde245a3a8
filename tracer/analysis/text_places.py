"""The text that a step could look at, place by place: the prompt without padding, then the tokens so far.

A place counts from the first token of the sequence; a position is a column of the cache, padding counted. Where
the input was no tokens (embeddings), places have no token. Knows no attention.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracer.analysis.template import template_places
from tracer.errors import SignalMissingError

if TYPE_CHECKING:
    from tracer.trace.sequence import Sequence
    from tracer.trace.step import Step


@dataclass(frozen=True, slots=True)
class TextPlaces:
    """The first `num_prompt` places are the prompt's; `first_position` is the position of place 0."""

    first_position: int
    num_prompt: int
    token_ids: tuple[int | None, ...]
    texts: tuple[str, ...]

    @property
    def size(self) -> int:
        """How many places there are."""
        return len(self.token_ids)


def places_of(step: "Step") -> TextPlaces:
    """Returns the places that the sampled forward of a step saw, its own included."""
    sequence = step.sequence
    ids = _prompt_ids(sequence)
    before = sequence.steps[0].position - len(ids)  # columns in front of the prompt's own tokens
    padding = _padding(sequence, len(ids), before)
    first = padding if padding < before else before + max(0, padding - before)
    known = ids[max(0, first - before) :]
    prompt: list[int | None] = [*[None] * max(0, before - first), *known]
    token_ids = (*prompt, *sequence.token_ids[: step.index - sequence.steps[0].index])
    return TextPlaces(first, len(prompt), token_ids, _texts(step, token_ids))


def places_of_template(step: "Step") -> tuple[frozenset[int], str | None]:
    """Returns the places that the chat template filled, or none and the reason why they are not known."""
    try:
        found = template_places(step.sequence)
    except SignalMissingError as error:
        return frozenset(), str(error)
    shift = places_of(step).num_prompt - len(step.sequence.prompt_ids)
    return frozenset(place + shift for place in found), None


def _prompt_ids(sequence: "Sequence") -> list[int]:
    info = sequence.call.info
    if not info.prompt_ids:
        return []
    own = sequence.row if len(info.prompt_ids) == info.num_rows else sequence.row // info.num_return_sequences
    return list(info.prompt_ids[own])


def _padding(sequence: "Sequence", length: int, before: int) -> int:
    """Returns how many columns at the left are padding."""
    info = sequence.call.info
    if info.prompt_mask is None:
        return 0
    own = (
        sequence.row if len(info.prompt_mask) == info.num_rows else sequence.row // info.num_return_sequences
    )
    mask = info.prompt_mask[own]
    leading = next((column for column, is_given in enumerate(mask) if is_given), len(mask))
    return leading if len(mask) >= before + length else (before + leading if leading else 0)


def _texts(step: "Step", token_ids: tuple[int | None, ...]) -> tuple[str, ...]:
    visible = step.call.trace.vocabulary.visible
    texts = {one: "?" if one is None else visible(one) for one in set(token_ids)}
    return tuple(texts[one] for one in token_ids)
