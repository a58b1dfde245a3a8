"""Finds tokens of a vocabulary by what is typed: an id, a token's exact text, or a part of it.

Knows no step; how a token fared at a step is asked elsewhere.
"""

from functools import lru_cache

from tracer.trace.text.tokens import Vocabulary

MOST_FOUND = 20


def find_tokens(vocabulary: Vocabulary, text: str, limit: int = MOST_FOUND) -> tuple[int, ...]:
    """Returns the ids of the tokens that the text names, the best first: exact, then beginning with it, then any.

    "#123" is an id; "·" and "↵" stand for a space and a line break, as tokens are shown.
    """
    if not text:
        return ()
    exact = vocabulary.id_of(text)
    spaced = vocabulary.id_of(f" {text}")
    wanted = text.replace(" ", "·").casefold()
    first, second = [], []
    for token_id, shown in enumerate(_shown(vocabulary)):
        place = shown.find(wanted)
        if place in (0, 1) and shown[:place] in ("", "·"):
            first.append((len(shown), token_id))
        elif place >= 0:
            second.append((len(shown), token_id))
    ordered = [token_id for found in (first, second) for _, token_id in sorted(found)]
    named = [token_id for token_id in (exact, spaced) if token_id is not None]
    return tuple(dict.fromkeys([*named, *ordered]))[:limit]


@lru_cache(maxsize=2)
def _shown(vocabulary: Vocabulary) -> tuple[str, ...]:
    """Every token as it is shown, for comparing without regard to case."""
    return tuple(vocabulary.visible(token_id).casefold() for token_id in range(vocabulary.size))
