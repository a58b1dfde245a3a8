import json
from pathlib import Path

import pytest

from tests.analysis.scripted_runs import CASES, Run, record_run
from tests.cli.conftest import Command
from tracer.analysis.findings.finding import Rule


@pytest.fixture(scope="module")
def pushed_down(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns a trace whose stop token the penalty pushed down, and nothing else."""
    return record_run(CASES[Rule.STOP_PUSHED_DOWN].faulty, tmp_path_factory.mktemp("lint") / "run.trace").path


def test_a_warning_exits_with_1_and_names_step_numbers_and_remedy(tracer: Command, pushed_down: Path) -> None:
    done = tracer("lint", pushed_down)

    assert 1 == done.code
    row, remedy = (line for line in done.out.splitlines() if "`<|end|>`" in line or "→ Keep" in line)
    assert ["warning", "penalty on the stop token", "step 0"] == [
        part.strip() for part in row.split("   ")[:3]
    ]
    assert "62.0 %" in row
    assert "prompt_ignore_length=6" in remedy


def test_the_words_are_chinese_on_request(tracer: Command, pushed_down: Path) -> None:
    assert "重复惩罚压低了结束符" in tracer("lint", pushed_down, "--lang", "zh").out


def test_nothing_found_exits_with_0_and_says_how_many_rules_were_asked(
    tracer: Command, tmp_path: Path
) -> None:
    path = record_run(Run(), tmp_path / "clean.trace").path
    done = tracer("lint", path)

    assert (0, "Nothing found: 20 rules were asked.\n") == (done.code, done.out)
    assert (0, []) == (done.code, json.loads(tracer("lint", path, "--json").out))


def test_notes_alone_exit_with_0(tracer: Command, tmp_path: Path) -> None:
    done = tracer("lint", record_run(CASES[Rule.TIE].faulty, tmp_path / "tie.trace").path)

    assert 0 == done.code
    assert "tie decided by id" in done.out


def test_json_holds_numbers_and_words_in_both_languages(tracer: Command, pushed_down: Path) -> None:
    done = tracer("lint", pushed_down, "--json")
    finding = json.loads(done.out)[0]

    assert 1 == done.code
    assert ("stop_pushed_down", "warning", 0) == (finding["rule"], finding["severity"], finding["step"])
    assert 1.2 == finding["numbers"]["penalty"]
    assert {"en", "zh"} == set(finding["words"])


def test_several_sequences_are_named_in_the_table(tracer: Command, tmp_path: Path) -> None:
    done = tracer("lint", record_run(CASES[Rule.RIGHT_PADDING].faulty, tmp_path / "rows.trace").path)

    assert 1 == done.code
    assert "call 0 row 1, step 0" in done.out


def test_an_unknown_language_is_refused_in_one_paragraph(tracer: Command, pushed_down: Path) -> None:
    assert "lang='fr' is none of en, zh." in tracer("lint", pushed_down, "--lang", "fr").paragraph
