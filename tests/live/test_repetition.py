"""A recorded call, repeated with its model, gives the same tokens and the same logits, recorded or not."""

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import LogitsProcessor, LogitsProcessorList, MaxTimeCriteria, StoppingCriteriaList

import tracer
from tests import zoo
from tracer.errors import ModelError
from tracer.live.replaying.repetition import rerun
from tracer.replay.verdicts import Verdict, Verification
from tracer.trace.step import Step
from tracer.trace.trace import Trace

NAMES = ["rerun tokens", "rerun logits", "recorded tokens", "recorded logits"]
SAMPLING: dict[str, Any] = {"do_sample": True, "temperature": 0.8, "top_k": 30, "repetition_penalty": 1.2}


class Shifted(LogitsProcessor):
    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        return scores + 1.0


def record_call(path: Path, model: Any = None, rows: int = 2, **generation: Any) -> Trace:
    model = model or zoo.shared("llama")
    settings = {"max_new_tokens": 6, "eos_token_id": list(zoo.EOS_IDS), "pad_token_id": zoo.PAD_ID}
    with tracer.record(model, None, to=path):
        model.generate(**zoo.prompts(rows), **{**settings, **generation})
    return tracer.open_trace(path)


def answers(verification: Verification) -> dict[str, Verdict]:
    return {check.name: check.verdict for check in verification.checks}


@pytest.mark.parametrize(
    "generation",
    [
        {"do_sample": False},
        SAMPLING,
        {**SAMPLING, "num_return_sequences": 2},
        {"do_sample": False, "min_new_tokens": 3, "prefill_chunk_size": 4},
        {"do_sample": False, "use_cache": False},
    ],
)
def test_a_repeated_call_gives_the_same_tokens_and_logits(tmp_path: Path, generation: dict[str, Any]) -> None:
    trace = record_call(tmp_path / "a.trace", **generation)
    verification = rerun(trace, zoo.shared("llama"))
    assert dict.fromkeys(NAMES, Verdict.HOLDS) == answers(verification)
    assert all(check.num_checked > 0 for check in verification.checks)


def test_the_random_state_is_put_back(tmp_path: Path) -> None:
    trace = record_call(tmp_path / "a.trace", **SAMPLING)
    before = torch.get_rng_state()
    rerun(trace, zoo.shared("llama"))
    assert torch.equal(before, torch.get_rng_state())


def test_other_weights_fail(tmp_path: Path) -> None:
    trace, other = record_call(tmp_path / "a.trace", do_sample=False), zoo.build("llama")
    with torch.no_grad():
        other.lm_head.weight.mul_(1.5).add_(0.01)
    verification = rerun(trace, other)
    assert not verification.holds
    assert {"rerun logits"} <= {check.name for check in verification.failures}
    assert answers(verification)["recorded logits"] is Verdict.HOLDS


def test_settings_of_the_model_that_the_call_cleared_stay_out(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    model = zoo.build("llama")
    model.generation_config.repetition_penalty = 1.7
    model.generation_config.transformers_version = "5.17.0"
    trace = record_call(tmp_path / "a.trace", model, do_sample=False, repetition_penalty=None)
    verification = rerun(trace, model)
    assert trace.calls[0].processors == ()
    assert "deprecated" not in capfd.readouterr().err
    assert dict.fromkeys(NAMES, Verdict.HOLDS) == answers(verification)


def test_one_call_of_several_is_repeated(tmp_path: Path) -> None:
    model, path = zoo.shared("llama"), tmp_path / "a.trace"
    with tracer.record(model, None, to=path):
        model.generate(**zoo.prompts(1), max_new_tokens=2)
        model.generate(**zoo.prompts(2), max_new_tokens=3, **SAMPLING)
    verification = rerun(tracer.open_trace(path), model, call=1)
    assert dict.fromkeys(NAMES, Verdict.HOLDS) == answers(verification)
    assert {1} == {check.call for check in verification.checks}


def test_a_processor_that_no_setting_stands_for_is_named(tmp_path: Path) -> None:
    processors = LogitsProcessorList([Shifted()])
    trace = record_call(tmp_path / "a.trace", do_sample=False, logits_processor=processors)
    verification = rerun(trace, zoo.shared("llama"))
    (check,) = verification.named("rerun tokens")
    assert "the call had the processors Shifted, and its settings give none" in check.detail
    assert verification.holds


def test_a_criterion_that_no_setting_stands_for_is_named(tmp_path: Path) -> None:
    class Never(MaxTimeCriteria):
        pass

    trace = record_call(
        tmp_path / "a.trace", do_sample=False, stopping_criteria=StoppingCriteriaList([Never(99.0)])
    )
    assert "the call had the criteria" in rerun(trace, zoo.shared("llama")).unchecked[0].detail


def test_a_call_that_the_clock_could_stop_is_repeated_for_its_rounds(tmp_path: Path) -> None:
    trace = record_call(tmp_path / "a.trace", do_sample=False, max_time=100.0)
    assert dict.fromkeys(NAMES, Verdict.HOLDS) == answers(rerun(trace, zoo.shared("llama")))


def test_a_call_on_a_filled_cache_cannot_be_repeated(tmp_path: Path) -> None:
    model, path, prompt = zoo.shared("llama"), tmp_path / "a.trace", zoo.prompts(1)
    first = model.generate(**prompt, max_new_tokens=3, return_dict_in_generate=True, do_sample=False)
    with tracer.record(model, None, to=path):
        longer = torch.cat([first.sequences, torch.tensor([[5, 6]])], dim=1)
        model.generate(longer, past_key_values=first.past_key_values, max_new_tokens=2, do_sample=False)
    (check,) = rerun(tracer.open_trace(path), model).checks
    assert "the call began with a cache that already held 16 positions" in check.detail


def test_a_drawn_call_without_its_first_random_state_cannot_be_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = record_call(tmp_path / "a.trace", do_sample=True)
    monkeypatch.setattr(Step, "random_state", None)
    (check,) = rerun(trace, zoo.shared("llama")).checks
    assert "the random state of its first step was not recorded" in check.detail


def test_another_model_is_refused(tmp_path: Path) -> None:
    trace = record_call(tmp_path / "a.trace", do_sample=False)
    with pytest.raises(
        ModelError, match=r"class_name='LlamaForCausalLM', and this model has 'Qwen3ForCausalLM'"
    ):
        rerun(trace, zoo.shared("qwen3"))


def test_another_attention_implementation_is_refused(tmp_path: Path) -> None:
    trace = record_call(tmp_path / "a.trace", do_sample=False)
    with pytest.raises(ModelError, match=r"attn_implementation='eager', and this model has 'sdpa'"):
        rerun(trace, zoo.shared("llama", attention="sdpa"))


def test_a_call_that_is_not_there_is_named(tmp_path: Path) -> None:
    trace = record_call(tmp_path / "a.trace", do_sample=False)
    with pytest.raises(ValueError, match="call=3 is no call of this trace"):
        rerun(trace, zoo.shared("llama"), call=3)
