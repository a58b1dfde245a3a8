"""What is missing is said in the reader's language, with the same line to type."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.synthetic import write_trace
from tracer.analysis.attention_rows import layer_facts
from tracer.errors import SignalMissingError
from tracer.schema import Missing
from tracer.trace.opening import open_trace
from tracer.wording.absence import said_in

ALL = ("logits", "stage-1", "stage-2", "queries", "keys", "values", "hidden_states", "accounting")
READ: dict[str, Callable[[Any], object]] = {
    "logits": lambda step: step.logits,
    "scores": lambda step: step.scores,
    "hidden_states": lambda step: step.hidden_states(1),
    "queries": lambda step: step.queries(0),
    "keys": lambda step: step.keys(0),
    "values": lambda step: step.values(1),
    "attention": lambda step: step.attention(0),
    "accounting": lambda step: step.accounting,
    "structure": lambda step: step.call.trace.structure,
}


def texts(path: Path) -> Iterator[str]:
    """Yields what every reading of a trace that holds little says."""
    step = open_trace(path).step(1)
    for read in READ.values():
        with pytest.raises(SignalMissingError) as caught:
            read(step)
        yield str(caught.value)
    yield from (facts.reason for facts in layer_facts(step) if facts.reason)


def english_in(text: str) -> list[str]:
    """Returns the words outside of code and paths that a Chinese reader would have to read in English."""
    bare = re.sub(r"`[^`]*`|'[^']*'", "", text)
    return [word for word in re.findall(r"[A-Za-z_]{2,}", bare) if word not in ("logits", "scores", *READ)]


def test_everything_missing_is_said_in_chinese(tmp_path: Path) -> None:
    for text in texts(write_trace(tmp_path / "sparse.trace", without=ALL)):
        said = said_in(text, "zh")

        assert [] == english_in(said), said
        assert re.findall("`[^`]*`", text) == re.findall("`[^`]*`", said)
        assert text == said_in(text, "en")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "Step 3 of '/a/of b.trace' has no attention of layer 2: it was recorded with queries='none'. "
            "Record again with `record(..., queries='auto')`.",
            "'/a/of b.trace' 的第 3 步没有第 2 层的注意力：记录时设置了 queries='none'。"
            "请用 `record(..., queries='auto')` 重新记录。",
        ),
        (
            "Step 0 of 'a' has no scores after stage 2: left out to keep the budget of 2 MB (planned 3 MB with it). "
            "`trace.calls[0].info.missing` lists all that is missing.",
            "'a' 的第 0 步没有第 2 级之后的 scores：为守住 2 MB 的预算而省去（带上它需要 3 MB）。"
            "`trace.calls[0].info.missing` 列出了缺少的全部内容。",
        ),
        (
            "Call 1 of 'a' has no prompt: it was interrupted before its first step. Record the call again.",
            "'a' 的第 1 次调用没有提示词：它在第一步之前就中断了。请重新记录。",
        ),
        (
            "No token of the vocabulary begins '☃', where step 1 leaves the expected text. "
            "Spell it as the model can write it.",
            "词表里没有哪个 token 能写出 '☃' 的开头，第 1 步从这里偏离了期望的文本。请换成模型写得出的拼法。",
        ),
        ("Something else is wrong.", "Something else is wrong."),
    ],
)
def test_the_sentence_is_chinese_and_the_line_to_type_stays(text: str, said: str) -> None:
    assert said == said_in(text, "zh")


def test_a_reason_of_the_recording_without_words_stays_as_it_is(tmp_path: Path) -> None:
    missing = (Missing(signal="logits", reason="a cosmic ray took it."),)
    step = open_trace(write_trace(tmp_path / "a.trace", without=ALL, missing=missing)).step(1)
    with pytest.raises(SignalMissingError) as caught:
        _ = step.logits

    assert "的第 1 步没有logits：a cosmic ray took it。" in said_in(str(caught.value), "zh").replace(
        " logits", "logits"
    )
