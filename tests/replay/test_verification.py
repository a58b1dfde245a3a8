"""A trace that was recorded holds, here and elsewhere; what cannot be checked is said."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import LogitsProcessor, LogitsProcessorList
from transformers.generation import logits_process as lp

import tracer
from tests import zoo
from tests.replay.conftest import SAMPLING, record_call
from tests.replay.tampering import Copy, change_array, change_environment, change_table, failing, only
from tracer.replay.verdicts import Verdict
from tracer.replay.verification import NAMES, verify
from tracer.store.format import stage_entry, step_entry
from tracer.trace.trace import Trace


class Doubled(LogitsProcessor):
    """Writes into its input, as users' processors may."""

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        return scores.mul_(2.0)


def test_every_check_of_a_sampled_batch_holds(sampled: Trace) -> None:
    verification = verify(sampled)
    assert verification.holds
    assert verification.unchecked == ()
    assert set(NAMES) == {check.name for check in verification.checks}
    assert all(check.num_checked > 0 for check in verification.checks)


def test_every_stage_of_every_row_is_reproduced_bit_for_bit(sampled: Trace) -> None:
    call = sampled.calls[0]
    num_rows = sum(len(sequence.steps) for sequence in call.sequences)
    checks = verify(sampled).named("processors")
    assert len(call.processors) == 11
    assert [
        f"{num_rows} rows of stage {info.stage} ({info.class_name}) agree bit for bit"
        for info in call.processors
    ] == [check.detail for check in checks]


def test_rows_that_finish_early_are_verified_up_to_their_end(sampled: Trace) -> None:
    assert len({len(sequence.steps) for sequence in sampled.calls[0].sequences}) > 1


def test_a_greedy_call_has_no_noise_and_holds(greedy: Trace) -> None:
    verification = verify(greedy)
    assert verification.holds
    assert verification.named("noise") == ()
    assert "tokens have the highest final score" in only(verification, "choice").detail
    assert "there are no logits processors" in only(verification, "processors").detail


def test_a_light_trace_says_what_cannot_be_checked(tmp_path: Path) -> None:
    verification = verify(record_call(tmp_path / "a.trace", recording={"preset": "light"}, **SAMPLING))
    assert verification.holds
    assert {"processors", "choice", "probabilities", "accounting"} == {c.name for c in verification.unchecked}
    assert all(check.detail.startswith("cannot be checked because ") for check in verification.unchecked)
    assert only(verification, "noise").verdict is Verdict.HOLDS


def test_scores_without_logits_are_checked_from_the_first_stored_stage(tmp_path: Path) -> None:
    settings = {"logits": "none", "accounting": "none"}
    verification = verify(record_call(tmp_path / "a.trace", recording=settings, **SAMPLING))
    first, *others = verification.named("processors")
    assert "the raw logits were not recorded" in first.detail
    assert {Verdict.HOLDS} == {check.verdict for check in others}
    assert only(verification, "choice").verdict is Verdict.HOLDS


def test_a_custom_processor_is_not_checked_and_the_next_ones_start_from_it(tmp_path: Path) -> None:
    processors = LogitsProcessorList([Doubled()])
    verification = verify(record_call(tmp_path / "a.trace", logits_processor=processors, **SAMPLING))
    assert verification.holds
    (unchecked,) = verification.unchecked
    assert "Doubled is not a class of transformers but of tests.replay.test_verification" in unchecked.detail
    assert len(verification.named("processors")) == 12


def test_scores_that_are_no_numbers_are_as_they_were_recorded(tmp_path: Path) -> None:
    class Faulty(LogitsProcessor):
        def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
            scores = scores.clone()
            scores[:, 3], scores[:, 4], scores[:, 5] = float("nan"), float("inf"), -float("inf")
            return scores

    processors = LogitsProcessorList([Faulty()])
    verification = verify(record_call(tmp_path / "a.trace", logits_processor=processors, do_sample=False))
    assert () == verification.failures


