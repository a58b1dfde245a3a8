from pathlib import Path

import pytest

from tests.analysis.scripted_runs import CASES, END, A, B, Run, chat, record_run
from tracer.analysis.findings.finding import Rule, Severity
from tracer.errors import AmbiguousStepError
from tracer.figures.findings import MOST_TOKENS, WHOLE_RUN, findings_strip, strip_of


def drawn(figure: object, severity: Severity) -> tuple[list[int], list[int]]:
    """Returns places and rows of the marks of a severity."""
    scatter = figure.data[list(Severity).index(severity)]  # type: ignore[attr-defined]
    return list(scatter.x), list(scatter.y)


def test_each_finding_is_a_mark_at_its_step_in_the_row_of_its_rule(tmp_path: Path) -> None:
    run = Run(chat(A), [{B: 9.0}, {A: 10.0, B: 9.8, 12: 9.7}], {"repetition_penalty": 1.2})
    trace = record_run(run, tmp_path / "run.trace")
    figure = findings_strip(trace)

    assert (Rule.PENALTY_ON_PROMPT,) == strip_of(trace.sequence()).rules
    assert ([1], [0]) == drawn(figure, Severity.WARNING)
    assert ([], []) == drawn(figure, Severity.ERROR)
    assert ("penalty on prompt tokens",) == figure.layout.yaxis.ticktext
    assert "step (0-based)" == figure.layout.xaxis.title.text
    assert "Findings at 1 of 2 steps" == figure.layout.title.text
    assert "led with" in figure.data[1].hovertext[0]


def test_findings_about_the_whole_run_stand_before_step_0(tmp_path: Path) -> None:
    figure = findings_strip(record_run(CASES[Rule.STOP_LISTED_TWICE].faulty, tmp_path / "run.trace"))

    assert ([WHOLE_RUN], [0]) == drawn(figure, Severity.NOTE)
    assert ("whole run", "·w11  0") == figure.layout.xaxis.ticktext
    assert WHOLE_RUN > figure.layout.xaxis.range[0]
    assert "&lt;|end|&gt;" in figure.data[2].hovertext[0]


def test_a_run_without_findings_says_so(tmp_path: Path) -> None:
    figure = findings_strip(record_run(Run(), tmp_path / "run.trace"), lang="zh")

    assert ["没有发现问题：检查了 20 条规则。"] == [note.text for note in figure.layout.annotations]
    assert "1 步中有 0 步发现问题" == figure.layout.title.text


def test_a_long_text_has_numbers_in_place_of_tokens(tmp_path: Path) -> None:
    script = [{10 + step % 7: 9.0} for step in range(MOST_TOKENS + 1)]
    figure = findings_strip(record_run(Run(script=script), tmp_path / "run.trace"))

    assert figure.layout.xaxis.ticktext is None


def test_of_several_sequences_one_is_named_and_shows_its_own_findings(tmp_path: Path) -> None:
    trace = record_run(CASES[Rule.RIGHT_PADDING].faulty, tmp_path / "run.trace")

    assert ([], []) == drawn(findings_strip(trace, row=0), Severity.ERROR)
    assert ([0], [0]) == drawn(findings_strip(trace, row=1), Severity.ERROR)
    with pytest.raises(AmbiguousStepError, match="holds several sequences"):
        findings_strip(trace)


def test_an_interrupted_run_shows_what_it_had(tmp_path: Path) -> None:
    run = Run(script=[{END: 30.0}, {B: 9.0}], settings={"eos_token_id": 3})
    trace = record_run(run, tmp_path / "run.trace")
    files = trace.calls[0].files
    files.info = files.info.model_copy(update={"status": "interrupted"})

    assert ([0], [0]) == drawn(findings_strip(trace), Severity.WARNING)
