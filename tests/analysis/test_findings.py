import json
import subprocess
import sys
from pathlib import Path

import pytest
from transformers import LogitsProcessorList, RepetitionPenaltyLogitsProcessor

import tracer
from tests.analysis.scripted_runs import (
    ASSISTANT,
    CASES,
    CLOSE,
    END,
    OTHER_END,
    START,
    USER,
    A,
    B,
    C,
    Run,
    chat,
    record_run,
)
from tests.synthetic import Synthetic, write_trace
from tracer.analysis.findings.finding import Finding, Rule, Severity
from tracer.analysis.findings.grouping import grouped
from tracer.analysis.findings.loops import Loop, loops_in
from tracer.analysis.findings.registry import RULES, lint


def found(rule: Rule, run: Run, folder: Path) -> list[Finding]:
    """Returns what the rule finds in a run."""
    return [one for one in lint(record_run(run, folder / "run.trace")) if one.rule is rule]


def test_every_rule_has_a_function_and_a_case() -> None:
    assert list(Rule) == list(RULES)
    assert set(Rule) == set(CASES)


@pytest.mark.parametrize("rule", CASES)
def test_a_run_with_the_fault_has_the_finding_with_its_numbers(rule: Rule, tmp_path: Path) -> None:
    case = CASES[rule]
    findings = found(rule, case.faulty, tmp_path)

    assert [(case.severity, case.step)] == [(one.severity, one.step) for one in findings]
    numbers = {name: findings[0].numbers[name] for name in case.numbers}
    assert case.numbers == pytest.approx(numbers, rel=1e-5)


@pytest.mark.parametrize("rule", CASES)
def test_a_run_without_the_fault_has_no_such_finding(rule: Rule, tmp_path: Path) -> None:
    assert [] == found(rule, CASES[rule].clean, tmp_path)


def test_an_ordinary_chat_has_no_findings_at_all(tmp_path: Path) -> None:
    run = Run(
        chat(A, B), [{B: 9.0}, {C: 9.0}, {END: 9.0}], {"do_sample": True, "top_k": 5, "temperature": 0.5}
    )

    assert () == lint(record_run(run, tmp_path / "run.trace"))


def test_probabilities_of_a_penalty_are_those_before_and_after_it(tmp_path: Path) -> None:
    finding = found(Rule.PENALTY_ON_PROMPT, CASES[Rule.PENALTY_ON_PROMPT].faulty, tmp_path)[0]

    step = tracer.open_trace(tmp_path / "run.trace").steps[0]
    favorite = next(one for one in step.candidates if one.token_id == A)
    assert favorite.probability == (
        finding.numbers["probability_before"],
        finding.numbers["probability_after"],
    )
    assert {"favorite": "·w10", "winner": "·w11"} == finding.tokens


def test_the_remedy_for_the_penalty_on_the_prompt_takes_the_finding_away(tmp_path: Path) -> None:
    for rule in (Rule.PENALTY_ON_PROMPT, Rule.STOP_PUSHED_DOWN):
        fault = CASES[rule].faulty
        processor = RepetitionPenaltyLogitsProcessor(1.2, prompt_ignore_length=len(fault.prompt))
        cured = Run(fault.prompt, fault.script, {"logits_processor": LogitsProcessorList([processor])})
        folder = tmp_path / rule
        folder.mkdir()

        assert [] == found(rule, cured, folder)


def test_a_token_that_the_answer_repeats_is_not_the_prompts_fault(tmp_path: Path) -> None:
    script = [{A: 20.0, B: 1.0}, *CLOSE]

    steps = [one.step for one in found(Rule.PENALTY_ON_PROMPT, penalized(script), tmp_path)]

    assert [] == steps


def penalized(script: list[dict[int, float]]) -> Run:
    return Run(chat(A), script, {"repetition_penalty": 1.2})


def test_padding_with_the_stop_token_is_found_where_this_transformers_penalizes_it(tmp_path: Path) -> None:
    run = Run(
        [A, B, C],
        ({END: 10.0, B: 9.5},),
        {"repetition_penalty": 1.2},
        {"pad_token_id": END},
        second_prompt=[END, A, C],
        mask=[[1, 1, 1], [0, 1, 1]],
    )

    rows = [one.row for one in found(Rule.STOP_PUSHED_DOWN, run, tmp_path)]

    sequences = tracer.open_trace(tmp_path / "run.trace").calls[0].sequences
    assert [one.row for one in sequences if one.steps[0].token_id != END] == rows


def test_sampling_settings_of_the_model_itself_are_nobodys_mistake(tmp_path: Path) -> None:
    run = Run(model={"temperature": 0.6, "top_p": 0.9, "do_sample": True})

    assert [] == found(Rule.SAMPLING_IGNORED, run, tmp_path)


