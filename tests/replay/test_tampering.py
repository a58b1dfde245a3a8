"""A trace that was tampered with fails in the check of that name, and says where."""

from typing import Any

import numpy as np
import pytest

import tracer
from tests.replay.tampering import Copy, change_array, change_table, failing, only
from tracer.replay.verdicts import Verdict
from tracer.replay.verification import verify
from tracer.store.format import stage_entry, step_entry
from tracer.trace.trace import Trace


def test_a_changed_token_fails_the_choice(sampled: Trace, copied: Copy) -> None:
    path = copied(sampled)

    def change(rows: list[dict[str, Any]]) -> None:
        (row,) = [row for row in rows if (row["sequence"], row["step"]) == (1, 3)]
        row["token_id"] += 1

    change_table(path, "steps", change)
    (check,) = verify(tracer.open_trace(path)).named("choice")
    assert (Verdict.FAILS, 0, 1) == (check.verdict, check.call, check.row)
    assert check.detail.startswith("step 3: token ")
    assert check.detail.endswith("wins the race")


def test_a_changed_token_of_a_greedy_call_fails_the_choice(greedy: Trace, copied: Copy) -> None:
    path = copied(greedy)
    change_table(path, "steps", lambda rows: rows[0].update(token_id=rows[0]["token_id"] ^ 1))
    (check,) = verify(tracer.open_trace(path)).named("choice")
    assert check.verdict is Verdict.FAILS
    assert "has the highest final score" in check.detail


def test_one_changed_byte_fails_the_digests(sampled: Trace, copied: Copy) -> None:
    path = copied(sampled)
    file = path / "call-000" / "arrays-00000.safetensors"
    content = bytearray(file.read_bytes())
    content[-3] ^= 1
    file.write_bytes(content)
    (check,) = verify(tracer.open_trace(path)).named("digests")
    assert check.verdict is Verdict.FAILS
    assert f"{file} has changed since it was written" in check.detail


def test_a_missing_file_fails_the_digests(greedy: Trace, copied: Copy) -> None:
    path = copied(greedy)
    (path / "call-000" / "candidates-00000.parquet").unlink()
    verification = verify(tracer.open_trace(path))
    assert {"digests", "probabilities"} == failing(verification)
    assert "candidates-00000.parquet is missing" in only(verification, "digests").detail


def test_changed_logits_fail_the_processors(sampled: Trace, copied: Copy) -> None:
    path = copied(sampled)
    change_array(path, step_entry(2, "logits"), lambda logits: logits[0].__iadd__(np.float32(0.5)))
    verification = verify(tracer.open_trace(path))
    assert {"digests", "processors", "probabilities", "accounting"} <= failing(verification)
    assert "scores differ, the first of token" in verification.named("processors")[0].detail


def test_a_changed_stage_fails_that_stage(sampled: Trace, copied: Copy) -> None:
    path = copied(sampled)
    step = sampled.calls[0].sequences[2].steps[1]
    stage = next(
        stage
        for stage in range(1, step.num_stages)
        if stage_entry(1, 2, stage, "values") in sampled.calls[0].files.arrays
    )
    change_array(path, stage_entry(1, 2, stage, "values"), lambda values: values.__iadd__(np.float32(1)))
    failures = [c for c in verify(tracer.open_trace(path)).failures if c.name == "processors"]
    assert f"step 1, stage {stage} ({step.call.stage_names[stage]})" in failures[0].detail
    assert failures[0].row == 2


def test_changed_noise_fails_the_noise(sampled: Trace, copied: Copy) -> None:
    path = copied(sampled)
    change_array(path, step_entry(0, "noise/values"), lambda values: values.__imul__(np.float32(1.5)))
    assert {"digests", "noise"} == failing(verify(tracer.open_trace(path)))


def test_a_changed_random_state_fails_choice_and_noise(sampled: Trace, copied: Copy) -> None:
    path = copied(sampled)

    def change(state: np.ndarray) -> None:
        state[100:1000] = 7

    change_array(path, step_entry(4, "random_state"), change)
    assert {"digests", "choice", "noise"} == failing(verify(tracer.open_trace(path)))


def test_a_random_state_that_is_none_is_named(sampled: Trace, copied: Copy) -> None:
    path = copied(sampled)
    change_array(path, step_entry(0, "random_state"), lambda state: state.fill(255))
    (check,) = verify(tracer.open_trace(path)).named("noise")
    assert "step 0: the recorded random state is not valid" in check.detail


def test_changed_shares_fail_the_accounting(greedy: Trace, copied: Copy) -> None:
    path = copied(greedy)
    change_array(path, step_entry(1, "accounting/shares"), lambda shares: shares[0, 0].__iadd__(0.25))
    verification = verify(tracer.open_trace(path))
    assert {"digests", "accounting"} == failing(verification)
    assert "step 1: the shares of token" in only(verification, "accounting").detail


def test_a_large_remainder_fails_the_accounting(greedy: Trace, copied: Copy) -> None:
    path = copied(greedy)
    change_array(path, step_entry(1, "accounting/shares"), lambda shares: shares[0, 0].__iadd__(0.25))
    change_array(path, step_entry(1, "accounting/remainder"), lambda rest: rest[0].__isub__(0.25))
    (check,) = verify(tracer.open_trace(path)).named("accounting")
    assert "of its shares, above 1e-05" in check.detail


@pytest.mark.parametrize(
    ("column", "value", "name"),
    [
        ("probability", 0.123, "probabilities"),
        ("model_rank", 77, "probabilities"),
        ("entropy", 9.0, "probabilities"),
        ("winner_id", 1, "probabilities"),
        ("kv_len", 99, "shapes"),
        ("forward", 2, "shapes"),
        ("step", 40, "shapes"),
        ("is_finished", True, "stopping"),
        ("verdicts", [True, True], "stopping"),
    ],
)
def test_a_changed_cell_fails_its_check(
    greedy: Trace, copied: Copy, column: str, value: object, name: str
) -> None:
    path = copied(greedy)
    change_table(path, "steps", lambda rows: rows[0].update({column: value}))
    assert name in failing(verify(tracer.open_trace(path)))


@pytest.mark.parametrize("column", ["score", "probability", "rank", "removed"])
def test_a_changed_candidate_fails_the_probabilities(sampled: Trace, copied: Copy, column: str) -> None:
    path = copied(sampled)
    change_table(
        path, "candidates", lambda rows: rows[5].update({column: type(rows[5][column])(1 - rows[5][column])})
    )
    assert {"digests", "probabilities"} == failing(verify(tracer.open_trace(path)))


def test_a_sequence_that_ends_without_a_reason_fails_unless_interrupted(greedy: Trace, copied: Copy) -> None:
    path = copied(greedy)
    change_table(path, "steps", lambda rows: rows[-1].update(verdicts=[False, False], is_finished=False))
    assert "ends there, but no criterion ended it" in verify(tracer.open_trace(path)).failures[0].detail
    info = path / "call-000" / "call.json"
    info.write_text(
        info.read_text().replace('"complete"', '"interrupted"').replace('"max_length":', '"other":')
    )
    assert verify(tracer.open_trace(path)).named("stopping")[0].verdict is Verdict.HOLDS