def test_a_trace_without_a_call_cannot_be_checked(tmp_path: Path) -> None:
    with tracer.record(zoo.shared("llama"), None, to=tmp_path / "a.trace"):
        pass
    (check,) = verify(tracer.open_trace(tmp_path / "a.trace")).checks
    assert ("calls", Verdict.CANNOT_CHECK) == (check.name, check.verdict)
    assert "cannot be checked because no generate call was recorded" == check.detail


def test_a_call_that_was_stopped_is_not_said_to_be_whole(tmp_path: Path) -> None:
    class Stopping(LogitsProcessor):
        def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
            if input_ids.shape[1] > 16:
                raise KeyboardInterrupt
            return scores

    with pytest.raises(KeyboardInterrupt):
        record_call(tmp_path / "a.trace", rows=1, logits_processor=LogitsProcessorList([Stopping()]))
    check = only(verify(tracer.open_trace(tmp_path / "a.trace")), "end")
    assert Verdict.CANNOT_CHECK is check.verdict
    assert "the call is interrupted, and what came behind its 3 steps is not there" in check.detail


def test_probabilities_of_large_scores_are_compared_in_double_precision(tmp_path: Path) -> None:
    class Raised(LogitsProcessor):
        def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
            return scores + 1000.0

    processors = LogitsProcessorList([Raised()])
    trace = record_call(tmp_path / "a.trace", logits_processor=processors, do_sample=False)
    assert only(verify(trace), "probabilities").verdict is Verdict.HOLDS


def test_a_stateful_processor_is_replayed_from_the_first_step(tmp_path: Path) -> None:
    processors = LogitsProcessorList([lp.DiaEOSDelayPatternLogitsProcessor([0, 2], 31, 24)])
    trace = record_call(
        tmp_path / "a.trace", rows=2, do_sample=False, logits_processor=processors, eos_token_id=None
    )
    assert trace.calls[0].processors[0].is_stateful
    assert only(verify(trace), "processors").verdict is Verdict.HOLDS
    assert {31} <= set(trace.calls[0].sequences[0].token_ids)


def test_a_stateful_processor_is_given_up_where_a_step_is_missing(tmp_path: Path) -> None:
    processors = LogitsProcessorList([lp.DiaEOSDelayPatternLogitsProcessor([0, 2], 31, 24)])
    trace = record_call(
        tmp_path / "a.trace",
        rows=2,
        recording={"steps": (0, 1, 3)},
        do_sample=False,
        logits_processor=processors,
        eos_token_id=None,
    )
    checks = verify(trace).named("processors")
    assert any("keeps state, and step 2 was not recorded" in check.detail for check in checks)
    assert verify(trace).holds


def test_two_processors_of_one_class_are_two_stages(tmp_path: Path) -> None:
    processors = LogitsProcessorList([lp.TopKLogitsWarper(30), lp.TopKLogitsWarper(15)])
    verification = verify(record_call(tmp_path / "a.trace", logits_processor=processors, do_sample=False))
    assert {Verdict.HOLDS} == {check.verdict for check in verification.checks}
    assert len(verification.named("processors")) == 2


def test_every_call_of_a_trace_is_verified(tmp_path: Path) -> None:
    model, path = zoo.shared("llama"), tmp_path / "a.trace"
    with tracer.record(model, None, to=path):
        for count in (2, 3):
            model.generate(**zoo.prompts(1), max_new_tokens=count)
    assert {0, 1} == {check.call for check in verify(tracer.open_trace(path)).checks}
    assert verify(tracer.open_trace(path)).holds


def test_a_bfloat16_trace_holds(tmp_path: Path) -> None:
    model, path = zoo.shared("gemma2", torch.bfloat16), tmp_path / "a.trace"
    with tracer.record(model, None, to=path):
        model.generate(**zoo.prompts(2), max_new_tokens=4, do_sample=True, top_k=20, temperature=0.8)
    verification = verify(tracer.open_trace(path))
    assert verification.holds
    assert verification.unchecked == ()


def test_a_trace_cut_off_in_the_middle_of_a_call_holds(tmp_path: Path) -> None:
    class Stop(LogitsProcessor):
        def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
            if input_ids.shape[1] > 18:
                raise KeyboardInterrupt
            return scores

    with pytest.raises(KeyboardInterrupt):
        record_call(tmp_path / "a.trace", logits_processor=LogitsProcessorList([Stop()]), eos_token_id=None)
    trace = tracer.open_trace(tmp_path / "a.trace")
    assert len(trace.calls[0].sequences[0].steps) > 0
    assert verify(trace).holds


