"""The oracles bite: a recorder that is broken on purpose turns the named oracle red, and only an intact one is green.

Each mutation replaces one small piece of the recorder. A mutation whose piece is gone fails here, so that it moves
along when the recorder changes.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import LogitsProcessor

import tracer
from tests import zoo
from tests.fidelity import oracles
from tests.fidelity.capture import run_bare, take_truth
from tests.fidelity.cells import SEED, check_unchanged, record_call, settings_for
from tests.fidelity.truth import Truth
from tracer.recording.listening.call_recorder import CallRecorder
from tracer.recording.listening.forward_capture import ForwardCapture

Patch = pytest.MonkeyPatch


class _InPlace(LogitsProcessor):
    """Halves the scores in the tensor that it is given."""

    def __call__(self, input_ids: Any, scores: torch.Tensor) -> torch.Tensor:
        return scores.mul_(0.5)


def _shift_queries(patch: Patch) -> None:
    kept = ForwardCapture._kept_queries
    patch.setattr(
        ForwardCapture, "_kept_queries", lambda self, query: torch.roll(kept(self, query), 1, dims=2)
    )


def _shift_keys(patch: Patch) -> None:
    def pack_span(self: Any, parcel: Any, name: str, states: Any, span: tuple[int, int]) -> None:
        original(
            self, parcel, name, {layer: torch.roll(state, 1, dims=2) for layer, state in states.items()}, span
        )

    original = ForwardCapture._pack_span
    patch.setattr(ForwardCapture, "_pack_span", pack_span)


def _swap_stages(first: int, second: int) -> Callable[[Patch], None]:
    def mutate(patch: Patch) -> None:
        def on_verdict(self: Any, *args: Any) -> None:
            self._stages[first], self._stages[second] = self._stages[second], self._stages[first]
            original(self, *args)

        original = CallRecorder.on_verdict
        patch.setattr(CallRecorder, "on_verdict", on_verdict)

    return mutate


def _leave_out_the_copy(patch: Patch) -> None:
    patch.setattr("tracer.recording.listening.call_recorder.mutates_input", lambda processor: False)


def _ignore_padding_of_the_last_row(patch: Patch) -> None:
    def mask_index(self: Any, mask: Any) -> int:
        return original(self, torch.cat([mask[:-1], mask[:1]]))

    original = ForwardCapture._mask_index
    patch.setattr(ForwardCapture, "_mask_index", mask_index)


def _shift_streams_by_a_layer(patch: Patch) -> None:
    def take(self: Any, kind: str, index: int, tensor: Any) -> None:
        if kind != "streams":
            original(self, kind, index, tensor)
        elif index <= self.call.num_layers:
            original(self, kind, (index + 1) % (self.call.num_layers + 1), tensor)

    original = ForwardCapture.take
    patch.setattr(ForwardCapture, "take", take)


def _consume_a_draw(patch: Patch) -> None:
    def on_verdict(self: Any, *args: Any) -> None:
        torch.rand(1)
        original(self, *args)

    original = CallRecorder.on_verdict
    patch.setattr(CallRecorder, "on_verdict", on_verdict)


def _read_the_state_after_a_draw(patch: Patch) -> None:
    def read(self: Any, device: Any) -> Any:
        before = torch.get_rng_state()
        torch.rand(1)
        late = torch.get_rng_state()
        torch.set_rng_state(before)
        return late

    patch.setattr(CallRecorder, "_read_random_state", read)


@dataclass(frozen=True, slots=True)
class Mutation:
    """What is broken, and which oracles must say so."""

    mutate: Callable[[Patch], None]
    bitten: tuple[str, ...]
    in_place: bool = False


MUTATIONS = {
    "queries off by one position": Mutation(_shift_queries, ("check_queries_keys_values", "check_attention")),
    "keys off by one position": Mutation(_shift_keys, ("check_queries_keys_values", "check_attention")),
    "two stages swapped": Mutation(_swap_stages(1, 2), ("check_stages", "check_candidates")),
    "logits and scores swapped": Mutation(
        _swap_stages(0, -1), ("check_logits", "check_scores", "check_statistics")
    ),
    "the copy before an in-place processor left out": Mutation(
        _leave_out_the_copy, ("check_logits", "check_stages"), in_place=True
    ),
    "one row's padding ignored": Mutation(_ignore_padding_of_the_last_row, ("check_attention",)),
    "streams shifted by a layer": Mutation(_shift_streams_by_a_layer, ("check_streams",)),
    "a random draw consumed": Mutation(_consume_a_draw, ("check_unchanged",)),
    "the random state read after a draw": Mutation(
        _read_the_state_after_a_draw, ("check_random_states", "check_noise")
    ),
}


def _settings(*, in_place: bool) -> dict[str, Any]:
    settings = settings_for(rows=3, sampled=True)
    if in_place:
        del settings["repetition_penalty"]
        settings["logits_processor"] = [_InPlace()]
    return settings


def _red_oracles(settings: dict[str, Any], folder: Path) -> set[str]:
    """Records the call and returns the names of the oracles that do not hold."""
    model = zoo.shared("llama")
    bare, bare_state = run_bare(model, settings, seed=SEED)
    truth = take_truth(model, settings, bare, seed=SEED)
    truth = replace(truth, logits=truth.stages[:, 0])
    output, state = record_call(model, settings, folder / "cell.trace")
    call = tracer.open_trace(folder / "cell.trace").calls[0]
    red = {
        oracle.__name__ for oracle in oracles.ORACLES if _is_red(lambda oracle=oracle: oracle(call, truth))
    }
    return red | (
        {"check_unchanged"} if _is_red(lambda: check_unchanged(truth, bare_state, output, state)) else set()
    )


def _is_red(check: Callable[[], None]) -> bool:
    try:
        check()
    except AssertionError:
        return True
    return False


@pytest.mark.parametrize("in_place", [False, True], ids=["plain", "in place"])
def test_an_intact_recorder_leaves_every_oracle_green(in_place: bool, tmp_path: Path) -> None:
    assert set() == _red_oracles(_settings(in_place=in_place), tmp_path)


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_mutation_turns_its_oracles_red(name: str, tmp_path: Path, monkeypatch: Patch) -> None:
    mutation = MUTATIONS[name]
    mutation.mutate(monkeypatch)
    red = _red_oracles(_settings(in_place=mutation.in_place), tmp_path)
    assert set(mutation.bitten) <= red


def test_every_oracle_of_a_trace_is_turned_red_by_a_changed_truth(tmp_path: Path) -> None:
    model, settings = zoo.shared("llama"), settings_for(rows=3, sampled=True)
    bare, _ = run_bare(model, settings, seed=SEED)
    truth = take_truth(model, settings, bare, seed=SEED)
    record_call(model, settings, tmp_path / "cell.trace")
    call = tracer.open_trace(tmp_path / "cell.trace").calls[0]
    for name, wrong in _wrong_truths(truth).items():
        with pytest.raises(AssertionError):
            getattr(oracles, name)(call, wrong)


def _wrong_truths(truth: Truth) -> dict[str, Truth]:
    forward = truth.forwards[-1]
    ids = {**forward.inputs, "input_ids": forward.inputs["input_ids"] + 1}
    longer = replace(truth, prompt_mask=np.pad(truth.prompt_mask, ((0, 0), (0, 1)), constant_values=1))
    return {
        "check_tokens": replace(truth, sequences=truth.sequences + 1),
        "check_statistics": replace(truth, logits=truth.logits[:, ::-1].copy()),
        "check_candidates": replace(truth, stages=truth.stages[:, :, ::-1].copy()),
        "check_prompt_attention": longer,
        "check_deaf_layers": replace(truth, deaf_layers=(1,)),
        "check_forwards": replace(truth, forwards=(*truth.forwards[:-1], replace(forward, inputs=ids))),
    }
