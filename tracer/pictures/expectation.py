"""What was expected instead of a step's token, in words and as a table of both tokens through the stages.

The text typed takes the place of the step's token; all before it is as it was generated. Finds nothing itself.
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracer.analysis.expectation import compare, compare_token
from tracer.pictures.token_stages import TokenTable, token_table
from tracer.trace.text.glyphs import read_visible, show_invisible
from tracer.wording.composition import Language
from tracer.wording.expectation import clauses

if TYPE_CHECKING:
    from tracer.trace.step import Step
    from tracer.trace.text.tokens import Vocabulary

_ID = re.compile(r"#\d+", re.ASCII)
_BLANKS = b" \t\r\n"


@dataclass(frozen=True, slots=True)
class ExpectedPicture:
    """`typed` is what was compared, as it is shown; `step` is where the texts part, or None where they do not.

    `table` holds the expected token and the chosen one.
    """

    typed: str
    step: int | None
    sentences: tuple[str, ...]
    table: TokenTable | None


def expected_picture(step: "Step", typed: str, lang: Language = "en") -> ExpectedPicture:
    """Returns how a text typed instead of the step's token fared.

    It may be one token, also `·` and `↵` as they are shown, or `#123` for its id; else a longer text. Where the step's
    token begins with a blank, a text without one gets that blank too.

    Raises:
        SignalMissingError: the trace holds no vocabulary.
        ValueError: nothing was typed, or no token begins like that.
    """
    if not typed.strip():
        raise ValueError("The expected text is empty. Type the token that should have come.")
    vocabulary, sequence = step.call.trace.vocabulary, step.sequence
    place = step.index - sequence.steps[0].index
    pieces = vocabulary.pieces(sequence.token_ids, continued=True)
    wanted = _with_blank(read_visible(typed).encode("utf-8", "surrogatepass"), pieces[place].raw)
    token_id = _token(vocabulary, typed, wanted)
    if token_id is not None:
        expectation = compare_token(step, token_id)
    else:
        before = b"".join(piece.raw for piece in pieces[:place])
        expectation = compare(sequence, (before + wanted).decode("utf-8", "surrogateescape"))
    departure, table = expectation.departure, None
    if departure is not None:
        left = sequence.steps[departure.step - sequence.steps[0].index]
        table = token_table(left, (departure.expected_id, departure.chosen.token_id), lang)
    return ExpectedPicture(
        typed=show_invisible(wanted) if token_id is None else vocabulary.visible(token_id),
        step=None if departure is None else departure.step,
        sentences=clauses(expectation, lang),
        table=table,
    )


def _token(vocabulary: "Vocabulary", typed: str, wanted: bytes) -> int | None:
    """The one token that was typed, by its id or its text, or None where it takes several."""
    text = typed.strip()
    named = vocabulary.id_of(text)
    if named is not None and (_ID.fullmatch(text) or vocabulary.special(named)):
        return named
    return vocabulary.id_of(wanted.decode("utf-8", "replace"))


def _with_blank(wanted: bytes, written: bytes) -> bytes:
    blank = written[: len(written) - len(written.lstrip(_BLANKS))]
    return wanted if wanted[:1] in _BLANKS else blank + wanted