def test_elsewhere_two_units_in_the_last_place_are_allowed(sampled: Trace, copied: Copy) -> None:
    trace = change_environment(copied(sampled), torch="2.0.0")
    verification = verify(trace)
    assert verification.holds
    assert "agree within 2 ulp (recorded with torch 2.0.0, here" in verification.named("processors")[0].detail


@pytest.mark.parametrize(("ulps", "expected"), [(2, set()), (3, {"processors"})])
def test_elsewhere_the_third_unit_fails(tmp_path: Path, ulps: int, expected: set[str]) -> None:
    settings: dict[str, Any] = {"scores": "all"}
    record_call(tmp_path / "a.trace", recording=settings, do_sample=False, repetition_penalty=1.3)
    trace = change_environment(tmp_path / "a.trace", torch="2.0.0")
    change_array(trace.path, stage_entry(0, 0, 1, "values"), lambda v: v.view(np.int32)[9:10].__iadd__(ulps))
    assert expected == failing(verify(tracer.open_trace(trace.path))) - {"digests", "probabilities"}


def test_a_cuda_trace_without_cuda_is_decided_by_the_stored_noise(sampled: Trace, copied: Copy) -> None:
    trace = change_environment(copied(sampled), device_type="cuda", device_name="NVIDIA H200")
    verification = verify(trace)
    assert only(verification, "choice").verdict is Verdict.HOLDS
    detail = only(verification, "noise").detail
    assert "cannot be checked because the random state is that of a cuda device" in detail


def test_a_changed_token_of_a_cuda_trace_fails_the_choice(sampled: Trace, copied: Copy) -> None:
    trace = change_environment(copied(sampled), device_type="cuda", device_name="NVIDIA H200")
    chosen = {candidate.token_id for candidate in trace.calls[0].sequences[0].steps[0].candidates}
    other = min(chosen - {trace.calls[0].sequences[0].steps[0].token_id})
    change_table(trace.path, "steps", lambda rows: rows[0].update(token_id=other))
    assert "wins the stored race" in verify(tracer.open_trace(trace.path)).named("choice")[0].detail


def test_random_numbers_of_another_version_are_not_held_against_the_trace(
    sampled: Trace, copied: Copy
) -> None:
    path = copied(sampled)
    change_environment(path, torch="2.0.0")
    change_array(path, step_entry(0, "random_state"), lambda state: state[30:900].fill(3))
    (check, held) = verify(tracer.open_trace(path)).named("noise")
    assert "random numbers come out otherwise here (recorded with torch 2.0.0" in check.detail
    assert held.verdict is Verdict.HOLDS


def test_without_torch_everything_but_the_processors_and_the_noise_is_checked(sampled: Trace) -> None:
    script = (
        "import sys, json\n"
        "sys.modules['torch'] = None\n"
        "from tracer.trace.opening import open_trace\n"
        "from tracer.replay.verification import verify\n"
        "answer = verify(open_trace(sys.argv[1]))\n"
        "print(json.dumps([[c.name, c.verdict, c.detail] for c in answer.checks]))\n"
    )
    output = subprocess.run(
        [sys.executable, "-c", script, str(sampled.path)], capture_output=True, text=True, check=True
    )
    checks = {name: (verdict, detail) for name, verdict, detail in json.loads(output.stdout)}
    told = "cannot be checked because torch is not installed: pip install 'generation-tracer[record]'"
    assert ("cannot_check", told) == checks["processors"]
    assert checks["noise"][1].startswith(told)
    others = set(NAMES) - {"processors", "noise"}
    assert {"holds"} == {checks[name][0] for name in others}


def test_verifying_leaves_the_random_state_alone(sampled: Trace) -> None:
    before = torch.get_rng_state()
    verify(sampled)
    assert torch.equal(before, torch.get_rng_state())


def test_the_module_loads_without_torch() -> None:
    script = "import sys, tracer.replay.verification; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