def test_an_end_token_of_the_template_that_did_not_stop_is_found_where_it_was_chosen(tmp_path: Path) -> None:
    run = Run(script=[{END: 30.0}, {B: 9.0}], settings={"eos_token_id": OTHER_END})
    trace = record_run(run, tmp_path / "run.trace")

    assert [(Rule.STOP_MISSED, 0, 1)] == [
        (one.rule, one.step, one.numbers["num_after"]) for one in lint(trace)
    ]


def test_a_template_that_writes_a_stop_token_may_end_parts_of_a_turn_with_another(tmp_path: Path) -> None:
    template = "{{ '<|start|>' + message['content'] + '<|end|>' }}{{ '<|stop|>' }}"
    run = Run(script=[{END: 9.0}, {B: 9.0}], settings={"eos_token_id": OTHER_END}, template=template)

    assert () == lint(record_run(run, tmp_path / "run.trace"))


def test_a_start_token_twice_is_found_without_any_template(tmp_path: Path) -> None:
    doubled = found(Rule.TEMPLATE_TWICE, Run([START, START, A], template=None), tmp_path)

    assert [{"num_openings": 2, "position": 1, "opening_id": START}] == [one.numbers for one in doubled]


@pytest.mark.parametrize("template", [None, "{{ messages[0]['content'] }}"])
def test_a_template_without_special_tokens_says_nothing_of_a_raw_prompt(
    template: str | None, tmp_path: Path
) -> None:
    run = Run([A, B, C], settings={"eos_token_id": OTHER_END}, template=template)

    assert () == lint(record_run(run, tmp_path / "run.trace"))


def test_a_setting_of_the_models_own_defaults_that_overrules_it_is_a_warning(tmp_path: Path) -> None:
    unasked = found(Rule.SUPPRESSED, Run(script=CLOSE, model={"suppress_tokens": [A]}), tmp_path)

    assert [Severity.WARNING] == [one.severity for one in unasked]


@pytest.mark.parametrize(
    ("token_ids", "expected"),
    [
        ((), ()),
        ((1, 2, 3, 1, 2, 3, 1, 2, 3), ()),
        ((9, *(1, 2, 3) * 4, 9), (Loop(1, 3, 4),)),
        ((7,) * 7, ()),
        ((7,) * 8, (Loop(0, 1, 8),)),
        ((*(1, 2) * 5, 9, *(3, 4, 5, 6) * 4), (Loop(0, 2, 5), Loop(11, 4, 4))),
        ((1, 1, 2) * 6, (Loop(0, 3, 6),)),
    ],
)
def test_loops_are_the_shortest_runs_that_repeat(
    token_ids: tuple[int, ...], expected: tuple[Loop, ...]
) -> None:
    assert expected == loops_in(token_ids)


def test_findings_come_by_severity_and_each_has_a_number(tmp_path: Path) -> None:
    run = Run(
        [A, B],
        [{A: 9.0, B: 9.0}] * 2,
        {"temperature": 0.5},
        second_prompt=[A, 0],
        mask=[[1, 1], [1, 0]],
    )
    findings = lint(record_run(run, tmp_path / "run.trace"))

    assert ["error", *["warning"] * 3, *["note"] * 4] == [str(one.severity) for one in findings]
    assert all(one.numbers for one in findings)


def test_findings_of_one_rule_are_put_together_and_the_strongest_speaks(tmp_path: Path) -> None:
    run = penalized([{A: 10.0, B: 9.8}, {START: 10.0, C: 9.9, USER: 0.0}, {ASSISTANT: 10.0, 20: 9.0}])
    findings = found(Rule.PENALTY_ON_PROMPT, run, tmp_path)
    groups = grouped(findings)

    assert [(0, 1, 2)] == [group.steps for group in groups]
    assert max(findings, key=lambda one: one.strength) == groups[0].strongest


def test_a_finding_describes_itself_as_json(tmp_path: Path) -> None:
    described = json.loads(json.dumps(found(Rule.TIE, CASES[Rule.TIE].faulty, tmp_path)[0].describe()))

    assert ("tie", "note", 0, 0, 0) == tuple(
        described[name] for name in ("rule", "severity", "call", "row", "step")
    )
    assert {"chosen": "·w10", "other": "·w11"} == described["tokens"]


def test_a_trace_without_vocabulary_or_prompt_is_no_obstacle(tmp_path: Path) -> None:
    whole = lint(tracer.open_trace(write_trace(tmp_path / "a.trace", Synthetic(rows=2))))
    empty = Synthetic()
    info = empty.info
    empty.info = lambda index=0: info(index, prompt_ids=[])  # type: ignore[method-assign]

    assert () == whole
    assert () == lint(tracer.open_trace(write_trace(tmp_path / "b.trace", empty)))


def test_findings_need_neither_torch_nor_a_model(tmp_path: Path) -> None:
    path = write_trace(tmp_path / "a.trace")
    code = (
        f"import sys, tracer; tracer.lint(tracer.open_trace({str(path)!r})); "
        "print(sorted({'torch', 'transformers'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "[]" == done.stdout.strip()
