"""Sentences in parts, so that whoever draws them can make a chip of each token, whatever its text holds.

Backticks around a token are a convention of `tracer.wording`; a token may hold backticks itself. Draws nothing.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tracer.wording.composition import chip

LONGEST = 48
"""So many characters of a token are shown in a picture."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a sentence: plain text, or the visible text of a token."""

    text: str
    is_token: bool


def parts_of(sentence: str, tokens: Iterable[str]) -> tuple[Part, ...]:
    """Returns a sentence as text and tokens; `tokens` are the visible texts that it may name."""
    tokens_by_chip = {str(chip(token)): token for token in sorted(set(tokens), key=len, reverse=True)}
    chips = "|".join(map(re.escape, tokens_by_chip))
    pieces = re.split(f"({chips})", sentence) if chips else [sentence]
    made = (
        Part(shortened(tokens_by_chip[piece]) if place % 2 else piece, bool(place % 2))
        for place, piece in enumerate(pieces)
    )
    return tuple(part for part in made if part.text)


def shortened(token: str) -> str:
    """Returns a token's text, cut where it is too long for a picture."""
    return token if len(token) <= LONGEST else f"{token[: LONGEST - 1]}…"
