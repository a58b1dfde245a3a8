"""Where a generated text leaves the one that was expected, and what kept the expected token from being chosen.

Texts are compared as bytes, across the borders of tokens, so that another split into tokens is no difference.
The expected token is the longest of the vocabulary with which the rest of the expected text begins; shorter
ones are named beside it. It is followed through every stage, with the help of the stored scores where it is no
candidate. Encodes nothing with a tokenizer.
"""

import dataclasses
import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from tracer.analysis.explanation import Row, json_ready, row_of, settings_of
from tracer.analysis.remedies import Remedies, remedies_for
from tracer.analysis.settings import Setting
from tracer.analysis.statistics import ranks
from tracer.errors import SignalMissingError
from tracer.trace.candidate import Candidate

if TYPE_CHECKING:
    from tracer.trace.sequence import Sequence
    from tracer.trace.step import Step

_BLANKS = b" \t\r\n"


class Outcome(StrEnum):
    """How a generated text stands to the expected one."""

    REACHED = "reached"  # all of it was generated; more may follow
    ENDED = "ended"  # generation ended before, without a difference
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Departure:
    """The step where the texts part. `chosen` and `expected` are followed through all stages.

    `expected` is None where its scores were not recorded, then `missing` says what to do; `others` are shorter
    tokens with which the expected text could go on as well, those of them whose scores are known.
    """

    step: int
    expected_id: int
    expected_token: str
    num_tokens: int
    settings: tuple[Setting, ...]
    num_left: tuple[int, ...]
    chosen: Row
    expected: Row | None
    others: tuple[Row, ...]
    greedy_id: int
    remedies: Remedies | None
    missing: str | None


@dataclass(frozen=True, slots=True)
class Expectation:
    """A generated text beside the expected one; `agreed` is what they share, `rest` what was still expected.

    `num_steps`: steps that wrote the shared text. `num_more`: tokens after the expected text was reached.
    """

    call: int
    sequence: int
    outcome: Outcome
    agreed: str
    rest: str
    num_steps: int
    num_more: int
    departure: Departure | None

    def describe(self) -> dict[str, Any]:
        """Returns all of it as JSON-ready values; an infinite score is None."""
        described: dict[str, Any] = json_ready(dataclasses.asdict(self))
        if self.departure is not None and self.departure.remedies is not None:
            described["departure"]["remedies"]["needs_another_draw"] = (
                self.departure.remedies.needs_another_draw
            )
        return described


def compare(sequence: "Sequence", text: str) -> Expectation:
    """Returns how the sequence's text stands to the expected one.

    Blanks with which the generated text begins are not held against a text that begins without any.

    Raises:
        SignalMissingError: the trace holds no vocabulary, so that ids cannot be compared with a text.
        ValueError: the text is empty.
    """
    _check(sequence, text)
    pieces = sequence.call.trace.vocabulary.pieces(sequence.token_ids, continued=True)
    generated, wanted = b"".join(piece.raw for piece in pieces), text.encode("utf-8", "surrogateescape")
    if wanted[:1] not in _BLANKS or not wanted:
        wanted = generated[: len(generated) - len(generated.lstrip(_BLANKS))] + wanted
    agreed, num_steps = 0, 0
    for piece in pieces:
        reached = generated[: agreed + len(piece.raw)]
        if agreed >= len(wanted) or not (wanted.startswith(reached) or reached.startswith(wanted)):
            break
        agreed, num_steps = len(reached), num_steps + 1
    departure = None
    if agreed >= len(wanted):
        outcome = Outcome.REACHED
    elif num_steps == len(pieces):
        outcome = Outcome.ENDED
    else:
        outcome, departure = Outcome.LEFT, _departure(sequence.steps[num_steps], wanted[agreed:])
    return Expectation(
        call=sequence.call.index,
        sequence=sequence.row,
        outcome=outcome,
        agreed=_decoded(generated[:agreed]),
        rest=_decoded(wanted[agreed:]),
        num_steps=num_steps,
        num_more=len(pieces) - num_steps if outcome is Outcome.REACHED else 0,
        departure=departure,
    )


