"""Calls off the common path: other caches, chunks, processors, several calls in one block, libraries that call."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers

import tracer
from tests import zoo
from tests.fidelity.capture import run_bare, take_truth
from tests.fidelity.cells import SAMPLED, SEED, check_call, check_unchanged, record_call, settings_for
from tests.fidelity.oracles import ATTENTION_TOLERANCE
from tests.fidelity.reading import Reader
from tests.fidelity.truth import Truth, save_truth

NEW = {"max_new_tokens": 6}


def _take(model: Any, settings: dict[str, Any], path: Path) -> tuple[Truth, torch.Tensor]:
    bare, state = run_bare(model, settings, seed=SEED)
    truth = take_truth(model, settings, bare, seed=SEED)
    save_truth(truth, path)
    return truth, state


@pytest.mark.parametrize("rows", [1, 3])
def test_a_static_cache_is_read_as_a_bare_call_gives(rows: int, tmp_path: Path, reader: Reader) -> None:
    settings = {**settings_for(rows=rows, sampled=True), "cache_implementation": "static"}
    truth = check_call(zoo.shared("llama", attention="sdpa"), lambda: settings, tmp_path, reader)
    assert truth.forwards[0].layers[0].keys.shape[2] > truth.prompt_len


@pytest.mark.parametrize("architecture", ["llama", "mistral", "gemma3", "gpt_oss"])
@pytest.mark.parametrize("rows", [1, 3])
def test_a_chunked_prefill_is_read_as_a_bare_call_gives(
    rows: int, architecture: str, tmp_path: Path, reader: Reader
) -> None:
    settings = {**settings_for(rows=rows, sampled=True), "prefill_chunk_size": 5}
    truth = check_call(zoo.shared(architecture), lambda: settings, tmp_path, reader)
    assert 3 == truth.step_forwards[0] + 1


@pytest.mark.parametrize("architecture", ["llama", "mistral", "gemma3", "gpt2", "gpt_oss"])
def test_a_second_turn_on_a_filled_cache_is_read_as_a_bare_call_gives(
    architecture: str, tmp_path: Path, reader: Reader
) -> None:
    model = zoo.shared(architecture)

    def second_turn() -> dict[str, Any]:
        first = model.generate(**zoo.prompts(1), **NEW, return_dict_in_generate=True)
        input_ids = torch.cat([first.sequences, torch.tensor([[9, 8, 7]])], dim=1)
        mask = torch.ones_like(input_ids)
        return {
            "input_ids": input_ids,
            "attention_mask": mask,
            "past_key_values": first.past_key_values,
            **NEW,
        }

    truth = check_call(model, second_turn, tmp_path, reader)
    assert truth.forwards[0].position_start > zoo.PROMPT_LENS[0]


def test_two_turns_in_one_block_are_two_calls_that_share_a_prefix(tmp_path: Path, reader: Reader) -> None:
    model = zoo.shared("llama", attention="sdpa")

    def second(first: Any) -> dict[str, Any]:
        input_ids = torch.cat([first.sequences, torch.tensor([[9, 8, 7]])], dim=1)
        mask = torch.ones_like(input_ids)
        return {
            "input_ids": input_ids,
            "attention_mask": mask,
            "past_key_values": first.past_key_values,
            **NEW,
        }

    def first() -> Any:
        torch.manual_seed(SEED)
        return model.generate(**zoo.prompts(1), **NEW, return_dict_in_generate=True)

    _take(model, {**zoo.prompts(1), **NEW}, tmp_path / "0.npz")
    bare, _ = run_bare(model, second(first()), seed=SEED)
    save_truth(take_truth(model, second(first()), bare, seed=SEED), tmp_path / "1.npz")
    with tracer.record(model, None, to=tmp_path / "turns.trace"):
        model.generate(**second(first()))
    assert [] == reader.check(tmp_path / "turns.trace", [tmp_path / "0.npz", tmp_path / "1.npz"])


def test_a_call_without_a_cache_is_read_as_a_bare_call_gives(tmp_path: Path, reader: Reader) -> None:
    model = zoo.shared("llama", attention="sdpa")
    settings = {**settings_for(rows=3, sampled=True), "use_cache": False}
    truth = check_call(model, lambda: settings, tmp_path, reader, without=("check_queries_keys_values",))
    call = tracer.open_trace(tmp_path / "cell.trace").calls[0]
    for row, sequence in enumerate(call.sequences):
        for step, forward in zip(sequence.steps, truth.forwards, strict=False):
            for layer, heard in forward.layers.items():
                assert forward.query_len == heard.keys.shape[2] == step.keys(layer).shape[1]
                real = slice(truth.padding(row), None)
                assert np.array_equal(heard.keys[row][:, -1], step.keys(layer)[:, -1])
                assert np.array_equal(heard.queries[row][:, -1], step.queries(layer)[:, -1])
                difference = np.abs(heard.keys[row] - step.keys(layer))[:, real]
                assert difference.max() <= ATTENTION_TOLERANCE


def test_several_sequences_of_one_prompt_are_several_rows(tmp_path: Path, reader: Reader) -> None:
    settings = {**settings_for(rows=3, sampled=True), "num_return_sequences": 2}
    truth = check_call(zoo.shared("qwen3", attention="sdpa"), lambda: settings, tmp_path, reader)
    assert 6 == truth.rows
    assert 2 == tracer.open_trace(tmp_path / "cell.trace").calls[0].info.num_return_sequences


def test_two_processors_of_one_class_are_two_stages(tmp_path: Path, reader: Reader) -> None:
    twice = [transformers.TemperatureLogitsWarper(0.5), transformers.TemperatureLogitsWarper(3.0)]
    settings = {**zoo.prompts(1), **NEW, "do_sample": True, "top_k": 9, "logits_processor": twice}
    truth = check_call(zoo.shared("llama"), lambda: settings, tmp_path, reader)
    assert 2 == truth.stage_names.count("TemperatureLogitsWarper")


class _InPlace(transformers.LogitsProcessor):
    """Halves the scores in the tensor that it is given."""

    def __call__(self, input_ids: Any, scores: torch.Tensor) -> torch.Tensor:
        return scores.mul_(0.5)


@pytest.mark.parametrize("also", [{}, {"top_k": 9}], ids=["alone", "before top-k"])
def test_an_in_place_processor_does_not_reach_the_recorded_logits(
    also: dict[str, Any], tmp_path: Path, reader: Reader
) -> None:
    model = zoo.shared("llama")
    settings = {
        **zoo.prompts(1),
        **NEW,
        "do_sample": True,
        **also,
        "logits_processor": [_InPlace(), _InPlace()],
    }
    truth, bare_state = _take(model, settings, tmp_path / "truth.npz")
    assert not np.array_equal(truth.logits, truth.stages[:, 0]), (
        "transformers' own output_logits were kept whole"
    )
    save_truth(replace(truth, logits=truth.stages[:, 0]), tmp_path / "truth.npz")
    output, state = record_call(model, settings, tmp_path / "cell.trace")
    check_unchanged(truth, bare_state, output, state)
    assert [] == reader.check(tmp_path / "cell.trace", [tmp_path / "truth.npz"])


class _OneBuffer(transformers.LogitsProcessor):
    """Hands out the same tensor in every round, overwritten."""

    def __init__(self) -> None:
        self._buffer = torch.empty(0)

    def __call__(self, input_ids: Any, scores: torch.Tensor) -> torch.Tensor:
        self._buffer.resize_(scores.shape).copy_(scores * 0.7)
        return self._buffer


@pytest.mark.parametrize("also", [{}, {"top_k": 9}], ids=["last", "before top-k"])
def test_a_processor_that_reuses_its_buffer_does_not_change_earlier_steps(
    also: dict[str, Any], tmp_path: Path, reader: Reader
) -> None:
    model = zoo.shared("llama")

    def settings() -> dict[str, Any]:
        return {**zoo.prompts(1), **NEW, "do_sample": True, **also, "logits_processor": [_OneBuffer()]}

    truth, bare_state = _take(model, settings(), tmp_path / "truth.npz")
    save_truth(replace(truth, scores=truth.stages[:, -1]), tmp_path / "truth.npz")
    output, state = record_call(model, settings(), tmp_path / "cell.trace")
    check_unchanged(truth, bare_state, output, state)
    assert [] == reader.check(tmp_path / "cell.trace", [tmp_path / "truth.npz"])


def test_a_forward_inside_a_processor_is_auxiliary(tmp_path: Path, reader: Reader) -> None:
    model = zoo.shared("llama", attention="sdpa")
    settings = {**settings_for(rows=1, sampled=True), "guidance_scale": 1.5}
    truth = check_call(model, lambda: settings, tmp_path, reader)
    assert 2 * len(truth.logits) == len(truth.forwards)
    forwards = tracer.open_trace(tmp_path / "cell.trace").calls[0].forwards
    assert [False, True] * len(truth.logits) == [forward.is_auxiliary for forward in forwards]


def test_a_prompt_of_embeddings_is_read_as_a_bare_call_gives(tmp_path: Path, reader: Reader) -> None:
    model = zoo.shared("llama", attention="sdpa")
    with torch.no_grad():
        embeddings = model.get_input_embeddings()(zoo.prompts(1)["input_ids"])
    check_call(model, lambda: {"inputs_embeds": embeddings, **NEW}, tmp_path, reader)


MODES: dict[str, Callable[[], AbstractContextManager[Any]]] = {
    "inference_mode": torch.inference_mode,
    "no_grad": torch.no_grad,
    "neither": torch.enable_grad,
}


@pytest.mark.parametrize("first", MODES)
def test_one_block_takes_calls_under_every_gradient_mode_in_turn(
    first: str, tmp_path: Path, reader: Reader
) -> None:
    model = zoo.shared("llama", attention="sdpa")
    settings = settings_for(rows=3, sampled=True)
    truth, bare_state = _take(model, settings, tmp_path / "truth.npz")
    order = [first, *(name for name in MODES if name != first), first]
    with tracer.record(model, None, to=tmp_path / "modes.trace"):
        for name in order:
            with MODES[name]():
                torch.manual_seed(SEED)
                check_unchanged(truth, bare_state, model.generate(**settings), torch.get_rng_state())
    assert [] == reader.check(tmp_path / "modes.trace", [tmp_path / "truth.npz"] * 4)


def test_a_block_inside_inference_mode_is_read_as_a_bare_call_gives(tmp_path: Path, reader: Reader) -> None:
    model = zoo.shared("llama", attention="sdpa")
    settings = settings_for(rows=1, sampled=True)
    truth, bare_state = _take(model, settings, tmp_path / "truth.npz")
    with torch.inference_mode():
        output, state = record_call(model, settings, tmp_path / "inside.trace")
    check_unchanged(truth, bare_state, output, state)
    assert [] == reader.check(tmp_path / "inside.trace", [tmp_path / "truth.npz"])


def test_a_pipeline_is_recorded(tmp_path: Path, reader: Reader) -> None:
    model, tokenizer = zoo.build("llama", attention="sdpa"), zoo.tokenizer()
    pipe = transformers.pipeline("text-generation", model=model, tokenizer=tokenizer)
    settings = {**tokenizer("w5 w9 w77", return_tensors="pt", return_token_type_ids=False), **NEW, **SAMPLED}
    _take(model, settings, tmp_path / "truth.npz")
    torch.manual_seed(SEED)
    expected = pipe("w5 w9 w77", **NEW, **SAMPLED)
    torch.manual_seed(SEED)
    with tracer.record(model, tokenizer, to=tmp_path / "pipe.trace"):
        assert expected == pipe("w5 w9 w77", **NEW, **SAMPLED)
    assert [] == reader.check(tmp_path / "pipe.trace", [tmp_path / "truth.npz"])


def test_the_model_inside_a_wrapper_is_recorded(tmp_path: Path, reader: Reader) -> None:
    class Wrapper(torch.nn.Module):
        def __init__(self, model: Any) -> None:
            super().__init__()
            self.base_model = model

        def generate(self, **settings: Any) -> Any:
            return self.base_model.generate(**settings)

    model = zoo.shared("llama", attention="sdpa")
    _take(model, {**zoo.prompts(1), **NEW}, tmp_path / "truth.npz")
    wrapper = Wrapper(model)
    with tracer.record(wrapper, None, to=tmp_path / "wrapped.trace"):
        wrapper.generate(**zoo.prompts(1), **NEW)
    assert [] == reader.check(tmp_path / "wrapped.trace", [tmp_path / "truth.npz"])
