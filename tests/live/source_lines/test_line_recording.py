"""Recorded source lines are those that ran, with the shapes that hooks see; recording them changes nothing."""

import sys
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import LogitsProcessor, LogitsProcessorList

import tracer
from tests import zoo
from tests.live.source_lines import families
from tracer.analysis.executed_lines import LineRecord, Part
from tracer.errors import ModelError, UnsupportedCallError
from tracer.live.source_lines.line_recording import record_lines, recording_lines

FRONTS = {
    "generate",
    "_prefill",
    "_has_unfinished_sequences",
    "_get_logits_processor",
    "_get_stopping_criteria",
}


def recorded(name: str, steps: tuple[int, ...] = (0, 1), **settings: Any) -> LineRecord:
    _, record = record_lines(families.model(name), lambda: families.generate(name, **settings), steps=steps)
    return record


@cache
def sampled(name: str) -> LineRecord:
    return recorded(name, **families.SAMPLED)


@pytest.mark.parametrize("settings", [families.GREEDY, families.SAMPLED], ids=["greedy", "sampled"])
@pytest.mark.parametrize("name", families.NAMES)
def test_recording_lines_changes_nothing(name: str, settings: dict[str, Any]) -> None:
    bare = families.generate(name, rows=2, **settings)
    state = torch.get_rng_state()
    told, record = record_lines(families.model(name), lambda: families.generate(name, rows=2, **settings))
    assert torch.equal(bare.sequences, told.sequences)
    assert all(torch.equal(one, other) for one, other in zip(bare.logits, told.logits, strict=True))
    assert torch.equal(state, torch.get_rng_state())
    assert tuple(map(tuple, bare.sequences.tolist())) == record.output_ids
    assert (0, 1) == record.steps
    assert not FRONTS & families.model(name).__dict__.keys()


@pytest.mark.parametrize("name", families.NAMES)
def test_every_named_line_ran(name: str) -> None:
    record = sampled(name)
    files = {frame.function.file for frame in record.frames}
    with families.counting_lines(files) as ran:
        families.generate(name, **families.SAMPLED)
    for frame in record.frames:
        path = next(path for path in ran if path.endswith(f"/{frame.function.package}/{frame.function.file}"))
        source = Path(path).read_text(encoding="utf-8").splitlines()
        first = frame.function.first_line
        assert source[first - 1 : first - 1 + len(frame.function.lines)] == list(frame.function.lines)
        for line in frame.lines:
            assert set(line.executed) <= ran[path], (frame.function.qualified_name, line)
            assert line.start <= line.number <= max(line.executed) <= line.end
            assert line.count > 0


@pytest.mark.parametrize("name", families.NAMES)
def test_every_shape_is_what_hooks_see(name: str) -> None:
    with families.hooked_shapes(families.model(name)) as hooked:
        record = recorded(name, **families.SAMPLED)
    checked = 0
    for frame in record.frames:
        if frame.module_path is None or frame.function.name != "forward" or frame.returned is None:
            continue
        arguments = {one.name: one.shape for one in frame.arguments if one.shape is not None}
        seen = [
            (given, output)
            for given, output in hooked[frame.module_path]
            if output == frame.returned.shape
            and all(arguments.get(key, shape) == shape for key, shape in given.items())
        ]
        assert seen, (frame.function.qualified_name, frame.module_path, arguments, frame.returned.shape)
        checked += 1
    assert checked > 15


STATIONS = {
    "generate",
    "_sample",
    "_prefill",
    "prepare_inputs_for_generation",
    "_wrapped_call_impl",
    "_call_impl",
    "_update_model_kwargs_for_generation",
    "_get_logits_processor",
    "_get_stopping_criteria",
    "update",
    "__call__",
}


