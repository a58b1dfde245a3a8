"""The recorded vocabulary gives the same text as the tokenizer itself, for every kind of tokenizer."""

import random
import re
from pathlib import Path
from typing import Any

import pytest

from tests import zoo
from tests.tokenizers_built import (
    FAST,
    TEXTS,
    byte_level,
    demo_tokenizer,
    gemma_like,
    metaspace,
    slow_bytes,
    slow_sentencepiece,
    wordpiece,
)
from tracer.recording.description.environment import describe_environment, describe_model
from tracer.recording.description.vocabulary import build_vocabulary, chat_template, known_vocabulary
from tracer.schema import Manifest
from tracer.store.reader import TraceReader
from tracer.store.tables import VOCABULARY
from tracer.store.writer import TraceWriter
from tracer.trace.text.tokens import Vocabulary

CHIP = re.compile("⟨[0-9A-F]{2}( [0-9A-F]{2})*⟩")


@pytest.fixture(params=["demo", *FAST])
def tokenizer(request: pytest.FixtureRequest) -> Any:
    return demo_tokenizer() if request.param == "demo" else FAST[request.param]()


def _agrees(decoded: str, text: str) -> bool:
    """Whether the text is what `decode` gives, with something better wherever that has U+FFFD."""
    pattern = ".+?".join(re.escape(part) for part in re.split("\ufffd+", decoded))
    return "\ufffd" not in text and re.fullmatch(pattern, text, re.DOTALL) is not None


def _vocabulary(tokenizer: Any, padding: int = 0) -> Vocabulary:
    return Vocabulary.from_table(build_vocabulary(tokenizer, len(tokenizer) + padding))


def _bytes_by_piece(tokenizer: Any) -> dict[str | None, bytes]:
    rows = build_vocabulary(tokenizer, len(tokenizer)).to_pylist()
    return {row["piece"]: row["bytes"] for row in rows}


def test_text_of_encoded_texts_is_what_decode_gives(tokenizer: Any) -> None:
    vocabulary = _vocabulary(tokenizer)
    for text in TEXTS:
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        assert _agrees(tokenizer.decode(ids), vocabulary.text(ids))
        assert _agrees(
            tokenizer.decode(ids, skip_special_tokens=True), vocabulary.text(ids, skip_special=True)
        )


def test_text_of_any_ids_is_what_decode_gives_where_decode_can_show_it(tokenizer: Any) -> None:
    vocabulary = _vocabulary(tokenizer)
    source = random.Random(5)
    num_equal = 0
    for _ in range(400):
        ids = [source.randrange(len(tokenizer)) for _ in range(source.randint(1, 6))]
        assert _agrees(tokenizer.decode(ids), vocabulary.text(ids))
        num_equal += tokenizer.decode(ids) == vocabulary.text(ids)
    assert num_equal > 20


def test_bytes_stand_exactly_where_decode_gives_up() -> None:
    vocabulary, tokenizer = _vocabulary(demo_tokenizer()), demo_tokenizer()
    source = random.Random(6)
    for text in TEXTS[4:7] * 20:
        ids = tokenizer(text)["input_ids"]
        part = ids[source.randrange(len(ids)) :][: source.randint(1, 5)]
        assert re.sub("\ufffd+", "\ufffd", tokenizer.decode(part)) == CHIP.sub(
            "\ufffd", vocabulary.text(part)
        )


def test_every_id_of_the_head_has_a_row_in_order() -> None:
    tokenizer = byte_level()
    table = build_vocabulary(tokenizer, len(tokenizer) + 7)
    assert VOCABULARY == table.schema
    assert list(range(len(tokenizer) + 7)) == table["id"].to_pylist()
    assert tokenizer.convert_ids_to_tokens(list(range(len(tokenizer)))) == table["piece"].to_pylist()[:-7]
    assert [(None, b"", False, False)] * 7 == [
        (row["piece"], row["bytes"], row["special"], row["added"]) for row in table.to_pylist()[-7:]
    ]


def test_a_head_narrower_than_the_tokenizer_gives_its_own_width() -> None:
    assert 100 == build_vocabulary(byte_level(), 100).num_rows


def test_special_and_added_tokens_are_marked() -> None:
    rows = {row["piece"]: row for row in build_vocabulary(byte_level(), len(byte_level())).to_pylist()}
    assert (True, True) == (rows["<|im_end|>"]["special"], rows["<|im_end|>"]["added"])
    assert (False, True) == (rows["two words"]["special"], rows["two words"]["added"])
    assert (False, False) == (rows["Ġa"]["special"], rows["Ġa"]["added"])


