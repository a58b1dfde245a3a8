"""Where a text or a token stands in prompt and answer: what *find* lists, in columns.

A text is looked for as it was typed, across the borders of tokens; if it is nowhere, its visible form is read
back ("·rain" → " rain"); "#123" is the token of that id. Draws nothing.
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracer.analysis.occurrence import occurrences_of
from tracer.trace.text.glyphs import read_visible
from tracer.wording import numbers
from tracer.wording.composition import Language, compose

if TYPE_CHECKING:
    from tracer.trace.sequence import Sequence

_ID = re.compile(r"#(\d{1,9})", re.ASCII)


@dataclass(frozen=True, slots=True)
class FindPicture:
    """The places of a text, from the left; `first` and `last` count tokens from 0, prompt then answer.

    `steps` is the step at which each place begins in the answer; -1 where all of it lies in the prompt.
    """

    query: str
    label: str
    prompt_len: int
    first: tuple[int, ...]
    last: tuple[int, ...]
    steps: tuple[int, ...]


def find_picture(sequence: "Sequence", query: str, lang: Language) -> FindPicture:
    """Returns where the query stands; nowhere for an empty one."""
    found = _token_places(sequence, query) or _text_places(sequence, query)
    prompt_len = len(sequence.prompt_ids)
    indices = [step.index for step in sequence.steps] if found else []
    return FindPicture(
        query=query,
        label=_label(len(found), lang),
        prompt_len=prompt_len,
        first=tuple(first for first, _ in found),
        last=tuple(last for _, last in found),
        steps=tuple(
            indices[max(first - prompt_len, 0)] if last >= prompt_len else -1 for first, last in found
        ),
    )


def _token_places(sequence: "Sequence", query: str) -> list[tuple[int, int]]:
    match = _ID.fullmatch(query)
    ids = [*sequence.prompt_ids, *sequence.token_ids] if match else []
    return [(place, place) for place, one in enumerate(ids) if match and one == int(match.group(1))]


def _text_places(sequence: "Sequence", query: str) -> list[tuple[int, int]]:
    for text in dict.fromkeys((query, read_visible(query))):
        found = occurrences_of(sequence, text) if text else ()
        if found:
            return [(one.first, one.last) for one in found]
    return []


def _label(count: int, lang: Language) -> str:
    if count == 0:
        return compose("find.none", lang)
    return (
        compose("find.found_one", lang)
        if count == 1
        else compose("find.found", lang, count=numbers.count(count))
    )
