"""Tokens show as what they are: whole characters where there are any, bytes where not, nothing hidden."""

import subprocess
import sys
import unicodedata
from typing import Any

import pyarrow as pa
import pytest

from tests.tokenizers_built import FAST, TEXTS, byte_level, demo_tokenizer, gemma_like, metaspace, wordpiece
from tracer.errors import TraceFormatError
from tracer.recording.description.vocabulary import build_vocabulary
from tracer.store.tables import VOCABULARY
from tracer.store.vocabulary import End, Start, read_ends, with_ends
from tracer.trace.text.glyphs import read_visible, show_bytes, show_invisible
from tracer.trace.text.tokens import Piece, Vocabulary

HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zs", "Zl", "Zp"}


@pytest.fixture(scope="module")
def demo() -> Vocabulary:
    return Vocabulary.from_table(build_vocabulary(demo_tokenizer(), 49152 + 8))


def _table(*rows: tuple[str | None, bytes, bool]) -> pa.Table:
    columns = [range(len(rows)), *zip(*rows, strict=True), [False] * len(rows)]
    return pa.table([list(column) for column in columns], schema=VOCABULARY)


def _vocabulary(*rows: tuple[str | None, bytes, bool]) -> Vocabulary:
    return Vocabulary.from_table(_table(*rows))


def test_a_token_alone_is_its_text_or_its_bytes(demo: Vocabulary) -> None:
    ids = demo_tokenizer()("什 Paris<|im_end|>")["input_ids"]
    assert ["⟨E4 BB⟩", "⟨80⟩", " Paris", "<|im_end|>"] == [demo.token(token_id) for token_id in ids]
    assert ["⟨E4 BB⟩", "⟨80⟩", "·Paris", "<|im_end|>"] == [demo.visible(token_id) for token_id in ids]


def test_an_id_without_spelling_shows_as_its_number(demo: Vocabulary) -> None:
    for token_id in (49152, 49159, 10**9, -100):
        assert f"#{token_id}" == demo.token(token_id) == demo.visible(token_id) == demo.text([token_id])
        assert not demo.special(token_id)


def test_without_a_table_every_token_is_its_number() -> None:
    empty = Vocabulary.from_table(None)
    assert ("#123", "#123", "#1 #2", 0) == (
        empty.token(123),
        empty.visible(123),
        empty.text([1, 2]),
        empty.size,
    )
    assert (Piece(7, "#7", b"#7", False, None),) == empty.pieces([7])
    assert (123, None) == (empty.id_of("#123"), empty.id_of("the"))


@pytest.mark.parametrize("text", TEXTS)
def test_pieces_join_to_the_running_text(text: str) -> None:
    for tokenizer in (build() for build in FAST.values()):
        vocabulary = Vocabulary.from_table(build_vocabulary(tokenizer, len(tokenizer)))
        ids = tokenizer(text)["input_ids"]
        pieces = vocabulary.pieces(ids)
        assert vocabulary.text(ids) == show_bytes(b"".join(piece.raw for piece in pieces))
        assert ids == [piece.id for piece in pieces]
        assert all(show_bytes(piece.raw) == piece.text for piece in pieces)


def test_half_characters_name_the_whole(demo: Vocabulary) -> None:
    ids = demo_tokenizer()(" 🐈 什")["input_ids"]
    pieces = demo.pieces(ids)
    assert [" ⟨F0 9F⟩", "⟨90⟩", "⟨88⟩", " ", "⟨E4 BB⟩", "⟨80⟩"] == [piece.text for piece in pieces]
    assert ["🐈", "🐈", "🐈", None, "什", "什"] == [piece.part_of for piece in pieces]


def test_a_character_that_never_completes_has_no_whole(demo: Vocabulary) -> None:
    ids = demo_tokenizer()("🐈")["input_ids"][:-1]
    assert [None] * len(ids) == [piece.part_of for piece in demo.pieces(ids)]
    assert "⟨F0 9F 90⟩" == demo.text(ids)


def test_a_token_may_hold_parts_of_two_characters() -> None:
    first, second = "污".encode(), "染".encode()
    vocabulary = _vocabulary(
        ("a", first[:2], False), ("b", first[2:] + second[:1], False), ("c", second[1:], False)
    )
    assert ["污", "污染", "染"] == [piece.part_of for piece in vocabulary.pieces([0, 1, 2])]
    assert "污染" == vocabulary.text([0, 1, 2])