def compare_token(step: "Step", token_id: int) -> Expectation:
    """Returns how a step stands to one token that should have come there; all before it is as expected."""
    sequence, place = step.sequence, step.index - step.sequence.steps[0].index
    pieces = step.call.trace.vocabulary.pieces(sequence.token_ids, continued=True)
    is_chosen = token_id == step.token_id
    return Expectation(
        call=step.call.index,
        sequence=sequence.row,
        outcome=Outcome.REACHED if is_chosen else Outcome.LEFT,
        agreed=_decoded(b"".join(piece.raw for piece in pieces[: place + is_chosen])),
        rest="" if is_chosen else step.call.trace.vocabulary.token(token_id),
        num_steps=place + is_chosen,
        num_more=len(pieces) - place - 1 if is_chosen else 0,
        departure=None if is_chosen else _departure_with(step, (token_id,)),
    )


def _check(sequence: "Sequence", text: str) -> None:
    if not text:
        raise ValueError("The expected text is empty. Type how the answer should have begun.")
    if sequence.call.trace.vocabulary.size == 0:
        raise SignalMissingError(
            f"{str(sequence.call.trace.path)!r} holds no vocabulary, so that its tokens cannot be compared with "
            "a text. Record again with `record(model, tokenizer, ...)`."
        )


def _departure(step: "Step", rest: bytes) -> Departure:
    vocabulary = step.call.trace.vocabulary
    ids = vocabulary.ids_starting(rest)
    if not ids:
        raise SignalMissingError(
            f"No token of the vocabulary begins {_decoded(rest[:20])!r}, where step {step.index} leaves the "
            "expected text. Spell it as the model can write it."
        )
    return _departure_with(step, ids)


def _departure_with(step: "Step", ids: tuple[int, ...]) -> Departure:
    """How the first of these tokens fared; the others are shorter ones that would have done as well."""
    vocabulary = step.call.trace.vocabulary
    expected, remedies, missing = None, None, None
    try:
        expected = row_of(step, candidate_of(step, ids[0]))
        remedies = remedies_for(step, ids[0])
    except SignalMissingError as error:
        missing = str(error)
    return Departure(
        step=step.index,
        expected_id=ids[0],
        expected_token=vocabulary.visible(ids[0]),
        num_tokens=step.survivors[0],
        settings=settings_of(step),
        num_left=step.survivors,
        chosen=row_of(step, candidate_of(step, step.token_id)),
        expected=expected,
        others=_known_rows(step, [token_id for token_id in ids[1:] if token_id != step.token_id]),
        greedy_id=step.winner_id,
        remedies=remedies,
        missing=missing,
    )


def _known_rows(step: "Step", ids: list[int]) -> tuple[Row, ...]:
    """The rows of those tokens whose scores are known, the most probable first by the raw logits."""
    found = []
    for token_id in ids:
        try:
            found.append(row_of(step, candidate_of(step, token_id)))
        except SignalMissingError:
            continue
    return tuple(sorted(found, key=lambda row: (row.ranks[0], row.token_id)))


def candidate_of(step: "Step", token_id: int) -> Candidate:
    """Returns a token through every stage: as stored, else from the stored scores.

    Raises:
        SignalMissingError: it is no candidate, and the scores of a stage were not recorded.
    """
    stored = next((one for one in step.candidates if one.token_id == token_id), None)
    if stored is not None:
        return stored
    stages = [step.after(stage) for stage in range(step.num_stages)]
    scores = [float(stage[token_id]) for stage in stages]
    sums = step.logsumexp
    return Candidate(
        token_id=token_id,
        token=step.call.trace.vocabulary.token(token_id),
        score=tuple(scores),
        probability=tuple(math.exp(score - total) for score, total in zip(scores, sums, strict=True)),
        rank=tuple(int(ranks(stage, np.array([token_id]))[0]) for stage in stages),
        removed=tuple(score == -math.inf for score in scores),
    )


def _decoded(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
