"""The token strip and the map of the text: every piece of prompt and answer as it is shown, in columns.

Text is only ever text: whitespace, control characters and half characters are signs (`tracer.trace.text`), long
tokens are cut. Reads the steps table and the vocabulary once, no shard by step. Colors and marks are numbers;
what they look like is decided by whoever draws.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import numpy as np

from tracer.analysis.notable import Finding, Notable, worth_stopping_at
from tracer.analysis.template import prompt_parts
from tracer.errors import SignalMissingError
from tracer.trace.text.glyphs import show_invisible
from tracer.trace.text.tokens import Piece
from tracer.wording import numbers
from tracer.wording.composition import Language, compose

if TYPE_CHECKING:
    from tracer.trace.sequence import Sequence

EDGES = (0.9, 0.5, 0.2, 0.05)
"""Of the model, where a bin of surprisal ends: bin 0 has at least the first, bin 4 less than the last."""

MOST_CHARACTERS = 80
"""A longer piece is cut, and ends with "…"."""

_MARKS = {finding: str(place) for place, finding in enumerate(Finding)}
_NO_MARK = "-"
_SIGN = re.compile("⟨[^⟩]*⟩")
_RIGHT_TO_LEFT = frozenset({"R", "AL"})

Direction = Literal["ltr", "rtl"]


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of the prompt, the places `start` … `stop` (not included); a folded one shows its label only."""

    start: int
    stop: int
    kind: Literal["template", "message", "prompt"]
    role: str | None
    label: str
    is_folded: bool


@dataclass(frozen=True, slots=True)
class Pieces:
    """Tokens in columns; what few tokens have is a list of places.

    `split`: (start, stop, characters), where tokens hold whole characters only together; `cut`: (place, number of
    characters) of a cut piece; `right_to_left`: the places whose text runs that way.
    """

    texts: tuple[str, ...]
    ids: tuple[int, ...]
    special: tuple[int, ...]
    split: tuple[tuple[int, int, str], ...]
    cut: tuple[tuple[int, int], ...]
    right_to_left: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class StripPicture:
    """What the strip and the map show; a place in `answer` is a step.

    `bins` has a digit for each step, 0 (expected) to 4 (surprising), by the model's probability; `marks` the
    number of the strongest finding there in `findings`, or "-". Of the steps that share a column of the map, the
    largest bin and the smallest mark count. `model` and `after` are the chosen token's probability under the raw
    logits and behind all settings, as people read them.
    """

    summary: str
    direction: Direction
    prompt: Pieces
    segments: tuple[Segment, ...]
    answer: Pieces
    bins: str
    marks: str
    findings: tuple[str, ...]
    model: tuple[str, ...]
    after: tuple[str, ...]
    legend: str
    bin_labels: tuple[str, ...]


def strip_picture(sequence: "Sequence", notables: Iterable[Notable], lang: Language) -> StripPicture:
    """Returns the strip of a sequence, given what `notable_steps` found in it.

    Raises:
        SignalMissingError: the call ended before its prompt was written.
    """
    prompt_len, table = len(sequence.prompt_ids), sequence.call.step_table
    pieces = sequence.call.trace.vocabulary.pieces([*sequence.prompt_ids, *sequence.token_ids])
    rows = table.rows(sequence.row)
    steps, model, after = (table.column(rows, name) for name in ("step", "model_probability", "probability"))
    marks = {one.step: _MARKS[one.finding] for one in worth_stopping_at(notables, len(steps))}
    return StripPicture(
        summary=compose(
            "strip.summary",
            lang,
            prompt=numbers.count(prompt_len),
            answer=numbers.count(len(pieces) - prompt_len),
        ),
        direction=_direction(sequence.text) or _direction(sequence.prompt_text) or "ltr",
        prompt=_columns(pieces[:prompt_len]),
        segments=_segments(sequence, pieces[:prompt_len], lang),
        answer=_columns(pieces[prompt_len:]),
        bins="".join(map(str, surprisal_bins(model))),
        marks="".join(marks.get(step, _NO_MARK) for step in steps),
        findings=tuple(map(str, Finding)),
        model=_percents(model, lang),
        after=_percents(after, lang),
        legend=compose("strip.legend", lang),
        bin_labels=_bin_labels(lang),
    )