@pytest.mark.parametrize("name", families.NAMES)
def test_every_station_has_its_lines(name: str) -> None:
    record = sampled(name)
    names = {frame.function.name for frame in record.frames}
    assert set() == STATIONS - names
    assert names & {"eager_attention_forward", "sdpa_attention_forward"}
    owners = {frame.owner for frame in record.frames}
    assert {"TemperatureLogitsWarper", "TopKLogitsWarper", "TopPLogitsWarper", "MaxLengthCriteria"} <= owners
    assert all(frame.function.version and frame.function.license for frame in record.frames)
    for step in (0, 1):
        forwards = [frame for frame in record.named("forward", step=step) if frame.module_path == ""]
        assert 1 == len(forwards)
        assert forwards[0].lines


@pytest.mark.parametrize("name", ["llama", "gpt2", "mixtral"])
def test_layers_that_are_alike_are_folded(name: str) -> None:
    layers = [
        frame
        for frame in sampled(name).frames
        if frame.step == 0 and frame.module_path is not None and frame.module_path.split(".")[-1].isdigit()
    ]
    assert {"0"} == {frame.module_path.split(".")[-1] for frame in layers}  # type: ignore[union-attr]
    assert 2 == layers[0].repeats


def test_routing_is_shown_for_a_mixture_of_experts() -> None:
    paths = {frame.module_path for frame in sampled("mixtral").frames if frame.step == 1}
    assert {"model.layers.0.mlp.gate", "model.layers.0.mlp.experts"} <= paths


def test_an_encoder_and_cross_attention_are_recorded() -> None:
    record = sampled("t5")
    encoder = [
        frame for frame in record.frames if (frame.module_path or "").startswith("encoder.block.0.layer.")
    ]
    cross = [frame for frame in record.frames if (frame.owner or "").endswith("CrossAttention")]
    assert {Part.BEFORE} == {frame.part for frame in encoder}
    assert {0, 1} == {frame.step for frame in cross}


def test_a_loop_is_folded_into_first_last_and_count() -> None:
    record = recorded("llama")
    frame = next(frame for frame in record.named("forward", step=0) if frame.module_path == "model")
    texts = {
        frame.function.lines[line.start - frame.function.first_line].strip(): line for line in frame.lines
    }
    head = next(line for text, line in texts.items() if text.startswith("for "))
    body = next(line for text, line in texts.items() if text.startswith("hidden_states = decoder_layer("))
    assert (4, 3) == (head.count, body.count)
    assert (1, 14, 48) == body.bound[0].shape == body.last[0].shape
    assert body.bound[0].values != body.last[0].values


def test_only_chosen_steps_cost_anything() -> None:
    counts = {}
    for steps in ((0,), (1,), (0, 1)):
        for length in (4, 9):
            with recording_lines(families.model("llama"), steps=steps) as lines:
                families.generate("llama", max_new_tokens=length)
            counts[steps, length] = lines.num_events
    for steps in ((0,), (1,), (0, 1)):
        assert counts[steps, 4] == counts[steps, 9]
    assert counts[(0,), 4] < counts[(0, 1), 4]


def test_the_untraced_steps_run_without_a_trace_function() -> None:
    traces: list[bool] = []

    class Looking(LogitsProcessor):
        def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
            traces.append(sys.gettrace() is None)
            return scores

    recorded("llama", steps=(1,), logits_processor=LogitsProcessorList([Looking()]))
    is_traced = [False] * 5 if hasattr(sys, "monitoring") else [False, True, False, False, False]
    if sys.gettrace() is None:
        assert is_traced == [not is_none for is_none in traces]


def test_a_processor_of_the_users_own_is_recorded() -> None:
    class Halving(LogitsProcessor):
        def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
            halved = scores / 2
            return halved + 0

    record = recorded("llama", logits_processor=LogitsProcessorList([Halving()]))
    frame = next(frame for frame in record.frames if frame.owner == "Halving")
    assert ["halved"] == [one.name for line in frame.lines for one in line.bound]
    assert (Path(__file__).name, None) == (Path(frame.function.file).name, frame.function.license)


