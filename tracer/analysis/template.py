"""Which tokens of a prompt the chat template put there: all that is in no message's content.

Needs the messages of the call; reads no template.
"""

from typing import TYPE_CHECKING

from tracer.errors import SignalMissingError

if TYPE_CHECKING:
    from tracer.trace.sequence import Sequence


def template_places(sequence: "Sequence") -> frozenset[int]:
    """Returns the places in `sequence.prompt_ids` of the tokens that hold nothing of any message's content.

    Raises:
        SignalMissingError: the call has no messages, or their text is not found in the prompt.
    """
    call, path = sequence.call, str(sequence.call.trace.path)
    if not call.info.messages:
        raise SignalMissingError(
            f"Call {call.index} of {path!r} has no messages, so what its template added is not known. "
            "Record with `record(..., messages=[...])`, or leave skip_template out."
        )
    pieces = call.trace.vocabulary.pieces(sequence.prompt_ids)
    text = b"".join(piece.raw for piece in pieces)
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
    ends = _ends([len(piece.raw) for piece in pieces])
    return frozenset(
        place
        for place, (first, last) in enumerate(zip([0, *ends], ends, strict=False))
        if not any(first < end and last > begin for begin, end in spans)
    )


def _ends(lengths: list[int]) -> list[int]:
    ends, total = [], 0
    for length in lengths:
        total += length
        ends.append(total)
    return ends