def test_a_special_token_between_halves_keeps_them_apart() -> None:
    vocabulary = _vocabulary(("a", b"\xc3", False), ("b", b"\xa9", False), ("<s>", b"<s>", True))
    assert "⟨C3⟩<s>⟨A9⟩" == vocabulary.text([0, 2, 1])
    assert "é" == vocabulary.text([0, 2, 1], skip_special=True)
    assert [None, None, None] == [piece.part_of for piece in vocabulary.pieces([0, 2, 1])]


def test_special_tokens_can_be_left_out(demo: Vocabulary) -> None:
    tokenizer = demo_tokenizer()
    ids = tokenizer.apply_chat_template([{"role": "user", "content": "Hi 你"}])["input_ids"]
    assert tokenizer.decode(ids) == demo.text(ids)
    assert tokenizer.decode(ids, skip_special_tokens=True) == demo.text(ids, skip_special=True)


@pytest.mark.parametrize(
    ("build", "alone"), [(metaspace, "the dog"), (wordpiece, "the dog"), (gemma_like, " the dog")]
)
def test_a_continued_text_keeps_what_a_new_one_drops(build: Any, alone: str) -> None:
    tokenizer = build()
    vocabulary = Vocabulary.from_table(build_vocabulary(tokenizer, len(tokenizer)))
    ids = [vocabulary.id_of("·the"), vocabulary.id_of("·dog")]
    assert None not in ids
    assert alone == vocabulary.text(ids)
    assert " the dog" == vocabulary.text(ids, continued=True)
    assert " the" == vocabulary.pieces(ids, continued=True)[0].text


def test_spaces_dropped_at_both_ends_are_all_dropped() -> None:
    table = _table(("▁", b" ", False), ("▁a", b" a", False))
    vocabulary = Vocabulary.from_table(with_ends(table, Start.ALL_SPACES, End.ALL_SPACES))
    assert "a" == vocabulary.text([0, 0, 1, 0, 0])
    assert "" == vocabulary.text([0, 0]) == vocabulary.text([])


def test_visible_text_hides_nothing(demo: Vocabulary) -> None:
    for vocabulary in (demo, Vocabulary.from_table(build_vocabulary(byte_level(), len(byte_level())))):
        for token_id in range(vocabulary.size):
            shown = vocabulary.visible(token_id)
            assert shown
            assert not HIDDEN & {
                unicodedata.category(char) for char in shown.replace("⟨", "").replace(" ", "")
            }
            assert "\ufffd" not in shown
            assert "\ufffd" not in vocabulary.token(token_id)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (" a\n\tb", "·a↵⇥b"),
        ("\r\n", "⟨U+000D⟩↵"),
        ("\x00\x1b[2J", "⟨U+0000⟩⟨U+001B⟩[2J"),
        ("\u202eevil\u2069", "⟨U+202E⟩evil⟨U+2069⟩"),
        ("\u200b\u200d\ufeff\u00ad", "⟨U+200B⟩⟨U+200D⟩⟨U+FEFF⟩⟨U+00AD⟩"),
        ("\u00a0\u3000\u2028\u2029\x85", "⟨U+00A0⟩⟨U+3000⟩⟨U+2028⟩⟨U+2029⟩⟨U+0085⟩"),
        ("\ue000\U000e0041\U0010ffff", "⟨U+E000⟩⟨U+E0041⟩⟨U+10FFFF⟩"),
        ("\u3164\u2800\ufe0f", "⟨U+3164⟩⟨U+2800⟩⟨U+FE0F⟩"),
        ("\u0301a", "◌\u0301a"),
        ("e\u0301", "e\u0301"),
        ("·↵⟨E4⟩◌", "⟨U+00B7⟩⟨U+21B5⟩⟨U+27E8⟩E4⟨U+27E9⟩⟨U+25CC⟩"),
        ("<b>![x](http://a)$", "<b>![x](http://a)$"),
    ],
)
def test_invisible_characters_show_as_signs_that_can_be_read_back(text: str, shown: str) -> None:
    assert shown == show_invisible(text)
    assert text == read_visible(shown)


def test_bytes_and_signs_mix() -> None:
    assert "⟨E4⟩↵·⟨E4 BB⟩" == show_invisible(b"\xe4\n \xe4\xbb")
    assert "⟨E4⟩\n ⟨E4 BB⟩" == show_bytes(b"\xe4\n \xe4\xbb") == read_visible("⟨E4⟩↵·⟨E4 BB⟩")


