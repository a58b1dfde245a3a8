"""The vocabulary of a trace: every id with its spelling and its bytes, so that reading needs no tokenizer.

Builds the table and finds the chat template; how a spelling becomes bytes is `token_bytes`, how bytes become
text is `tracer.trace.text.tokens`. Encodes and decodes no text.
"""

from typing import Any
from weakref import WeakKeyDictionary

import pyarrow as pa

from tracer.recording.description.token_bytes import Contribution, find_decoding
from tracer.store.tables import VOCABULARY
from tracer.store.vocabulary import with_ends

_NO_LIMIT = 10**9
"""transformers writes 10**30 into `model_max_length` where a tokenizer has no limit."""

_known: WeakKeyDictionary[Any, tuple[tuple[int, int], pa.Table]] = WeakKeyDictionary()


def known_vocabulary(tokenizer: Any, vocab_size: int) -> pa.Table:
    """Returns `build_vocabulary`'s table, built once for each tokenizer as long as its size stays the same."""
    sizes = (len(tokenizer), vocab_size)
    known = _known.get(tokenizer)
    if known is None or known[0] != sizes:
        known = (sizes, build_vocabulary(tokenizer, vocab_size))
        _known[tokenizer] = known
    return known[1]


def build_vocabulary(tokenizer: Any, vocab_size: int) -> pa.Table:
    """Returns one row for each id below `vocab_size`, the width of the model's head, in order.

    Columns as in `tracer.store.tables.VOCABULARY`; an id that the tokenizer does not know (a padded head) has
    a null piece and no bytes. What a text drops at its ends stands in the schema metadata, see
    `tracer.store.vocabulary`.
    """
    inner = _text_tokenizer(tokenizer)
    decoding = find_decoding(inner)
    added = dict(inner.added_tokens_decoder)
    special = {token_id for token_id, token in added.items() if token.special} | set(inner.all_special_ids)
    spellings = _spellings(inner, vocab_size)
    raw = [_contributed(spelling, decoding.contribution) for spelling in spellings]
    for token_id in added:
        if token_id < vocab_size and spellings[token_id] is not None and not _is_utf8(raw[token_id]):
            raw[token_id] = str(
                spellings[token_id]
            ).encode()  # written out by a person, never half a character
    table = pa.table(
        [
            range(vocab_size),
            [_storable(spelling) for spelling in spellings],
            raw,
            [token_id in special for token_id in range(vocab_size)],
            [token_id in added for token_id in range(vocab_size)],
        ],
        schema=VOCABULARY,
    )
    return with_ends(table, decoding.start, decoding.end)


def chat_template(tokenizer: Any) -> str | None:
    """Returns the chat template's source, the default one where there are several, or None."""
    template = getattr(tokenizer, "chat_template", None)
    if isinstance(template, dict):
        template = template.get("default")
    return template if isinstance(template, str) else None


def tokenizer_limit(tokenizer: Any) -> int | None:
    """Returns the length at which the tokenizer truncates when asked to, or None where it has no limit."""
    limit = getattr(tokenizer, "model_max_length", None)
    return limit if isinstance(limit, int) and 0 < limit < _NO_LIMIT else None


def _text_tokenizer(tokenizer: Any) -> Any:
    """A processor of several modalities holds its tokenizer."""
    return tokenizer if hasattr(tokenizer, "convert_ids_to_tokens") else tokenizer.tokenizer


def _spellings(tokenizer: Any, vocab_size: int) -> list[str | bytes | None]:
    if getattr(tokenizer, "backend_tokenizer", None) is not None:
        return list(tokenizer.convert_ids_to_tokens(list(range(vocab_size))))
    known = set(tokenizer.get_vocab().values()) | set(tokenizer.added_tokens_decoder)
    return [
        tokenizer.convert_ids_to_tokens(token_id) if token_id in known else None
        for token_id in range(vocab_size)
    ]


def _contributed(spelling: str | bytes | None, contribution: Contribution) -> bytes:
    match spelling:
        case None:
            return b""
        case bytes():  # tokenizers built on tiktoken spell in bytes
            return spelling
        case str():
            return contribution(spelling)


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _storable(spelling: str | bytes | None) -> str | None:
    if isinstance(spelling, bytes):
        return spelling.decode("utf-8", "backslashreplace")
    if spelling is None or spelling.isascii():
        return spelling
    return spelling.encode("utf-8", "backslashreplace").decode()
