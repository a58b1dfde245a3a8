"""The strip shows every token as text and nothing else, folds what the template added, and stays small."""

import dataclasses
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.long_trace import STOP, long_trace
from tracer.analysis.explanation import json_ready
from tracer.analysis.notable import Finding, notable_steps
from tracer.pictures.strip import MOST_CHARACTERS, StripPicture, strip_picture, surprisal_bins
from tracer.samples import sample_paths
from tracer.trace.opening import open_trace

CAT = "🐈".encode()
HOSTILE = ("<script>alert(1)</script>", "\"'`", "\x00", "\u202eevil\u2066", "x" * 5000, "&amp;", "\u0301")


def strip_of(
    path: Path, tokens: list[bytes], prompt: list[int], answer: list[int], **more: Any
) -> StripPicture:
    sequence = long_trace(path, tokens, prompt, answer, **more).sequence()
    return strip_picture(sequence, notable_steps(sequence), "en")


def as_json(picture: object) -> str:
    assert dataclasses.is_dataclass(picture)
    assert not isinstance(picture, type)
    return json.dumps(json_ready(dataclasses.asdict(picture)), ensure_ascii=False, separators=(",", ":"))


def test_whitespace_bytes_and_control_characters_are_signs(tmp_path: Path) -> None:
    tokens = [b"<end>", b" a\n\tb", *(text.encode() for text in HOSTILE)]
    strip = strip_of(tmp_path / "a", tokens, [1], list(range(2, len(tokens))))

    assert ("·a↵⇥b",) == strip.prompt.texts
    assert "<script>alert(1)</script>" == strip.answer.texts[0]  # text; who draws makes a text node of it
    assert ("\"'`", "⟨U+0000⟩", "⟨U+202E⟩evil⟨U+2066⟩") == strip.answer.texts[1:4]
    assert ("x" * MOST_CHARACTERS + "…", "&amp;", "◌\u0301") == strip.answer.texts[4:]
    assert ((4, 5000),) == strip.answer.cut
    assert json.loads(as_json(strip))["answer"]["ids"] == list(strip.answer.ids)


def test_half_characters_say_together_what_they_are(tmp_path: Path) -> None:
    rain = "污染".encode()
    tokens = [b"<end>", b" " + CAT[:2], CAT[2:3], CAT[3:], rain[:2], rain[2:4], rain[4:], b"a"]
    strip = strip_of(tmp_path / "a", tokens, [7], [1, 2, 3, 1, 2, 3, 7, 4, 5, 6, 1])

    assert ("·⟨F0 9F⟩", "⟨90⟩", "⟨88⟩") == strip.answer.texts[:3]
    assert ((0, 3, "🐈"), (3, 6, "🐈"), (7, 10, "污染")) == strip.answer.split  # the last half stays alone


def test_text_from_right_to_left_is_known_as_such(tmp_path: Path) -> None:
    tokens = [b"<end>", "مطر".encode(), b" rain", "ש".encode()[:1], "ש".encode()[1:]]
    strip = strip_of(tmp_path / "a", tokens, [2], [1, 2, 3, 4])

    assert ("rtl", (0, 2, 3)) == (strip.direction, strip.answer.right_to_left)
    assert () == strip.prompt.right_to_left
    assert "ltr" == strip_of(tmp_path / "b", tokens, [1], [2]).direction


@pytest.mark.parametrize(
    ("probability", "expected"),
    [(1.0, 0), (0.9, 0), (0.899, 1), (0.5, 1), (0.2, 2), (0.05, 3), (0.0499, 4), (0.0, 4)],
)
def test_surprisal_has_five_bins(probability: float, expected: int) -> None:
    assert [expected] == surprisal_bins([probability])


def test_every_step_has_a_bin_and_the_mark_of_its_strongest_finding(tmp_path: Path) -> None:
    cells = {0: {"model_probability": 0.01, "probability": 0.25}, 2: {"favorite_id": STOP}}
    strip = strip_of(tmp_path / "a", [b"<end>", b"a", b"b", b"c"], [1], [1, 2, 1], cells=cells)

    assert ("411", "6-0") == (strip.bins, strip.marks)
    assert ["surprising", "stop_overruled"] == [strip.findings[6], strip.findings[0]]
    assert list(Finding) == list(strip.findings)
    assert (("1.0 %", "60.0 %", "60.0 %"), "25.0 %") == (strip.model, strip.after[0])


def test_special_tokens_are_listed_by_place(tmp_path: Path) -> None:
    strip = strip_of(tmp_path / "a", [b"<end>", b"a"], [0, 1, 0], [1, 0])

    assert ((0, 2), (1,)) == (strip.prompt.special, strip.answer.special)


def test_what_the_template_put_there_is_folded(tmp_path: Path) -> None:
    tokens = [b"<end>", b"<|im|>", b"system", b" be kind", b"user", b" rain", b"?", b"assistant"]
    prompt = [1, 2, 3, 0, 1, 4, 5, 6, 0, 1, 7]
    question = {"role": "user", "content": "rain?"}
    added = strip_of(tmp_path / "a", tokens, prompt, [5], messages=[question])
    given = strip_of(
        tmp_path / "b",
        tokens,
        prompt,
        [5],
        messages=[{"role": "system", "content": "be kind"}, question],
    )

    for strip in (added, given):  # a system text of the template's own, and one of the user's
        assert [(0, 6, "template", "system"), (6, 8, "message", "user"), (8, 11, "template", None)] == [
            (one.start, one.stop, one.kind, one.role) for one in strip.segments
        ]
        assert ["system, 6 tokens", "prompt, 2 tokens", "chat template, 3 tokens"] == [
            one.label for one in strip.segments
        ]
        assert [True, False, True] == [one.is_folded for one in strip.segments]


def test_a_plain_prompt_is_one_part_and_is_not_folded(tmp_path: Path) -> None:
    segments = strip_of(tmp_path / "a", [b"<end>", b"a"], [1, 1], [1]).segments

    assert [(0, 2, "prompt", False)] == [(one.start, one.stop, one.kind, one.is_folded) for one in segments]


def test_a_sequence_without_steps_has_an_empty_answer(tmp_path: Path) -> None:
    strip = strip_of(tmp_path / "a", [b"<end>", b"a"], [1], [])

    assert ((), "", "") == (strip.answer.texts, strip.bins, strip.marks)
    assert "prompt of 1 tokens, answer of 0 tokens" == strip.summary


def test_the_chinese_words_are_chinese() -> None:
    sequence = open_trace(sample_paths()[0]).sequence()
    strip = strip_picture(sequence, (), "zh")

    assert "系统提示，24 个 token" == strip.segments[0].label
    assert ("90% 及以上", "5% 以下") == (strip.bin_labels[0], strip.bin_labels[-1])


def test_a_long_text_is_small_and_quick(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    letters = random.integers(97, 123, size=(20_000, 6)).astype(np.uint8)
    tokens = [b"<end>", *(b" " + row.tobytes() for row in letters)]
    prompt, answer = (random.integers(1, len(tokens), size=count).tolist() for count in (8000, 2000))
    sequence = long_trace(tmp_path / "a", tokens, prompt, answer, candidates=64).sequence()
    assert 20_001 == sequence.call.trace.vocabulary.size  # read before the clock starts

    started = time.perf_counter()
    notables = notable_steps(sequence)
    found = time.perf_counter()
    strip = strip_picture(sequence, notables, "en")
    built = time.perf_counter()

    assert 400_000 > len(as_json(strip).encode())
    assert 3 * 0.3 > found - started  # three times what it takes at most alone on a machine
    assert 3 * 0.5 > built - found