@pytest.mark.parametrize(
    ("build", "piece", "raw"),
    [
        (demo_tokenizer, "ĠParis", b" Paris"),
        (demo_tokenizer, "Ċ", b"\n"),
        (demo_tokenizer, "äº", "什".encode()[:1] + b"\xba"),
        (byte_level, "café", "café".encode()),
        (byte_level, "<｜end▁of▁text｜>", "<｜end▁of▁text｜>".encode()),
        (gemma_like, "<0xE6>", b"\xe6"),
        (gemma_like, "▁the", b" the"),
        (gemma_like, "▁▁", b"  "),
        (wordpiece, "the", b" the"),
        (wordpiece, "##e", b"e"),
        (wordpiece, ".", b"."),
        (wordpiece, "[SEP]", b" [SEP]"),
    ],
)
def test_a_piece_adds_these_bytes_to_running_text(build: Any, piece: str, raw: bytes) -> None:
    assert raw == _bytes_by_piece(build())[piece]


def test_byte_tokens_written_in_python_join_to_characters() -> None:
    tokenizer = slow_bytes()
    vocabulary = _vocabulary(tokenizer)
    for text in TEXTS:
        ids = tokenizer(text)["input_ids"]
        assert tokenizer.decode(ids) == vocabulary.text(ids)


def test_a_slow_sentencepiece_gives_its_text_and_its_fallback_bytes(tmp_path: Path) -> None:
    tokenizer = slow_sentencepiece(tmp_path)
    vocabulary = _vocabulary(tokenizer)
    for text in ("the quick brown fox", " hello world ", "the city</s>"):
        ids = tokenizer(text)["input_ids"]
        assert tokenizer.decode(ids) == vocabulary.text(ids)
    ids = tokenizer("hello 为 fox")["input_ids"]
    assert "hello <0xE4><0xB8><0xBA> fox" == tokenizer.decode(ids)  # what the library leaves undone
    assert "hello 为 fox" == vocabulary.text(ids)


class _BytesTokenizer:
    """Spells in bytes, as tokenizers built on tiktoken do, and cannot join made-up pieces."""

    all_special_ids = (2,)
    added_tokens_decoder: dict[int, Any] = {}  # noqa: RUF012
    _spellings = (b" caf", b"\xc3", "<|end|>")

    def get_vocab(self) -> dict[bytes | str, int]:
        return {spelling: place for place, spelling in enumerate(self._spellings)}

    def convert_ids_to_tokens(self, token_id: int) -> bytes | str:
        return self._spellings[token_id]

    def convert_tokens_to_string(self, tokens: list[str]) -> str:
        raise KeyError(tokens)


class _ByteDecoderTokenizer(_BytesTokenizer):
    """Holds the byte-level alphabet as a dict, as older tokenizers written in Python do."""

    byte_decoder = {"a": 0x61, "Ġ": 0x20, "Ã": 0xC3}  # noqa: RUF012
    _spellings = ("Ġa", "Ã", "<|end|>")  # type: ignore[assignment]


class _Processor:
    tokenizer = _BytesTokenizer()


@pytest.mark.parametrize(
    "tokenizer",
    [_BytesTokenizer(), _ByteDecoderTokenizer(), _Processor()],
    ids=lambda each: type(each).__name__,
)
def test_other_tokenizers_in_python_are_read_as_far_as_they_tell(tokenizer: Any) -> None:
    vocabulary = Vocabulary.from_table(build_vocabulary(tokenizer, 4))
    assert ["⟨C3⟩", "<|end|>", "#3"] == [vocabulary.token(token_id) for token_id in (1, 2, 3)]
    assert [False, False, True, False] == [vocabulary.special(token_id) for token_id in range(4)]


def test_a_stored_vocabulary_reads_the_same(tmp_path: Path) -> None:
    model, tokenizer = zoo.shared("llama"), metaspace()
    manifest = Manifest(
        created_at="2026-01-01T00:00:00+00:00",
        model=describe_model(model),
        environment=describe_environment(model),
        config={},
    )
    writer = TraceWriter(tmp_path / "x.trace", manifest, overwrite=False)
    writer.write_vocabulary(build_vocabulary(tokenizer, len(tokenizer)), chat_template(tokenizer))
    writer.close("complete")
    stored = Vocabulary.from_table(TraceReader(tmp_path / "x.trace").vocabulary_table())
    for text in TEXTS:
        ids = tokenizer(text)["input_ids"]
        assert _agrees(tokenizer.decode(ids), stored.text(ids))


def test_a_vocabulary_is_built_once_for_each_tokenizer_and_size() -> None:
    tokenizer = demo_tokenizer()
    first = known_vocabulary(tokenizer, 49152)
    assert first is known_vocabulary(tokenizer, 49152)
    assert 49160 == known_vocabulary(tokenizer, 49160).num_rows


def test_the_chat_template_is_the_default_one() -> None:
    class _Several:
        chat_template = {"tool_use": "tools", "default": "plain"}  # noqa: RUF012

    assert demo_tokenizer().chat_template == chat_template(demo_tokenizer())
    assert "plain" == chat_template(_Several())
    assert None is chat_template(wordpiece())
    assert None is chat_template(object())
