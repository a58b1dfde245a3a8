"""Where a text occurs in what a sequence holds: which positions of the prompt, which steps of the answer.

Compares bytes of the running text, so that a text is found across the borders of tokens and where the answer
continues the prompt. Knows no pattern language: the text is taken as it is.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracer.trace.sequence import Sequence


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One place of a text. `first` and `last` count tokens from 0, prompt then answer, padding left out.

    `first_step` and `last_step` are the steps that wrote it; None where it lies in the prompt. `tokens` are
    all tokens that hold a part of it, visible. `crosses_prompt`: it begins in the prompt and ends in the answer.
    """

    first: int
    last: int
    first_step: int | None
    last_step: int | None
    tokens: tuple[str, ...]
    crosses_prompt: bool

    @property
    def is_in_prompt(self) -> bool:
        """Whether all of it lies in the prompt."""
        return self.last_step is None


def occurrences_of(sequence: "Sequence", text: str) -> tuple[Occurrence, ...]:
    """Returns where the text occurs in prompt and answer, from the left, none overlapping another.

    Raises:
        ValueError: the text is empty.
    """
    if not text:
        raise ValueError("The text to find is empty. Type at least one character, such as --find rain.")
    vocabulary = sequence.call.trace.vocabulary
    prompt_len, steps = len(sequence.prompt_ids), sequence.steps
    ids = [*sequence.prompt_ids, *sequence.token_ids]
    parts = [piece.raw for piece in vocabulary.pieces(ids)]
    ends = list(accumulate(map(len, parts)))
    found = []
    for begin, end in _places(b"".join(parts), text.encode("utf-8", "surrogateescape")):
        first, last = bisect_right(ends, begin), bisect_right(ends, end - 1)
        found.append(
            Occurrence(
                first=first,
                last=last,
                first_step=steps[max(first - prompt_len, 0)].index if last >= prompt_len else None,
                last_step=steps[last - prompt_len].index if last >= prompt_len else None,
                crosses_prompt=first < prompt_len <= last,
                tokens=tuple(vocabulary.visible(token_id) for token_id in ids[first : last + 1]),
            )
        )
    return tuple(found)


def _places(whole: bytes, part: bytes) -> Iterator[tuple[int, int]]:
    at = whole.find(part)
    while at >= 0:
        yield at, at + len(part)
        at = whole.find(part, at + len(part))
