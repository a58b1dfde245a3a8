"""What a what-if refuses, what it needs torch for, and where the recorded luck leaves a token open."""

import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

import tracer
from tests.replay.conftest import record_call
from tracer.analysis.choice import Undecided
from tracer.errors import AmbiguousStepError, MissingExtraError, SignalMissingError
from tracer.replay import counterfactual
from tracer.replay.counterfactual import what_if
from tracer.trace.step import Step
from tracer.trace.trace import Trace

PLAIN: dict[str, Any] = {"do_sample": True, "temperature": 0.9, "top_k": 0, "top_p": 0.95}


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (
            {"temprature": 1.0},
            "'temprature' is no setting that changes a token; there are .* Type temperature.",
        ),
        ({"guidance_scale": 2.0}, "guidance_scale cannot be changed without the model"),
        ({"temperature": 0.0}, "temperature=0.0 is not a number above 0. Type temperature=0.7."),
        ({"top_k": 2.5}, "top_k=2.5 is not a whole number, 0 for off. Type top_k=50."),
        ({"top_p": 1.5}, "top_p=1.5 is not a number from 0 to 1. Type top_p=0.9."),
        ({"do_sample": "yes"}, "do_sample='yes' is neither True nor False. Type do_sample=True."),
        ({"do_sample": False, "top_k": 4}, "top_k has no effect on greedy decoding.* Add do_sample=True"),
        ({"do_sample": False, "seed": 4}, "seed has no effect on greedy decoding"),
        (
            {"typical_p": -1.0},
            "transformers does not take typical_p=-1.0: .*Type values as `generate` takes them.",
        ),
    ],
    ids=str,
)
def test_settings_without_sense_are_refused(sampled: Trace, settings: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        what_if(sampled.step(0, row=0), **settings)


def test_a_trace_of_several_sequences_needs_one_named(sampled: Trace) -> None:
    with pytest.raises(AmbiguousStepError, match="holds several sequences"):
        what_if(sampled, top_k=1)


def test_only_steps_sequences_and_traces_are_taken(sampled: Trace) -> None:
    with pytest.raises(TypeError, match=r"is no step, sequence or trace\. Type tracer\.what_if"):
        what_if(sampled.calls[0], top_k=1)  # type: ignore[call-overload]


def test_a_light_trace_says_that_the_scores_are_missing(tmp_path: Path) -> None:
    trace = record_call(tmp_path / "a.trace", rows=1, recording={"preset": "light"}, **PLAIN)
    with pytest.raises(SignalMissingError, match=r"Step 0 .*has no logits"):
        what_if(trace.step(0, row=0), temperature=2.0)


# What needs torch, and what the recorded luck cannot decide.

# A penalty below 1 raises tokens of the prompt that were no candidates: their luck was not stored.
FLAT: dict[str, Any] = {"do_sample": True, "top_k": 0, "temperature": 0.3, "max_new_tokens": 12}


def record_wide(path: Path, dtype: torch.dtype, **changes: Any) -> Any:
    """Returns the sequence of a call of a tiny Llama with 4,000 tokens, so that most luck is not stored."""
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=4000,
            hidden_size=32,
            intermediate_size=48,
            num_hidden_layers=1,
            num_attention_heads=2,
            max_position_embeddings=64,
        )
    )
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.3)
    torch.manual_seed(2)
    with tracer.record(model.to(dtype).eval(), None, to=path):
        model.generate(
            torch.arange(3, 33)[None], **{**FLAT, "pad_token_id": 0, "eos_token_id": None, **changes}
        )
    return tracer.open_trace(path).sequence()


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A float32 call on a wide vocabulary, sampled sharply."""
    return record_wide(tmp_path_factory.mktemp("wide") / "a.trace", torch.float32)


@pytest.fixture(scope="module")
def wide_in_half(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The same in bfloat16, where many tokens have equal logits."""
    return record_wide(tmp_path_factory.mktemp("wide") / "b.trace", torch.bfloat16)


