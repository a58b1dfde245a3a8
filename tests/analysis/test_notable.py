"""Steps worth looking at come in one order, by columns as by steps, and the first is the one to open."""

from pathlib import Path
from typing import Any

import pytest

from tests.long_trace import STOP, long_trace
from tracer.analysis.findings.finding import Finding as LintFinding
from tracer.analysis.findings.finding import Rule, Severity
from tracer.analysis.forks import forks_of
from tracer.analysis.notable import (
    Finding,
    Notable,
    Reason,
    next_notable,
    notable_steps,
    previous_notable,
)
from tracer.analysis.telling_step import TellingStep, most_telling_step
from tracer.samples import sample_paths
from tracer.trace.opening import open_trace
from tracer.trace.sequence import Sequence

TOKENS = [b"<end>", b" rain", b" falls", b" now", b".", b" ", b"\xe4\xbb", b"\xe4", b" here", b" there"]

OVERRULED = {"favorite_id": STOP}
CHANGED = {"winner_id": 2}
LOST = {"winner_id": 3, "favorite_id": 3, "survivors_by_stage": [10, 10, 4], "probability": 0.1}
UNSURE = {"model_entropy": 5.0}


def sequence_of(path: Path, cells: dict[int, dict[str, Any]], *token_ids: int) -> Sequence:
    """Returns a sequence of " rain" four times, or of these tokens, with other cells at some steps."""
    return long_trace(path, TOKENS, [1, 2], list(token_ids or (1, 1, 1, 1)), cells=cells).sequence()


def findings(notables: tuple[Notable, ...]) -> list[tuple[int, Finding]]:
    return [(one.step, one.finding) for one in notables]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({1: LOST, 2: CHANGED, 3: OVERRULED}, (3, Finding.STOP_OVERRULED)),
        ({1: LOST, 2: CHANGED, 3: CHANGED}, (2, Finding.WINNER_CHANGED)),
        ({2: LOST}, (2, Finding.WINNER_LOST)),
        ({1: UNSURE}, (1, Finding.LEAST_SURE)),
    ],
)
def test_the_strongest_kind_goes_first_and_of_equals_the_first_step(
    tmp_path: Path, cells: dict[int, dict[str, Any]], expected: tuple[int, Finding]
) -> None:
    sequence = sequence_of(tmp_path / "a", cells)

    assert expected == findings(notable_steps(sequence))[0]
    assert TellingStep(*expected) == most_telling_step(sequence)


def test_of_one_kind_the_step_with_more_at_stake_goes_first(tmp_path: Path) -> None:
    changed = {0: CHANGED, 2: {"favorite_id": 1, "winner_id": 2}}
    sequence = sequence_of(tmp_path / "a", changed, 9, 1, 1)  # the first favorite had 0.6, as the second

    assert [0.6, 0.6] == [round(one.reasons[0].amount, 6) for one in notable_steps(sequence)]

    weak = {0: {"favorite_id": 2, "winner_id": 3}, 1: CHANGED}  # token 1's step gives token 2 a third of 0.6
    assert [(1, 0.6), (0, 0.2)] == [
        (one.step, round(one.reasons[0].amount, 6))
        for one in notable_steps(sequence_of(tmp_path / "b", weak, 1, 1))
    ]


def test_special_blank_and_half_tokens_come_last(tmp_path: Path) -> None:
    for token_id in (STOP, 4, 5, 6):
        sequence = sequence_of(tmp_path / str(token_id), {0: {**CHANGED, "favorite_id": 3}}, token_id, 1)
        assert [(1, Finding.LEAST_SURE), (0, Finding.WINNER_CHANGED)] == findings(notable_steps(sequence))

    alone = sequence_of(tmp_path / "alone", {0: {**CHANGED, "favorite_id": 3}}, 5)
    assert TellingStep(0, Finding.WINNER_CHANGED) == most_telling_step(alone)


def test_strengths_fall_and_lie_between_0_and_1() -> None:
    for path in sample_paths():
        strengths = [one.strength for one in notable_steps(open_trace(path).sequence())]
        assert sorted(strengths, reverse=True) == strengths
        assert all(0.0 <= one <= 1.0 for one in strengths)


def test_close_calls_are_the_forks() -> None:
    sequence = open_trace(sample_paths()[0]).sequence()

    close = {
        one.step
        for one in notable_steps(sequence)
        if Finding.CLOSE_CALL in {reason.finding for reason in one.reasons}
    }
    assert {fork.step for fork in forks_of(sequence)} == close


def test_a_changed_winner_names_the_stage_that_overturned_the_favorite() -> None:
    sequence = open_trace(sample_paths()[0]).sequence()
    changed = [
        (one.step, reason.stage)
        for one in notable_steps(sequence)
        for reason in one.reasons
        if reason.finding is Finding.WINNER_CHANGED
    ]

    assert changed
    for step, stage in changed:
        best = min(
            (c for c in sequence.steps[step].candidates if not c.removed[stage or 0]),
            key=lambda one: (one.rank[stage or 0], one.token_id),
        )
        assert stage == 1  # the repetition penalty
        assert best.token_id != sequence.steps[step].favorite_id


def test_a_finding_of_lint_at_a_step_of_the_sequence_counts(tmp_path: Path) -> None:
    sequence = sequence_of(tmp_path / "a", {1: CHANGED})

    def lint(row: int | None, step: int | None) -> LintFinding:
        return LintFinding(Rule.TIE, Severity.WARNING, 0, row, step, {}, {}, (), 0.5)

    found = notable_steps(sequence, [lint(0, 2), lint(None, None), lint(1, 3), lint(0, 9)])

    assert [(1, Finding.WINNER_CHANGED), (2, Finding.LINT)] == findings(found)
    assert Reason(Finding.LINT, 0.6, rule=Rule.TIE) == found[1].reasons[0]


def test_the_next_and_the_previous_one_are_the_nearest(tmp_path: Path) -> None:
    found = notable_steps(sequence_of(tmp_path / "a", {0: LOST, 3: CHANGED}))

    for step, following, before in ((0, 3, None), (1, 3, 0), (3, None, 0)):
        later, earlier = next_notable(found, step), previous_notable(found, step)
        assert (following, before) == (later and later.step, earlier and earlier.step)


def test_damaged_candidates_take_nothing_but_the_amounts(tmp_path: Path) -> None:
    sequence_of(tmp_path / "a", {2: CHANGED})
    (tmp_path / "a" / "call-000" / "candidates-00000.parquet").write_bytes(b"damaged")

    found = notable_steps(open_trace(tmp_path / "a").sequence())

    assert (2, (Reason(Finding.WINNER_CHANGED, 0.0),)) == (found[0].step, found[0].reasons)


def test_a_sequence_without_steps_has_none(tmp_path: Path) -> None:
    sequence = long_trace(tmp_path / "a", TOKENS, [1, 2], []).sequence()

    assert () == notable_steps(sequence)
    assert most_telling_step(sequence) is None
