"""Which token a person means: its text, its visible form, "#123" or its id. Chooses nothing where two fit."""

from typing import Any

from tracer.recording.description.vocabulary import known_vocabulary
from tracer.trace.text.tokens import Vocabulary
from tracer.trace.trace import Trace


def find_token_id(token: str | int, trace: Trace, tokenizer: Any) -> int:
    """Returns the id of a token; texts are looked up in the trace's vocabulary, else in the tokenizer's.

    Raises:
        ValueError: there is no such token, or the text is that of several.
    """
    vocab_size = trace.model.vocab_size
    if isinstance(token, int):
        if not 0 <= token < vocab_size:
            raise ValueError(
                f"token={token!r} is no id of this model: there are 0 to {vocab_size - 1}. Type token=0."
            )
        return token
    vocabulary = trace.vocabulary
    if not vocabulary.size and tokenizer is not None:
        vocabulary = Vocabulary.from_table(known_vocabulary(tokenizer, vocab_size))
    found = [token_id for token_id in vocabulary.ids_of(token) if token_id < vocab_size]
    if not found:
        raise ValueError(_unknown(token, vocabulary))
    if len(found) > 1:
        listed = ", ".join(f"#{token_id}" for token_id in found[:5])
        raise ValueError(
            f"token={token!r} is the text of {len(found)} tokens: {listed}. Name one by its id: token='#{found[0]}'."
        )
    return found[0]


def _unknown(token: str, vocabulary: Vocabulary) -> str:
    if not vocabulary.size:
        return (
            f"token={token!r} cannot be looked up: the trace has no vocabulary. "
            "Give tokenizer=…, or the token's id, such as token='#123'."
        )
    spaced = next((one for one in (f" {token}", token.lstrip(" ")) if vocabulary.ids_of(one)), None)
    if spaced is not None:
        return f"token={token!r} is no token; with other spaces there is one. Type token={spaced!r}."
    return (
        f"token={token!r} is no token of the {vocabulary.size:,} in the vocabulary: a token is one piece, spaces "
        "included. Type one that `tracer why` shows for the step, or an id, such as token='#123'."
    )
