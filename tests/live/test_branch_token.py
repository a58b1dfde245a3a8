"""A token is found by its text, visible form or id; where several fit, none is taken."""

from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from tests.tokenizers_built import byte_level
from tracer.live.branching_off.branch_token import find_token_id
from tracer.store.tables import VOCABULARY
from tracer.trace.text.tokens import Vocabulary

ROWS = [("a", b"a"), (" b", b" b"), ("a2", b"a"), ("c", b"c")]


def trace_of(rows: list[tuple[str, bytes]] | None, vocab_size: int = 4) -> Any:
    """Stands for a trace with this vocabulary."""
    table = None
    if rows is not None:
        ids, flags = list(range(len(rows))), [False] * len(rows)
        pieces, raw = zip(*rows, strict=True)
        table = pa.table([ids, pieces, raw, flags, flags], schema=VOCABULARY)
    return SimpleNamespace(
        model=SimpleNamespace(vocab_size=vocab_size), vocabulary=Vocabulary.from_table(table)
    )


@pytest.mark.parametrize(("token", "expected"), [(" b", 1), ("c", 3), ("#2", 2), (0, 0)])
def test_a_token_is_found_by_text_or_id(token: str | int, expected: int) -> None:
    assert expected == find_token_id(token, trace_of(ROWS), None)


def test_without_a_vocabulary_the_tokenizer_is_asked() -> None:
    tokenizer = byte_level()
    trace = trace_of(None, vocab_size=len(tokenizer))
    expected = tokenizer("a", add_special_tokens=False).input_ids[0]
    assert expected == find_token_id(tokenizer.decode([expected]), trace, tokenizer)


@pytest.mark.parametrize(
    ("token", "message"),
    [
        ("a", "token='a' is the text of 2 tokens: #0, #2. Name one by its id: token='#0'"),
        ("b", "token='b' is no token; with other spaces there is one. Type token=' b'"),
        (" c", "Type token='c'"),
        ("never", "token='never' is no token of the 4 in the vocabulary: a token is one piece"),
        (-1, "token=-1 is no id of this model: there are 0 to 3"),
        ("#4", "token='#4' is no token of the 4"),
    ],
)
def test_what_is_no_token_or_several_is_refused(token: str | int, message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        find_token_id(token, trace_of(ROWS), None)
