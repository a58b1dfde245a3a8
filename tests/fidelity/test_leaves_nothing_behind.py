"""However a recorded block ends, the model and transformers are as before, and the trace is on disk and says how."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import LogitsProcessor, StoppingCriteria

import tracer
from tests import zoo
from tests.fidelity.surroundings import differences, snapshot
from tracer.errors import TargetError, TraceExistsError

STEPS_BEFORE = 3
"""The call is stopped while its fourth token is made."""


class _Stop:
    """Raises in its call number `STEPS_BEFORE`, counted from 0."""

    def __init__(self, error: BaseException) -> None:
        self._error = error
        self._calls = 0

    def count(self) -> None:
        self._calls += 1
        if self._calls > STEPS_BEFORE:
            raise self._error


class _StoppingProcessor(_Stop, LogitsProcessor):
    def __call__(self, input_ids: Any, scores: Any) -> Any:
        self.count()
        return scores


class _StoppingCriterion(_Stop, StoppingCriteria):
    def __call__(self, input_ids: Any, scores: Any, **kwargs: Any) -> Any:
        self.count()
        return torch.zeros(input_ids.shape[0], dtype=torch.bool)


def _stop_in_forward(model: Any, error: BaseException) -> dict[str, Any]:
    stop, mlp = _Stop(error), model.model.layers[1].mlp
    forward = mlp.forward

    def counted(*args: Any) -> Any:
        stop.count()
        return forward(*args)

    mlp.forward = counted
    return {}


def _stop_in_processor(model: Any, error: BaseException) -> dict[str, Any]:
    return {"logits_processor": [_StoppingProcessor(error)]}


def _stop_in_criterion(model: Any, error: BaseException) -> dict[str, Any]:
    return {"stopping_criteria": [_StoppingCriterion(error)]}


PLACES = {"forward": _stop_in_forward, "processor": _stop_in_processor, "criterion": _stop_in_criterion}


@pytest.mark.parametrize("error", [RuntimeError("out of luck"), KeyboardInterrupt()], ids=["error", "ctrl-c"])
@pytest.mark.parametrize("place", PLACES)
def test_a_call_that_is_stopped_leaves_nothing_behind(
    place: str, error: BaseException, tmp_path: Path
) -> None:
    model = zoo.build("llama", attention="sdpa")
    settings = {**zoo.prompts(1), "max_new_tokens": 8, **PLACES[place](model, error)}
    before = snapshot(model)
    with pytest.raises(type(error)) as raised, tracer.record(model, None, to=tmp_path / "stopped.trace"):
        model.generate(**settings)
    assert error is raised.value
    assert [] == differences(before, snapshot(model))


@pytest.mark.parametrize("error", [RuntimeError("out of luck"), KeyboardInterrupt()], ids=["error", "ctrl-c"])
@pytest.mark.parametrize("place", PLACES)
def test_a_call_that_is_stopped_is_on_disk_as_interrupted(
    place: str, error: BaseException, tmp_path: Path
) -> None:
    model = zoo.build("llama", attention="sdpa")
    whole = model.generate(**zoo.prompts(1), max_new_tokens=8)[0, zoo.PROMPT_LENS[0] :].tolist()
    settings = {**zoo.prompts(1), "max_new_tokens": 8, **PLACES[place](model, error)}
    with pytest.raises(type(error)), tracer.record(model, None, to=tmp_path / "stopped.trace"):
        model.generate(**settings)
    trace = tracer.open_trace(tmp_path / "stopped.trace")
    assert "interrupted" == trace.status
    assert "interrupted" == trace.calls[0].info.status
    assert type(error).__name__ in (trace.calls[0].info.error or "")
    assert whole[:STEPS_BEFORE] == [step.token_id for step in trace.steps][:STEPS_BEFORE]
    assert len(trace.steps) in (STEPS_BEFORE, STEPS_BEFORE + 1)
    assert not any(step.is_finished for step in trace.steps)


@pytest.mark.parametrize(
    "error", [ValueError("after the call"), KeyboardInterrupt()], ids=["error", "ctrl-c"]
)
def test_an_error_after_the_call_passes_through_and_keeps_the_call(
    error: BaseException, tmp_path: Path
) -> None:
    model = zoo.shared("llama", attention="sdpa")
    before = snapshot(model)

    def generate_and_raise() -> None:
        with tracer.record(model, None, to=tmp_path / "after.trace"):
            model.generate(**zoo.prompts(1), max_new_tokens=4)
            raise error

    with pytest.raises(type(error)):
        generate_and_raise()
    assert [] == differences(before, snapshot(model))
    trace = tracer.open_trace(tmp_path / "after.trace")
    assert "complete" == trace.calls[0].info.status
    assert 4 == len(trace.steps)


@pytest.mark.parametrize("architecture", zoo.ARCHITECTURES)
@pytest.mark.parametrize("preset", ["light", "standard", "full"])
def test_a_block_that_succeeds_leaves_nothing_behind(preset: str, architecture: str, tmp_path: Path) -> None:
    model = zoo.shared(architecture)
    model.generate(**zoo.prompts(1), max_new_tokens=2)
    before = snapshot(model)
    with tracer.record(model, None, to=tmp_path / "done.trace", preset=preset):
        assert [] != differences(before, snapshot(model))
        model.generate(**zoo.prompts(1), max_new_tokens=2)
    assert [] == differences(before, snapshot(model))
    assert "complete" == tracer.open_trace(tmp_path / "done.trace").status


def test_a_block_without_a_call_leaves_an_empty_trace(tmp_path: Path) -> None:
    model = zoo.shared("llama")
    before = snapshot(model)
    with tracer.record(model, None, to=tmp_path / "empty.trace"):
        pass
    assert [] == differences(before, snapshot(model))
    trace = tracer.open_trace(tmp_path / "empty.trace")
    assert ("complete", ()) == (trace.status, trace.calls)


def _make_full(folder: Path) -> None:
    folder.mkdir()
    (folder / "mine.txt").write_text("kept")


@pytest.mark.parametrize("spoil", [_make_full, Path.touch], ids=["full folder", "a file"])
def test_a_target_that_is_refused_leaves_nothing_behind(
    spoil: Callable[[Path], None], tmp_path: Path
) -> None:
    model = zoo.shared("llama")
    target = tmp_path / "target.trace"
    spoil(target)
    before = snapshot(model)
    with (
        pytest.raises((TraceExistsError, TargetError), match=r"target\.trace"),
        tracer.record(model, None, to=target),
    ):
        raise AssertionError("the block ran")
    assert [] == differences(before, snapshot(model))
