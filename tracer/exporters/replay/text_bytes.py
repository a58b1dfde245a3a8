"""The bytes of prompt and answer, token by token, so that a page can find a text across the borders of tokens.

Holds no search; `tracer/web/replay_answers.js` looks as `tracer.pictures.find` does.
"""

from dataclasses import dataclass

from tracer.trace.sequence import Sequence
from tracer.wording.composition import Language, compose


@dataclass(frozen=True, slots=True)
class TextBytes:
    """`parts`: each token's bytes, one character below U+0100 for each; ids and steps go with them.

    `steps` are those of the answer. Labels say how many places there are; `many` has `{count}`.
    """

    prompt_len: int
    parts: tuple[str, ...]
    ids: tuple[int, ...]
    steps: tuple[int, ...]
    none: str
    one: str
    many: str


def text_bytes(sequence: Sequence, lang: Language) -> TextBytes:
    """Returns the bytes of a sequence.

    Raises:
        SignalMissingError: the call ended before its prompt was written.
    """
    ids = (*sequence.prompt_ids, *sequence.token_ids)
    pieces = sequence.call.trace.vocabulary.pieces(ids)
    return TextBytes(
        prompt_len=len(sequence.prompt_ids),
        parts=tuple(piece.raw.decode("latin-1") for piece in pieces),
        ids=tuple(int(one) for one in ids),
        steps=tuple(step.index for step in sequence.steps),
        none=compose("find.none", lang),
        one=compose("find.found_one", lang),
        many=compose("find.found", lang, count="{count}"),
    )
