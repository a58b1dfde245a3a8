"""The special tokens that a chat template writes, read from its source, and which of them end a message.

Looks for the tokens' texts in the source; runs no template. A template that writes no special token by its
text has no markup here, and the rules then say nothing.
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracer.trace.trace import Trace

_AFTER_CONTENT = (
    r"content['\"\])]*\s*(?:\|\s*\w+\s*)*"  # message['content'] | trim
    r"(?:[+~]\s*['\"]|-?\}}\}}\s*(?:\{{\{{-?\s*['\"])?)"  # + '   or   }}   or   }}{{ '
    r"(?:\\n)?{token}"
)


@dataclass(frozen=True, slots=True)
class ChatMarkup:
    """Special tokens of a chat template: all it writes by their text, in order, and those behind a content.

    `names_eos` and `names_bos`: it also writes the tokenizer's own end or start token, by name.
    """

    token_ids: tuple[int, ...]
    ends: frozenset[int]
    names_bos: bool
    names_eos: bool


def chat_markup(trace: "Trace") -> ChatMarkup | None:
    """Returns the markup of the trace's chat template, or None without one."""
    source = trace.chat_template
    if source is None:
        return None
    texts = {token_id: trace.vocabulary.token(token_id) for token_id in trace.vocabulary.special_ids}
    places = {token_id: source.find(text) for token_id, text in texts.items() if text}
    found = sorted((place, token_id) for token_id, place in places.items() if place >= 0)
    token_ids = tuple(token_id for _, token_id in found)
    return ChatMarkup(
        token_ids=token_ids,
        ends=frozenset(one for one in token_ids if _follows_content(texts[one], source)),
        names_bos="bos_token" in source,
        names_eos="eos_token" in source,
    )


def _follows_content(text: str, source: str) -> bool:
    return re.search(_AFTER_CONTENT.format(token=re.escape(text)), source) is not None
