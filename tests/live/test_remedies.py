"""Remedies found on a recorded run, carried out with transformers' own processors: they do choose the token."""

from typing import Any

import numpy as np
import pytest

from tests.tiny_model import save_tiny_model
from tracer.analysis.remedies import Choice, Remedy, remedies_for
from tracer.analysis.trial import Verdict, rescored, wins_by_luck
from tracer.trace.opening import open_trace
from tracer.trace.step import Step

SETTINGS = {"repetition_penalty": 1.3, "temperature": 0.7, "top_k": 40, "top_p": 0.8, "min_p": 0.02}
CLASSES = {
    "repetition_penalty": "RepetitionPenaltyLogitsProcessor",
    "temperature": "TemperatureLogitsWarper",
    "top_k": "TopKLogitsWarper",
    "top_p": "TopPLogitsWarper",
    "min_p": "MinPLogitsWarper",
}


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> tuple[Step, ...]:
    """Returns the steps of a sampled run with five settings."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from tracer.recording.recorder import record

    folder = save_tiny_model(tmp_path_factory.mktemp("tiny") / "model")
    model, tokenizer = AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    path = tmp_path_factory.mktemp("traces") / "x.trace"
    with torch.random.fork_rng(), record(model, tokenizer, to=path):
        torch.manual_seed(2)
        inputs = tokenizer("rain", return_tensors="pt")
        model.generate(**inputs, max_new_tokens=20, do_sample=True, **SETTINGS)
    return open_trace(path).steps


def carried_out(step: Step, remedy: Remedy) -> int:
    """The token that transformers' processors and the recorded luck give under a remedy."""
    import torch
    from transformers.generation import logits_process

    settings: dict[str, Any] = dict(SETTINGS)
    for adjustment in remedy.adjustments:
        settings[str(adjustment.setting.name)] = adjustment.value
    ids = torch.tensor([[*step.sequence.prompt_ids, *step.sequence.token_ids[: step.index]]])
    scores = torch.from_numpy(step.logits.copy())[None]
    for info in step.call.processors:
        name = next(name for name, class_name in CLASSES.items() if class_name == info.class_name)
        if settings[name] is not None:
            scores = getattr(logits_process, info.class_name)(settings[name])(ids, scores)
    if remedy.choice is Choice.GREEDY:
        return int(scores.argmax())
    noise = step.noise
    assert noise is not None
    finish = torch.softmax(scores, dim=-1)[0].numpy()[noise[0]] / noise[1]
    return int(noise[0][np.argmax(finish)])


def test_with_its_recorded_value_every_stage_gives_what_was_recorded(steps: tuple[Step, ...]) -> None:
    for step in steps:
        assert set(CLASSES.values()) == {info.class_name for info in step.call.processors}
        for stage, info in enumerate(step.call.processors, start=1):
            name = next(name for name, class_name in CLASSES.items() if class_name == info.class_name)
            tried = rescored(step, {stage: SETTINGS[name]})
            assert np.array_equal(np.isfinite(step.scores), np.isfinite(tried))
            assert np.allclose(step.scores, tried, rtol=1e-6)
        assert Verdict.CHOSEN is wins_by_luck(step, step.scores, step.token_id)


def test_every_remedy_chooses_the_token_when_transformers_carries_it_out(steps: tuple[Step, ...]) -> None:
    num_found = 0
    for step in steps[::5]:
        others = np.argsort(-step.logits)[:4]
        for token_id in (int(other) for other in others if other != step.token_id):
            for remedy in remedies_for(step, token_id).found:
                assert token_id == carried_out(step, remedy), (step.index, remedy)
                num_found += 1
    assert num_found > 5


def test_what_keeps_a_token_in_is_the_least(steps: tuple[Step, ...]) -> None:
    num_kept = 0
    for step in steps[::10]:
        names = {info.class_name: stage for stage, info in enumerate(step.call.processors, start=1)}
        for token_id in np.argsort(-step.logits)[38:60:7].tolist():
            keep = remedies_for(step, token_id).keep
            for adjustment in (one for one in keep if one.setting.name == "top_k" and one.value is not None):
                stage = names["TopKLogitsWarper"]
                before = step.after(stage - 1)
                assert np.count_nonzero(before > before[token_id]) + 1 == adjustment.value
                num_kept += 1
    assert num_kept > 2
