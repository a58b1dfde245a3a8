"""A fault of recording itself: generation goes on as if nothing happened, and the trace says what went wrong."""

import errno
import logging
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import LogitsProcessor, LogitsProcessorList

import tracer
from tests import zoo
from tests.fidelity.capture import run_bare
from tests.fidelity.cells import SEED, settings_for
from tests.fidelity.surroundings import differences, snapshot

PLACES = {
    "hidden states": "tracer.recording.listening.forward_capture.ForwardCapture._private",
    "attention": "tracer.recording.listening.forward_capture.ForwardCapture._mask_index",
    "a forward begins": "tracer.recording.listening.call_recorder.CallRecorder._place",
    "a forward ends": "tracer.recording.listening.forward_capture.ForwardCapture.pack",
    "logits processors": "tracer.recording.listening.call_recorder.CallRecorder._read_random_state",
    "stopping criteria": "tracer.recording.listening.call_recorder.CallRecorder._send_held",
    "the writer's arrays": "tracer.store.writer.CallWriter.add_array",
    "the writer's disk": "tracer.store.writer.CallWriter.flush",
    "the writer's steps": "tracer.recording.writing.call_writing.CallWriting.write_step",
}


def _break(patch: pytest.MonkeyPatch, target: str) -> None:
    def broken(*_args: Any, **_kwargs: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    patch.setattr(target, broken)


@pytest.mark.parametrize("place", PLACES)
def test_a_fault_of_recording_leaves_the_generation_whole(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    model, settings = zoo.shared("llama"), settings_for(rows=3, sampled=True)
    bare, bare_state = run_bare(model, settings, seed=SEED)
    before = snapshot(model)
    _break(monkeypatch, PLACES[place])
    torch.manual_seed(SEED)
    with (
        caplog.at_level(logging.WARNING),
        tracer.record(model, None, to=tmp_path / "fault.trace") as recording,
    ):
        output = model.generate(**settings)
        state = torch.get_rng_state()
    monkeypatch.undo()
    assert bare.sequences.tolist() == output.tolist()
    assert torch.equal(bare_state, state)
    assert [] == differences(before, snapshot(model))
    assert "No space left" in str(recording.fault)
    assert 1 == sum("No space left" in message for message in caplog.messages)
    trace = tracer.open_trace(tmp_path / "fault.trace")
    assert "faulted" == trace.status
    assert "No space left" in trace.manifest.faults[0].error


def test_a_call_after_a_faulted_one_is_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, settings = zoo.shared("llama"), settings_for(rows=1, sampled=True)
    bare, _ = run_bare(model, settings, seed=SEED)
    with tracer.record(model, None, to=tmp_path / "fault.trace"):
        with monkeypatch.context() as patch:
            _break(patch, PLACES["hidden states"])
            model.generate(**settings)
        torch.manual_seed(SEED)
        model.generate(**settings)
    calls = tracer.open_trace(tmp_path / "fault.trace").calls
    assert ["faulted", "complete"] == [call.info.status for call in calls]
    assert bare.sequences[0, zoo.PROMPT_LENS[0] :].tolist() == [
        step.token_id for step in calls[1].sequences[0].steps
    ]


class Narrowed(LogitsProcessor):
    """Leaves out the last tokens of the vocabulary."""

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        return scores[:, :100]


@pytest.mark.parametrize("sampled", [False, True])
def test_a_processor_that_narrows_the_vocabulary_is_named(tmp_path: Path, sampled: bool) -> None:
    model, settings = zoo.shared("llama"), settings_for(rows=3, sampled=sampled)
    settings["logits_processor"] = LogitsProcessorList([Narrowed()])
    bare, _ = run_bare(model, settings, seed=SEED)
    torch.manual_seed(SEED)
    with tracer.record(model, None, to=tmp_path / "narrow.trace") as recording:
        output = model.generate(**settings)
    assert bare.sequences.tolist() == output.tolist()
    expected = f"At step 0 Narrowed returned scores of 100 tokens and was given {zoo.VOCAB_SIZE}"
    assert expected in str(recording.fault)
    faults = tracer.open_trace(tmp_path / "narrow.trace").manifest.faults
    assert expected in faults[0].error
    assert 1 == len(faults)
