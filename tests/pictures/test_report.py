"""A report holds what someone else needs to follow a step, the prompt only if asked for, and no markup of a token."""

from pathlib import Path

import pytest

from tests.long_trace import long_trace
from tracer.pictures.report import report_of
from tracer.samples import sample_paths
from tracer.trace.opening import open_trace

LINK = "http://127.0.0.1:8501/?trace=a&step=10"


def test_it_holds_versions_settings_stages_and_the_sentence() -> None:
    report = report_of(open_trace(sample_paths()[0]).steps[10], link=LINK)

    assert "Why `·ra` at step 10" == report.title
    assert report.markdown.startswith(f"# {report.title}\n")
    for part in (
        f"<{LINK}>",
        "transformers 5.",
        "| `repetition_penalty` | `1.1` | argument |",
        "The model favored `·rain` (52.6 %).",
        "49,152 left",
    ):
        assert part in report.markdown


@pytest.mark.parametrize("has_prompt", [True, False])
def test_the_prompt_is_in_it_only_if_asked_for(has_prompt: bool) -> None:
    report = report_of(open_trace(sample_paths()[0]).steps[10], has_prompt=has_prompt)

    assert has_prompt is ("Write one sentence" in report.markdown)


def test_the_folder_of_the_trace_stays_at_home() -> None:
    path = sample_paths()[0]
    markdown = report_of(open_trace(path).steps[10]).markdown

    assert "`rain.trace`" in markdown
    assert str(path.parent) not in markdown


def test_a_token_with_backticks_stays_code(tmp_path: Path) -> None:
    trace = long_trace(tmp_path / "x.trace", [b"<end>", b"`a``b", b"<b>|"], [2], [1, 2], candidates=3)

    assert "Why ``` `a``b ``` at step 0" == report_of(trace.steps[0]).title
    assert "```text\n" in report_of(trace.steps[1], has_prompt=True).markdown


def test_a_prompt_with_fences_stays_inside_its_own(tmp_path: Path) -> None:
    trace = long_trace(tmp_path / "x.trace", [b"<end>", b"\n```\n# taken\n"], [1], [1], candidates=2)
    markdown = report_of(trace.steps[0], has_prompt=True).markdown

    assert "````text\n\n```\n# taken\n\n````" in markdown


def test_it_speaks_chinese() -> None:
    assert "## 为什么是这个 token" in report_of(open_trace(sample_paths()[0]).steps[10], "zh").markdown
