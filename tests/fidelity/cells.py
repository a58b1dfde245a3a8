"""One cell of the fidelity matrix: a bare run, its truth, the same call recorded, and what must not have changed.

Holds the steps that tests share; says nothing about which cells there are (`test_matrix`) or what a trace must hold
(`oracles`).
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

import tracer
from tests import zoo
from tests.fidelity.capture import random_state, run_bare, take_truth
from tests.fidelity.reading import Reader
from tests.fidelity.surroundings import differences, snapshot
from tests.fidelity.truth import Truth, save_truth

MAX_NEW_TOKENS = 8
SAMPLED: Mapping[str, Any] = {
    "do_sample": True,
    "temperature": 0.8,
    "top_k": 20,
    "top_p": 0.9,
    "repetition_penalty": 1.2,
}
SEED = 7


def settings_for(*, rows: int, sampled: bool) -> dict[str, Any]:
    """Returns the arguments of a cell's generate call; a batch has end tokens, so that its rows end apart."""
    settings: dict[str, Any] = {**zoo.prompts(rows), "max_new_tokens": MAX_NEW_TOKENS}
    if rows > 1:
        settings |= {"eos_token_id": list(zoo.EOS_IDS)}
    return settings | (dict(SAMPLED) if sampled else {})


def record_call(model: Any, settings: dict[str, Any], to: Path, **recording: Any) -> tuple[Any, torch.Tensor]:
    """Records one call; returns what it returned and the random state after it.

    Raises:
        AssertionError: something is left on the model or on transformers after the block.
    """
    before = snapshot(model)
    torch.manual_seed(SEED)
    with tracer.record(model, None, to=to, **recording):
        output = model.generate(**settings)
        state = random_state(model.device)
    left = differences(before, snapshot(model))
    assert not left, left
    return output, state


def check_unchanged(truth: Truth, bare_state: torch.Tensor, output: Any, state: torch.Tensor) -> None:
    """The recorded call returned the bare call's tokens and left the same random state."""
    tokens = output if isinstance(output, torch.Tensor) else output.sequences
    assert truth.sequences.tolist() == tokens.tolist()
    assert torch.equal(bare_state, state)


def check_call(
    model: Any,
    settings: Callable[[], dict[str, Any]],
    folder: Path,
    reader: Reader,
    *,
    without: tuple[str, ...] = (),
) -> Truth:
    """Takes the truth of a call, records it, and applies every oracle to what a process without torch reads.

    `settings` is called anew for every run, so that a run can have its own cache.
    """
    bare, bare_state = run_bare(model, settings(), seed=SEED)
    truth = take_truth(model, settings(), bare, seed=SEED)
    save_truth(truth, folder / "truth.npz")
    output, state = record_call(model, settings(), folder / "cell.trace")
    check_unchanged(truth, bare_state, output, state)
    failures = reader.check(folder / "cell.trace", [folder / "truth.npz"], without=without)
    assert not failures, "\n".join(failures)
    return truth