@pytest.mark.parametrize("raw", [b"\xed\xa0\x80", b"\xc0\xaf", b"\xf5\x80\x80\x80", b"\xff"])
def test_bytes_that_can_never_be_a_character_show_as_bytes(raw: bytes) -> None:
    assert f"⟨{raw.hex(' ').upper()}⟩" == show_bytes(raw) == show_invisible(raw)


def test_a_true_replacement_character_shows_its_bytes() -> None:
    vocabulary = _vocabulary(("�", "\ufffd".encode(), False))
    assert "⟨EF BF BD⟩" == vocabulary.token(0) == vocabulary.visible(0) == vocabulary.text([0])
    assert 0 == vocabulary.id_of("⟨EF BF BD⟩")


def test_a_token_of_no_bytes_is_visible() -> None:
    vocabulary = _vocabulary(("", b"", False))
    assert ("", "⟨⟩") == (vocabulary.token(0), vocabulary.visible(0))


def test_every_token_is_found_by_its_text_and_by_its_visible_form(demo: Vocabulary) -> None:
    for token_id in range(0, demo.size, 7):
        for name in (demo.token(token_id), demo.visible(token_id)):
            found = demo.id_of(name)
            assert found is not None
            assert demo.token(token_id) == demo.token(found)


def test_names_find_the_ordinary_and_the_spelled_token_first() -> None:
    vocabulary = _vocabulary(
        ("</s>", b"</s>", True),
        ("<0x41>", b"A", False),
        ("A", b"A", False),
        ("x", b"</s>", False),
        ("s", b"s", True),
    )
    assert (3, 2, 4) == (vocabulary.id_of("</s>"), vocabulary.id_of("A"), vocabulary.id_of("s"))
    assert (1, None, None) == (vocabulary.id_of("#1"), vocabulary.id_of("#5"), vocabulary.id_of("#²"))
    assert None is vocabulary.id_of("nowhere")


def test_every_token_that_a_text_could_mean_is_listed() -> None:
    twins = _vocabulary(("a", b"a", False), ("b", b"b", False), ("a2", b"a", False), ("<0x61>", b"a", False))

    assert (0, 2) == twins.ids_of("a")
    assert (1,) == twins.ids_of("b")
    assert (3,) == twins.ids_of("#3")
    assert () == twins.ids_of("c")
    assert (7,) == Vocabulary.from_table(None).ids_of("#7")


def test_a_wrong_table_is_refused() -> None:
    table = _table(("a", b"a", False), ("b", b"b", False))
    with pytest.raises(
        TraceFormatError, match=r"no column 'bytes' of type binary; it holds id, piece, special, added"
    ):
        Vocabulary.from_table(table.drop_columns(["bytes"]))
    with pytest.raises(TraceFormatError, match=r"2 rows whose ids are not 0, 1, 2, … in order"):
        Vocabulary.from_table(table.take([1, 0]))


def test_a_table_without_bytes_shows_spellings() -> None:
    vocabulary = Vocabulary.from_table(pa.table([[0], ["Ġa"], [None], [None], [None]], schema=VOCABULARY))
    assert ("Ġa", "Ġa", False) == (vocabulary.token(0), vocabulary.text([0]), vocabulary.special(0))


def test_a_table_without_a_word_on_its_ends_keeps_everything() -> None:
    assert (Start.KEEP, End.KEEP) == read_ends(_table(("a", b"a", False)))
    odd = _table(("a", b" a", False)).replace_schema_metadata(
        {b"tracer.start": b"\xff", b"tracer.end": b"later"}
    )
    assert (Start.KEEP, End.KEEP) == read_ends(odd)


def test_reading_tokens_needs_neither_torch_nor_tokenizers() -> None:
    code = "import sys, tracer.trace.text.tokens; print({'torch', 'transformers', 'tokenizers'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "set()" == result.stdout.strip()


def test_the_tokens_with_which_a_text_can_begin_come_longest_first(demo: Vocabulary) -> None:
    ids = demo.ids_starting(b" rainbows")
    assert ["·rainbow", "·rain", "·ra", "·r", "·"] == [demo.visible(token_id) for token_id in ids]
    assert ["<|im_end|>", "<"] == [demo.visible(one) for one in demo.ids_starting(b"<|im_end|>")]
    assert () == demo.ids_starting(b"")


def test_of_equal_tokens_an_ordinary_spelled_one_begins_a_text() -> None:
    vocabulary = _vocabulary(
        ("A", b"A", True), ("<0x41>", b"A", False), ("A ", b"A", False), (None, b"", False)
    )
    assert (2, 1, 0) == vocabulary.ids_starting(b"A")
    assert () == Vocabulary.from_table(None).ids_starting(b"A")