def test_an_error_inside_generate_leaves_nothing_behind() -> None:
    class Failing(LogitsProcessor):
        def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
            raise RuntimeError("stop here")

    before = sys.gettrace()
    with pytest.raises(RuntimeError, match="stop here"):
        recorded("llama", logits_processor=LogitsProcessorList([Failing()]))
    assert before is sys.gettrace()
    assert not FRONTS & families.model("llama").__dict__.keys()
    assert (0, 1) == recorded("llama").steps


def test_steps_that_were_not_reached_are_not_claimed() -> None:
    assert (2,) == recorded("llama", steps=(2, 50)).steps


def test_only_the_first_call_of_a_block_is_recorded() -> None:
    with recording_lines(families.model("llama")) as lines:
        first = families.generate("llama", seed=1, **families.SAMPLED)
        families.generate("llama", seed=2, **families.SAMPLED)
    assert tuple(map(tuple, first.sequences.tolist())) == lines.record().output_ids


@pytest.mark.parametrize("is_inside", [True, False])
def test_lines_and_a_trace_are_recorded_together(tmp_path: Path, is_inside: bool) -> None:
    model = families.model("llama")
    bare = families.generate("llama", **families.SAMPLED)
    recording = tracer.record(model, None, to=tmp_path / "a.trace")
    lines = recording_lines(model)
    with ExitStack() as stack:
        blocks = [recording, lines] if is_inside else [lines, recording]
        entered = [stack.enter_context(block) for block in blocks]  # type: ignore[var-annotated, arg-type]
        told = families.generate("llama", **families.SAMPLED)
    record = entered[blocks.index(lines)].record()
    assert torch.equal(bare.sequences, told.sequences)
    trace = tracer.open_trace(tmp_path / "a.trace")
    assert record.output_ids[0][14:] == tuple(step.token_id for step in trace.steps)
    assert not any((frame.function.package or "").startswith("tracer") for frame in record.frames)
    assert not FRONTS & model.__dict__.keys()


def test_a_block_without_a_call_says_so() -> None:
    with recording_lines(families.model("llama")) as lines:
        pass
    with pytest.raises(ModelError, match="No generate call of this model ran in the block"):
        lines.record()


def test_a_mode_without_a_loop_says_so() -> None:
    with recording_lines(families.model("llama")) as lines:
        families.generate("llama", prompt_lookup_num_tokens=2, **families.GREEDY)
    with pytest.raises(UnsupportedCallError, match="ran none of _sample, _beam_search"):
        lines.record()


def test_beams_have_lines_too() -> None:
    record = recorded("llama", num_beams=2, **families.GREEDY)
    assert {None, 0, 1} == {frame.step for frame in record.named("_beam_search")}


@pytest.mark.parametrize("steps", [(), (-1,), (0, -2)])
def test_steps_that_cannot_be_are_refused(steps: tuple[int, ...]) -> None:
    with (
        pytest.raises(ValueError, match="names no steps to record"),
        recording_lines(families.model("llama"), steps=steps),
    ):
        pass


def test_what_cannot_generate_is_refused() -> None:
    with pytest.raises(TypeError, match="generate"), recording_lines(torch.nn.Linear(1, 1)):
        pass


def test_a_fault_is_told_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    from tracer.live.source_lines.journal import Journal

    monkeypatch.setattr(Journal, "line", lambda *_: 1 / 0)
    with recording_lines(families.model("llama")) as lines:
        output = families.generate("llama")
    assert (1, 19) == tuple(output.sequences.shape)
    with pytest.raises(ModelError, match="could not be recorded to the end: division by zero"):
        lines.record()


def test_rows_of_a_batch_are_recorded_as_one() -> None:
    record = recorded("llama", rows=3)
    frame = next(frame for frame in record.named("forward", step=1) if frame.module_path == "")
    ids = next(one for one in frame.arguments if one.name == "input_ids")
    assert ((3, 1), "int64", "cpu") == (ids.shape, ids.dtype, ids.device)
    assert zoo.PROMPT_LENS[0] + 5 == len(record.output_ids[2])