def surprisal_bins(probabilities: list[float]) -> list[int]:
    """Returns for each probability its bin, 0 to 4: of 0.9, 0.5, 0.2, 0.05 and above, and below."""
    rising = np.array(EDGES[::-1])
    bins = len(EDGES) - np.searchsorted(rising, np.array(probabilities, dtype=np.float64), side="right")
    return [int(one) for one in bins]


def _columns(pieces: tuple[Piece, ...]) -> Pieces:
    texts = [show_invisible(piece.raw) or "⟨⟩" for piece in pieces]
    return Pieces(
        texts=tuple(text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}…" for text in texts),
        ids=tuple(piece.id for piece in pieces),
        special=tuple(place for place, piece in enumerate(pieces) if piece.is_special),
        split=tuple(_split(pieces)),
        cut=tuple((place, len(text)) for place, text in enumerate(texts) if len(text) > MOST_CHARACTERS),
        right_to_left=tuple(
            place
            for place, (text, piece) in enumerate(zip(texts, pieces, strict=True))
            if (_direction(text) or _direction(piece.part_of or "")) == "rtl"
        ),
    )


def _split(pieces: tuple[Piece, ...]) -> Iterator[tuple[int, int, str]]:
    """The runs of tokens that begin and end with whole characters, and not in between."""
    start, raw, parts = 0, b"", ""
    for place, piece in enumerate(pieces):
        if not raw:
            start, parts = place, ""
        if piece.part_of is None:
            raw = b""
            continue
        raw, parts = raw + piece.raw, parts + piece.part_of
        if _is_whole(raw):
            yield start, place + 1, "".join(dict.fromkeys(parts))
            raw = b""


def _is_whole(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _segments(sequence: "Sequence", pieces: tuple[Piece, ...], lang: Language) -> tuple[Segment, ...]:
    """The prompt's parts: what the template and a system message put there is folded, neighbors together."""
    try:
        parts = prompt_parts(sequence)
    except SignalMissingError:
        return (_segment(0, len(pieces), "prompt", None, lang),) if pieces else ()
    segments: list[Segment] = []
    for part in parts:
        is_folded = part.message is None or part.role == "system"
        if is_folded and segments and segments[-1].is_folded:
            start, role = segments.pop().start, None
        else:
            start, role = part.start, None if is_folded else part.role
        if is_folded and b"system" in b"".join(piece.raw for piece in pieces[start : part.stop]):
            role = "system"  # templates name the role, also where they bring a system text of their own
        kind: Literal["template", "message"] = "template" if is_folded else "message"
        segments.append(_segment(start, part.stop, kind, role, lang))
    return tuple(segments)


def _segment(
    start: int, stop: int, kind: Literal["template", "message", "prompt"], role: str | None, lang: Language
) -> Segment:
    key = "prompt" if kind != "template" else "system" if role == "system" else "template"
    label = compose(f"strip.{key}", lang, count=numbers.count(stop - start))
    return Segment(start, stop, kind, role, label, is_folded=kind == "template")


def _direction(text: str) -> Direction | None:
    """The direction of the first character that has one; byte signs have none."""
    text = _SIGN.sub("", text)
    if text.isascii():
        return "ltr" if any(map(str.isalpha, text)) else None
    for char in text:
        bidirectional = unicodedata.bidirectional(char)
        if bidirectional == "L" or bidirectional in _RIGHT_TO_LEFT:
            return "ltr" if bidirectional == "L" else "rtl"
    return None


def _percents(probabilities: list[float], lang: Language) -> tuple[str, ...]:
    shown = {one: numbers.percent(one, lang) for one in {round(one, 12) for one in probabilities}}
    return tuple(shown[round(one, 12)] for one in probabilities)


def _bin_labels(lang: Language) -> tuple[str, ...]:
    shown = [f"{edge * 100:.0f}" for edge in EDGES]
    percents = [compose("percent", lang, number=number) for number in shown]
    between = (compose("strip.bin", lang, low=low, high=high) for high, low in pairwise(percents))
    first = compose("strip.bin_most", lang, low=percents[0])
    return (first, *between, compose("strip.bin_least", lang, high=percents[-1]))
