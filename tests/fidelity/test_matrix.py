"""The matrix: every architecture, dtype, batch and decoding, in every attention implementation.

A cell runs the bare call; where that raises, because transformers refuses the combination, the cell's outcome is that
exception. Else the recorded call goes to disk, is read where torch cannot be imported, and is compared.
"""

from pathlib import Path
from typing import Any

import pytest
import torch

import tracer
from tests import zoo
from tests.fidelity.capture import run_bare, to_array
from tests.fidelity.cells import SEED, check_call, settings_for
from tests.fidelity.reading import Reader
from tests.fidelity.table import CELL
from tests.fidelity.truth import Truth

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def _name_cell(architecture: str, dtype: str, attention: str, rows: int, decoding: str) -> dict[str, Any]:
    return {"name": f"{architecture} {dtype} {attention}", "column": f"{rows} {decoding}", "raised": None}


def _check_weights_are_eagers(model: Any, settings: dict[str, Any], truth: Truth) -> None:
    """The truth's attention weights are transformers' own `output_attentions`."""
    torch.manual_seed(SEED)
    output = model.generate(**settings, output_attentions=True, return_dict_in_generate=True)
    for forward, attentions in zip(truth.forwards, output.attentions, strict=True):
        for layer, weights in enumerate(attentions):
            assert torch.equal(torch.from_numpy(forward.layers[layer].weights), weights)


def _run_cell(cell: dict[str, Any], folder: Path, reader: Reader) -> None:
    architecture, dtype, attention = cell["name"].split()
    rows, decoding = cell["column"].split()
    entry = zoo.ARCHITECTURES[architecture]
    settings = settings_for(rows=int(rows), sampled=decoding == "sampled")
    try:
        model = zoo.shared(architecture, DTYPES[dtype], attention)
        run_bare(model, settings, seed=SEED)
    except ValueError as error:
        assert attention in entry.refuses
        cell["raised"] = f"{type(error).__name__}: {str(error)[:100]}…"
        return
    truth = check_call(model, lambda: settings, folder, reader)
    assert (tuple(range(3)) if attention in entry.deaf else ()) == truth.deaf_layers
    if attention == "eager" and dtype == "float32" and not truth.deaf_layers:
        _check_weights_are_eagers(model, settings, truth)


@pytest.mark.parametrize("decoding", ["greedy", "sampled"])
@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("attention", ["eager", "sdpa"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("architecture", zoo.ARCHITECTURES)
def test_what_is_read_is_what_a_bare_call_gives(
    architecture: str,
    dtype: str,
    attention: str,
    rows: int,
    decoding: str,
    tmp_path: Path,
    reader: Reader,
    record_property: Any,
) -> None:
    cell = _name_cell(architecture, dtype, attention, rows, decoding)
    record_property(CELL, cell)
    _run_cell(cell, tmp_path, reader)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("decoding", ["greedy", "sampled"])
def test_flex_attention_is_read_as_a_bare_call_gives(
    decoding: str, tmp_path: Path, reader: Reader, record_property: Any
) -> None:
    cell = _name_cell("llama", "float32", "flex_attention", 1, decoding)
    record_property(CELL, cell)
    _run_cell(cell, tmp_path, reader)


@pytest.mark.parametrize("architecture", zoo.ARCHITECTURES)
def test_recording_changes_no_output_of_a_call_with_all_its_flags(architecture: str, tmp_path: Path) -> None:
    model = zoo.shared(architecture)
    settings = settings_for(rows=3, sampled=True)
    bare, bare_state = run_bare(model, settings, seed=SEED)
    with tracer.record(model, None, to=tmp_path / "flags.trace"):
        recorded, state = run_bare(model, settings, seed=SEED)
    assert torch.equal(bare_state, state)
    assert list(bare) == list(recorded)
    for expected, actual in zip(bare.logits + bare.scores, recorded.logits + recorded.scores, strict=True):
        assert torch.equal(expected, actual)
    for expected, actual in zip(bare.hidden_states, recorded.hidden_states, strict=True):
        assert all(map(torch.equal, expected, actual))


def test_the_matrix_goes_where_its_architectures_differ() -> None:
    ends = set()
    for name in zoo.ARCHITECTURES:
        model = zoo.shared(name)
        settings = settings_for(rows=3, sampled=True)
        output, _ = run_bare(model, settings, seed=SEED)
        new = to_array(output.sequences)[:, zoo.PROMPT_LENS[0] :]
        ends |= {tuple(int((row != zoo.PAD_ID).sum()) for row in new)}
        probabilities = torch.softmax(output.logits[0], dim=-1)
        assert 0.03 < probabilities.max() < 0.99, name
        assert new.shape[1] + zoo.PROMPT_LENS[0] > zoo.SLIDING_WINDOW + 1
    assert any(len(set(lens)) > 1 for lens in ends), "no batch whose rows finish apart"
