import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.analysis.scripted_runs import CASES, Run, record_run
from tests.wording.test_catalogue import placeholders
from tracer.analysis.findings.finding import Finding, Rule, Severity
from tracer.analysis.findings.grouping import Group
from tracer.analysis.findings.registry import lint
from tracer.wording.catalogue import CATALOGUE
from tracer.wording.composition import LANGUAGES, Language
from tracer.wording.findings import finding_text, place_text, remedy_text, rule_title, severity_name


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> Mapping[Rule, Finding]:
    """Returns a finding of every rule, from its recorded run."""
    folder = tmp_path_factory.mktemp("faulty")
    traces = {rule: record_run(case.faulty, folder / f"{rule}.trace") for rule, case in CASES.items()}
    return {rule: next(one for one in lint(trace) if one.rule is rule) for rule, trace in traces.items()}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("rule", Rule)
def test_every_finding_has_a_sentence_with_a_number_a_remedy_and_a_title(
    rule: Rule, lang: Language, findings: Mapping[Rule, Finding]
) -> None:
    finding = findings[rule]

    assert re.search(r"\d", finding_text(finding, lang))
    for text in (finding_text(finding, lang), remedy_text(finding, lang), rule_title(rule, lang)):
        assert text
        assert "{" not in text


@pytest.mark.parametrize("rule", Rule)
def test_sentences_speak_only_of_what_the_finding_holds(rule: Rule, findings: Mapping[Rule, Finding]) -> None:
    known = {*findings[rule].numbers, *findings[rule].tokens, "settings"}

    for part in ("found", "remedy"):
        assert set() == set(placeholders(CATALOGUE[f"lint.{rule}.{part}"].en)) - known


def test_the_sentence_of_a_pushed_down_stop_token(findings: Mapping[Rule, Finding]) -> None:
    finding = findings[Rule.STOP_PUSHED_DOWN]

    assert finding_text(finding) == (
        "`<|end|>` would have ended the text (62.0 %), but it already stands in the prompt (1 ×), so repetition "
        "penalty 1.2 cut it to 23.6 %; `·w11` was chosen and it went on."
    )
    assert finding_text(finding, "zh") == (
        "`<|end|>` 本可结束文本（62.0%），但提示词里有 1 个它，重复惩罚 1.2 将其降到 23.6%；结果选了 `·w11`，生成继续。"
    )
    assert "RepetitionPenaltyLogitsProcessor(1.2, prompt_ignore_length=6)" in remedy_text(finding, "zh")


def test_the_sentence_of_ignored_settings_names_them_with_their_values(
    findings: Mapping[Rule, Finding],
) -> None:
    assert finding_text(findings[Rule.SAMPLING_IGNORED]) == (
        "Temperature 0.7 and top-p 0.9 had no effect: do_sample is off, so the best token was taken at every step (1)."
    )


def test_severities_have_names_in_both_languages() -> None:
    assert ["error", "warning", "note"] == [severity_name(one) for one in Severity]
    assert ["错误", "警告", "提示"] == [severity_name(one, "zh") for one in Severity]


def test_the_place_is_the_strongest_step_then_all_of_them(findings: Mapping[Rule, Finding]) -> None:
    finding = findings[Rule.PENALTY_ON_PROMPT]
    many = Group(finding, tuple(range(14)))

    assert "step 0" == place_text(Group(finding, (0,)))
    assert "step 0; in all 2: 0, 3" == place_text(Group(finding, (0, 3)))
    assert "第 0 步；共 14 步：0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, …" == place_text(many, "zh")
    assert "call 0 row 0, step 0" == place_text(Group(finding, (0,)), is_only_sequence=False)


def test_a_finding_without_a_step_is_of_the_whole_run_or_its_call(findings: Mapping[Rule, Finding]) -> None:
    group = Group(findings[Rule.SAMPLING_IGNORED], ())

    assert "whole run" == place_text(group)
    assert "call 0" == place_text(group, is_only_sequence=False)


def test_a_language_that_the_catalogue_does_not_speak_is_refused(tmp_path: Path) -> None:
    finding = lint(record_run(Run([10, 11]), tmp_path / "run.trace"))[0]

    with pytest.raises(ValueError, match=r"lang='fr' is none of en, zh\. Type lang='en'\."):
        finding_text(finding, "fr")  # type: ignore[arg-type]