@pytest.fixture
def no_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes every import of torch and transformers fail."""
    for name in ("torch", "transformers", "transformers.generation"):
        monkeypatch.setitem(sys.modules, name, None)


def test_luck_that_was_not_stored_is_drawn_again(wide: Any, tmp_path: Path) -> None:
    real = record_wide(tmp_path / "a.trace", torch.float32, repetition_penalty=0.1)
    text = what_if(wide, repetition_penalty=0.1)

    assert text.first_undecided is None
    assert text.first_change is not None
    count = text.first_change + 1
    assert list(real.token_ids[:count]) == [answer.token_id for answer in text.steps[:count]]


@pytest.mark.usefixtures("no_torch")
def test_without_torch_luck_that_was_not_stored_leaves_the_token_open(wide: Any) -> None:
    answers = what_if(wide, repetition_penalty=0.1).steps
    opened = [answer for answer in answers if answer.undecided is not None]

    assert {Undecided.NEEDS_TORCH} == {answer.undecided for answer in opened}
    assert all((None, None) == (answer.token, answer.changed) for answer in opened)


def test_a_random_state_that_gives_other_luck_leaves_the_token_open(
    wide: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other(state: bytes, shape: tuple[int, int], *, device: str) -> torch.Tensor:
        return torch.ones(shape)

    monkeypatch.setattr(counterfactual, "redraw", other)
    kinds = {answer.undecided for answer in what_if(wide, repetition_penalty=0.1).steps}
    assert Undecided.UNKNOWN_LUCK in kinds
    assert kinds <= {Undecided.UNKNOWN_LUCK, None}


@pytest.mark.parametrize("state", [None, b"short"])
def test_without_a_valid_random_state_the_token_stays_open(
    wide: Any, monkeypatch: pytest.MonkeyPatch, state: bytes | None
) -> None:
    monkeypatch.setattr(Step, "random_state", state)
    assert what_if(wide, repetition_penalty=0.1).first_undecided is not None
    monkeypatch.setattr(Step, "noise", None)
    assert {Undecided.NO_NOISE} == {
        answer.undecided for answer in what_if(wide, repetition_penalty=0.1).steps
    }
    assert what_if(wide).first_undecided is None


def test_without_torch_a_tie_at_the_cut_is_decided_only_where_it_cannot_matter(
    wide_in_half: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings: list[dict[str, Any]] = [{"top_p": share / 50, "seed": 1} for share in range(5, 50)]
    expected = [what_if(wide_in_half, **one).steps for one in settings]
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.setitem(sys.modules, "transformers", None)
    monkeypatch.setitem(sys.modules, "transformers.generation", None)
    found = [what_if(wide_in_half, **one).steps for one in settings]

    pairs = [pair for steps in zip(expected, found, strict=True) for pair in zip(*steps, strict=True)]
    assert all(ours.token_id in (theirs.token_id, None) for theirs, ours in pairs)
    assert all(ours.undecided in (None, Undecided.NEEDS_TORCH) for _, ours in pairs)
    assert 0.9 < sum(ours.undecided is None for _, ours in pairs) / len(pairs)


@pytest.mark.usefixtures("no_torch")
def test_the_common_settings_need_no_torch(wide: Any) -> None:
    changed = what_if(wide, min_p=0.4, top_p=0.5, top_k=3, repetition_penalty=1.5, temperature=0.5)

    assert changed.first_undecided is None
    assert what_if(wide, do_sample=False).first_undecided is None
    assert list(wide.token_ids) == [answer.token_id for answer in what_if(wide).steps]


@pytest.mark.usefixtures("no_torch")
def test_other_settings_and_processors_say_that_they_need_torch(sampled: Trace) -> None:
    pip = r"pip install 'generation-tracer\[record\]'"
    with pytest.raises(
        MissingExtraError, match=f"typical_p cannot be changed here, because torch is not.*{pip}"
    ):
        what_if(sampled.step(0, row=0), typical_p=0.5)
    with pytest.raises(
        MissingExtraError, match=f"NoRepeatNGram.* acts behind the changed setting and is .*{pip}"
    ):
        what_if(sampled.step(0, row=0), repetition_penalty=1.9)
