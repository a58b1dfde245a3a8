"""Values show themselves in notebooks: as HTML without script, in both languages, whatever the tokens hold."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import tracer
from tests.exporters.conftest import HOSTILE, hostile
from tests.synthetic import write_trace
from tracer.errors import SignalMissingError
from tracer.notebook.html import seen, text
from tracer.samples import sample_paths
from tracer.trace.trace import Trace

__all__ = ["hostile"]
SAMPLE = next(path for path in sample_paths() if path.stem == "rain")
ALLOWED = {"div", "p", "b", "span", "code", "pre", "table", "tbody", "tr", "th", "td", "br", "wbr"}


class Tags(HTMLParser):
    """Collects the elements and attributes of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.fixture(scope="module")
def trace() -> Trace:
    return tracer.open_trace(SAMPLE)


VALUES: dict[str, Callable[[Trace], object]] = {
    "trace": lambda trace: trace,
    "call": lambda trace: trace.calls[0],
    "sequence": lambda trace: trace.sequence(),
    "step": lambda trace: trace.steps[10],
    "why": lambda trace: tracer.why(trace.steps[10]),
    "explanation": lambda trace: tracer.why(trace.steps[10]).explanation,
    "expected": lambda trace: tracer.expected(trace, "The rain"),
    "lint": lambda trace: tracer.lint(trace),
    "finding": lambda trace: tracer.lint(trace)[0],
    "compare": lambda trace: tracer.compare(trace, trace),
}


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_value_shows_itself_as_html_without_script(name: str, lang: Any, trace: Trace) -> None:
    shown = Tags(tracer.show(VALUES[name](trace), lang=lang)._repr_html_())

    assert shown.names <= ALLOWED
    assert {"style", "title", "class", "translate"} >= shown.attributes
    assert (lang == "zh") == bool(re.search("[\u4e00-\u9fff]", shown.words))


@pytest.mark.parametrize("name", VALUES)
def test_a_value_at_the_end_of_a_cell_is_shown_in_english(name: str, trace: Trace) -> None:
    value: Any = VALUES[name](trace)
    kinds = value._repr_mimebundle_()

    assert {"text/plain", "text/html"} == set(kinds)
    assert {"text/plain"} == set(value._repr_mimebundle_(include={"text/plain"}))
    assert {"text/plain"} == set(value._repr_mimebundle_(exclude={"text/html"}))
    assert tracer.show(value).html == kinds["text/html"]


def test_a_why_in_chinese_shows_itself_in_chinese(trace: Trace) -> None:
    kinds = tracer.why(trace.steps[10], lang="zh")._repr_mimebundle_()

    assert "模型最看好" in kinds["text/html"]
    assert kinds["text/plain"].startswith("模型最看好")


def test_a_step_shows_the_numbers_of_the_decision_picture(trace: Trace) -> None:
    from tracer.pictures.decision import decision_picture

    picture = decision_picture(trace.steps[10])
    words = Tags(tracer.show(trace.steps[10]).html).words

    assert [] == [row.token for row in picture.rows if row.token not in words]
    assert [] == [
        cell.percent for column in picture.columns for cell in column.cells if cell.percent not in words
    ]


def test_a_trace_says_how_to_go_on(trace: Trace) -> None:
    words = Tags(tracer.show(trace).html).words

    assert "tracer.why(trace.steps[35])" in words
    assert "rain.trace" in words


def test_what_if_stands_in_a_dashed_frame(tmp_path: Path) -> None:
    made = tracer.open_trace(write_trace(tmp_path / "made.trace"))
    answer = tracer.what_if(made.sequence(call=0, row=0).steps[0], temperature=0.5)

    assert "dashed" in tracer.show(answer).html
    assert "dashed" in tracer.show(tracer.what_if(made.sequence(call=0, row=0), temperature=0.5)).html


def test_hostile_tokens_stay_text(hostile: Trace) -> None:
    for value in (hostile, hostile.sequence(), *hostile.steps, tracer.why(hostile.steps[0])):
        page = tracer.show(value).html
        shown = Tags(page)

        assert shown.names <= ALLOWED
        assert {"style", "title", "class", "translate"} >= shown.attributes
        assert "\x00" not in page
        assert "\u202e" not in page
        assert "$x^2$" not in page
    assert "$x^2$" in Tags(tracer.show(hostile).html).words.replace("·", " ")


def test_text_hides_nothing() -> None:
    assert "a⟨U+202E⟩b\n c" == seen("a\u202eb\n c")
    assert "&lt;b&gt; <span>$</span>" == text("<b> $")
    assert HOSTILE[0] not in text(HOSTILE[0])


def test_what_the_trace_lacks_is_said_below_its_plain_text(
    trace: Trace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lacking(*_: object) -> None:
        raise SignalMissingError("It has no logits & more.")

    monkeypatch.setattr("tracer.notebook.runs.decision_picture", lacking)
    words = Tags(tracer.show(trace.steps[10]).html).words

    assert words.startswith(repr(trace.steps[10]))
    assert words.endswith("It has no logits & more.")


def test_what_has_no_picture_is_refused(trace: Trace, hostile: Trace) -> None:
    class Lacking(type(trace.steps[0])):  # type: ignore[misc]
        __slots__ = ()

    lacking = Lacking.__new__(Lacking)
    with pytest.raises(TypeError, match="Lacking has no picture of its own"):
        tracer.show(lacking)
    with pytest.raises(TypeError, match="view='attention' is no view of"):
        tracer.show(trace, view="attention")
    with pytest.raises(SignalMissingError):
        tracer.show(hostile.steps[0], view="attention")
    with pytest.raises(ValueError, match="lang='fr' is none of"):
        tracer.show(trace, lang="fr")  # type: ignore[arg-type]


def test_a_value_shows_itself_without_any_extra() -> None:
    code = (
        "import json, sys; sys.modules.update(dict.fromkeys(['jinja2', 'plotly', 'torch', 'transformers', 'pptx']));"
        f"import tracer; print(json.dumps(sorted(tracer.open_trace({str(SAMPLE)!r}).steps[10]._repr_mimebundle_())))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ["text/html", "text/plain"] == json.loads(done.stdout)
