"""What each preset and each restriction keeps is what a bare call gives; what it leaves out says so."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import tracer
from tests import zoo
from tests.fidelity import oracles
from tests.fidelity.capture import run_bare, take_truth, to_array
from tests.fidelity.cells import SEED, record_call, settings_for
from tests.fidelity.truth import Truth
from tracer.errors import SignalMissingError


def _record(model: Any, folder: Path, **recording: Any) -> tuple[Any, Truth, Any]:
    """Returns a recorded call, its truth, and what the bare call returned."""
    settings = settings_for(rows=3, sampled=True)
    bare, _ = run_bare(model, settings, seed=SEED)
    truth = take_truth(model, settings, bare, seed=SEED)
    record_call(model, settings, folder / "preset.trace", **recording)
    return tracer.open_trace(folder / "preset.trace").calls[0], truth, bare


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=["float32", "bfloat16"])
@pytest.mark.parametrize("architecture", zoo.ARCHITECTURES)
def test_the_full_preset_holds_the_streams_of_every_position(
    architecture: str, dtype: torch.dtype, tmp_path: Path
) -> None:
    call, truth, bare = _record(zoo.shared(architecture, dtype), tmp_path, preset="full")
    for oracle in oracles.ORACLES:
        oracle(call, truth)
    skipped = int(architecture == "mamba")  # its list of streams lacks the embedding
    for row, sequence in enumerate(call.sequences):
        for step, expected in zip(sequence.steps, bare.hidden_states, strict=False):
            states = step.hidden_states()
            assert states.shape[1] == expected[0].shape[1]
            for layer, stream in enumerate(expected[:-1]):
                assert np.array_equal(to_array(stream[row]), states[layer + skipped])
                assert np.array_equal(states[layer + skipped], step.hidden_states(layer + skipped))


@pytest.mark.parametrize("architecture", ["llama", "mamba"])
def test_the_light_preset_holds_tables_and_says_what_it_lacks(architecture: str, tmp_path: Path) -> None:
    call, truth, _ = _record(zoo.shared(architecture), tmp_path, preset="light")
    for oracle in (
        oracles.check_tokens,
        oracles.check_statistics,
        oracles.check_candidates,
        oracles.check_forwards,
    ):
        oracle(call, truth)
    step = call.sequences[0].steps[0]
    for read in (
        lambda: step.logits,
        lambda: step.scores,
        step.hidden_states,
        lambda: step.queries(0),
        lambda: step.keys(0),
        lambda: step.attention(0),
    ):
        with pytest.raises(SignalMissingError, match="record"):
            read()


def test_layers_and_steps_that_were_not_asked_for_are_left_out(tmp_path: Path) -> None:
    call, truth, _ = _record(zoo.shared("llama"), tmp_path, layers=(1,), steps=range(2, 4))
    oracles.check_tokens(call, truth)
    oracles.check_statistics(call, truth)
    sequence = call.sequences[0]
    for number, step in enumerate(sequence.steps):
        if number not in range(2, 4):
            with pytest.raises(SignalMissingError, match="steps"):
                _ = step.logits
            continue
        assert np.array_equal(truth.logits[number, 0], step.logits)
        assert np.array_equal(truth.scores[number, 0], step.scores)
        heard = truth.forwards[truth.step_forwards[number]].layers[1]
        assert np.array_equal(heard.keys[0], step.keys(1))
        assert np.abs(heard.weights[0] - step.attention(1)).max() <= oracles.ATTENTION_TOLERANCE
        with pytest.raises(SignalMissingError, match="layers"):
            step.attention(0)


@pytest.mark.parametrize(
    ("field", "value", "lost"),
    [
        ("queries", "none", "check_attention"),
        ("keys_values", "none", "check_attention"),
        ("hidden_states", "none", "check_streams"),
        ("scores", "none", "check_scores"),
    ],
)
def test_one_signal_left_out_leaves_the_others_whole(
    field: str, value: str, lost: str, tmp_path: Path
) -> None:
    call, truth, _ = _record(zoo.shared("llama"), tmp_path, **{field: value})
    related = {
        "queries": ("check_queries_keys_values", "check_prompt_attention"),
        "keys_values": ("check_queries_keys_values", "check_prompt_attention"),
        "scores": ("check_stages",),
    }.get(field, ())
    for oracle in oracles.ORACLES:
        if oracle.__name__ == lost:
            with pytest.raises(SignalMissingError, match=field):
                oracle(call, truth)
        elif oracle.__name__ not in related:
            oracle(call, truth)


def test_queries_of_the_sampled_position_give_its_attention(tmp_path: Path) -> None:
    call, truth, _ = _record(zoo.shared("gemma3"), tmp_path, queries="last")
    oracles.check_queries_keys_values(call, truth)
    oracles.check_attention(call, truth)
    assert (3, 1) == (len(call.sequences), call.sequences[0].steps[0].attention(0).shape[1])


def test_stages_stored_dense_are_read_as_the_others(tmp_path: Path) -> None:
    call, truth, _ = _record(zoo.shared("llama"), tmp_path, scores="all")
    for oracle in oracles.ORACLES:
        oracle(call, truth)
