"""Which tokens of a prompt the chat template put there, and which hold a message: all that is in no message's
content is the template's.

Needs the messages of the call; reads no template.
"""

from dataclasses import dataclass
from itertools import accumulate, groupby
from typing import TYPE_CHECKING

from tracer.errors import SignalMissingError

if TYPE_CHECKING:
    from tracer.trace.sequence import Sequence


@dataclass(frozen=True, slots=True)
class PromptPart:
    """The places `start` … `stop` (not included) in `sequence.prompt_ids` of one message, or of the template.

    `message` is the index of the message, None where the template put the tokens there.
    """

    message: int | None
    role: str | None
    start: int
    stop: int


def template_places(sequence: "Sequence") -> frozenset[int]:
    """Returns the places in `sequence.prompt_ids` of the tokens that hold nothing of any message's content.

    Raises:
        SignalMissingError: the call has no messages, or their text is not found in the prompt.
    """
    owned = (part for part in prompt_parts(sequence) if part.message is None)
    return frozenset(place for part in owned for place in range(part.start, part.stop))


def prompt_parts(sequence: "Sequence") -> tuple[PromptPart, ...]:
    """Returns the parts of a prompt, in order, without a gap; a token at a border belongs to the message.

    Raises:
        SignalMissingError: the call has no messages, or their text is not found in the prompt.
    """
    pieces = sequence.prompt_pieces
    spans = _content_spans(sequence, b"".join(piece.raw for piece in pieces))
    owners = _owners([len(piece.raw) for piece in pieces], spans)
    messages, parts, start = sequence.call.info.messages or [], list[PromptPart](), 0
    for owner, places in groupby(owners):
        stop = start + sum(1 for _ in places)
        parts.append(PromptPart(owner, None if owner is None else messages[owner].get("role"), start, stop))
        start = stop
    return tuple(parts)


def _content_spans(sequence: "Sequence", text: bytes) -> list[tuple[int, int]]:
    """The bytes of each message's content in the prompt."""
    call, path = sequence.call, str(sequence.call.trace.path)
    if not call.info.messages:
        raise SignalMissingError(
            f"Call {call.index} of {path!r} has no messages, so what its template added is not known. "
            "Record with `record(..., messages=[...])`, or leave skip_template out."
        )
    spans, start = [], 0
    for message in call.info.messages:
        content = message.get("content", "").strip().encode()
        found = text.find(content, start)
        if found < 0:
            raise SignalMissingError(
                f"The content of a message of call {call.index} of {path!r} is not in the prompt as it stands, so "
                "what its template added is not known. Leave skip_template out."
            )
        start = found + len(content)
        spans.append((found, start))
    return spans


def _owners(lengths: list[int], spans: list[tuple[int, int]]) -> list[int | None]:
    """For each token the message that it holds a part of."""
    owners: list[int | None] = []
    at = 0
    for end, length in zip(accumulate(lengths), lengths, strict=True):
        while at < len(spans) and spans[at][1] <= end - length:
            at += 1
        is_inside = at < len(spans) and end - length < spans[at][1] and end > spans[at][0]
        owners.append(at if is_inside else None)
    return owners
