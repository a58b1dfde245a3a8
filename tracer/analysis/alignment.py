"""Two sequences token by token: the prompts, the prefix that the answers share, and the place where they part.

Tokens of one vocabulary are compared by id. With different vocabularies the texts are compared, without special
tokens: a step of one stands beside the step of the same number of the other, which may write other characters.
Reads tables only.
"""

from collections.abc import Sequence as Several
from dataclasses import dataclass
from itertools import accumulate, zip_longest
from typing import TYPE_CHECKING

from tracer.store.stages import Form

if TYPE_CHECKING:
    from tracer.trace.sequence import Sequence
    from tracer.trace.text.tokens import Vocabulary
    from tracer.trace.trace import Trace


@dataclass(frozen=True, slots=True)
class PromptComparison:
    """Both prompts without padding. `num_shared` counts the tokens of the common beginning.

    `token_a` and `token_b` are the first tokens that differ, visible; None where that prompt ends there, or where
    the vocabularies differ: then `num_shared` counts bytes of text.
    """

    is_same: bool
    num_shared: int
    length_a: int
    length_b: int
    token_a: str | None
    token_b: str | None


@dataclass(frozen=True, slots=True)
class StepSide:
    """The token of one trace at one step; `is_shared`: it belongs to the common beginning of both answers.

    `probability` is under the final scores, `model_probability` under the raw logits. `is_forced`: a branch took it
    over from its parent, or set it.
    """

    step: int
    token_id: int
    token: str
    probability: float
    model_probability: float
    is_shared: bool
    is_forced: bool
    is_finished: bool


@dataclass(frozen=True, slots=True)
class AlignedStep:
    """One step of both; None where a text has ended. `is_same`: both have the same token there."""

    step: int
    a: StepSide | None
    b: StepSide | None
    is_same: bool


@dataclass(frozen=True, slots=True)
class Alignment:
    """All steps, how many of them the two share, and the places in a and b at which they part, if they do."""

    steps: tuple[AlignedStep, ...]
    num_shared: int
    parts_at: tuple[int, int] | None

    def side_a(self, place: int) -> StepSide | None:
        """Returns the token of a at a place, or None behind its end."""
        return self.steps[place].a if place < len(self.steps) else None

    def side_b(self, place: int) -> StepSide | None:
        """Returns the token of b at a place, or None behind its end."""
        return self.steps[place].b if place < len(self.steps) else None


def has_same_vocabulary(a: "Trace", b: "Trace") -> bool:
    """Returns whether the ids of both mean the same tokens, as far as both say what theirs mean."""
    if a is b:
        return True
    ours, theirs = a.files.vocabulary_table(), b.files.vocabulary_table()
    if ours is None or theirs is None:
        return a.model.vocab_size == b.model.vocab_size
    return bool(ours["piece"].equals(theirs["piece"]))


def has_logits(sequence: "Sequence") -> bool:
    """Returns whether the trace holds the raw logits of every step of a sequence."""
    table = sequence.call.step_table
    forms = table.column(table.rows(sequence.row), "form_by_stage")
    return all(form[0] != Form.NONE for form in forms)


def compare_prompts(a: "Sequence", b: "Sequence", same_vocabulary: bool) -> PromptComparison:
    """Returns where two prompts differ.

    Raises:
        SignalMissingError: a call ended before its prompt was written.
    """
    ours, theirs = a.prompt_ids, b.prompt_ids
    lengths = len(ours), len(theirs)
    if not same_vocabulary:
        texts = [one.prompt_text.encode("utf-8", "surrogatepass") for one in (a, b)]
        return PromptComparison(texts[0] == texts[1], _shared(*texts), *lengths, None, None)
    shared = _shared(ours, theirs)
    tokens = [
        one.call.trace.vocabulary.visible(ids[shared]) if shared < len(ids) else None
        for one, ids in ((a, ours), (b, theirs))
    ]
    return PromptComparison(ours == theirs, shared, *lengths, tokens[0], tokens[1])


def align(a: "Sequence", b: "Sequence", same_vocabulary: bool) -> Alignment:
    """Returns the steps of both beside each other."""
    if same_vocabulary:
        shared = _shared(a.token_ids, b.token_ids)
        num_shared = (shared, shared)
        is_equal = shared == len(a.token_ids) == len(b.token_ids)
        parts_at = None if is_equal else (shared, shared)
    else:
        num_shared, parts_at = _shared_texts(a, b)
    ours, theirs = _sides(a, num_shared[0]), _sides(b, num_shared[1])
    steps = tuple(
        AlignedStep(place, old, new, _is_same(old, new, same_vocabulary))
        for place, (old, new) in enumerate(zip_longest(ours, theirs))
    )
    return Alignment(steps, min(num_shared), parts_at)


def _is_same(a: StepSide | None, b: StepSide | None, same_vocabulary: bool) -> bool:
    if a is None or b is None:
        return False
    return a.token_id == b.token_id if same_vocabulary else a.token == b.token


def _shared(a: Several[int], b: Several[int]) -> int:
    length = min(len(a), len(b))
    return next((place for place in range(length) if a[place] != b[place]), length)


def _shared_texts(a: "Sequence", b: "Sequence") -> tuple[tuple[int, int], tuple[int, int] | None]:
    """How many steps of each lie within the common beginning of the texts, and where these part."""
    parts = [_bytes(one.call.trace.vocabulary, one.token_ids) for one in (a, b)]
    texts = [b"".join(one) for one in parts]
    shared = _shared(*texts)
    ends = [list(accumulate(map(len, one))) for one in parts]
    counts = [sum(end <= shared for end in one) for one in ends]
    if texts[0] == texts[1]:
        return (counts[0], counts[1]), None
    return (counts[0], counts[1]), (counts[0], counts[1])


def _bytes(vocabulary: "Vocabulary", ids: tuple[int, ...]) -> list[bytes]:
    return [b"" if piece.is_special else piece.raw for piece in vocabulary.pieces(ids)]


def _sides(sequence: "Sequence", num_shared: int) -> list[StepSide]:
    table, visible = sequence.call.step_table, sequence.call.trace.vocabulary.visible
    rows = table.rows(sequence.row)
    names = ("step", "token_id", "probability", "model_probability", "is_finished")
    columns = [table.column(rows, name) for name in names]
    texts = {one: visible(one) for one in set(columns[1])}
    forced = sequence.call.info.forced_steps
    num_forced = forced[sequence.row] if sequence.row < len(forced) else 0
    return [
        StepSide(
            step=step,
            token_id=token_id,
            token=texts[token_id],
            probability=probability,
            model_probability=model_probability,
            is_shared=place < num_shared,
            is_forced=step < num_forced,
            is_finished=bool(is_finished),
        )
        for place, (step, token_id, probability, model_probability, is_finished) in enumerate(
            zip(*columns, strict=True)
        )
    ]
