"""A what-if gives what `generate` gives: unchanged the recorded text, changed the text of a real second call."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import LogitsProcessor
from transformers.generation import logits_process as lp

import tracer
from tests import zoo
from tests.replay.conftest import SAMPLING, record_call
from tracer.analysis.alternative import Luck, run_chain
from tracer.analysis.chain_editing import edited_chain, is_numpy_enough, recorded_chain
from tracer.analysis.choice import Undecided
from tracer.errors import RebuildError
from tracer.replay.chain_running import ChainRunner
from tracer.replay.counterfactual import what_if
from tracer.replay.settings_chain import installed_chain
from tracer.trace.step import Step
from tracer.trace.trace import Trace

PLAIN: dict[str, Any] = {
    "do_sample": True,
    "temperature": 0.9,
    "top_k": 0,
    "top_p": 0.95,
    "num_return_sequences": 2,
}
CONFIGS: dict[str, dict[str, Any]] = {
    "greedy": {"do_sample": False},
    "greedy with a penalty": {"do_sample": False, "repetition_penalty": 1.4, "min_new_tokens": 3},
    "sampled": PLAIN,
    "sampled with everything": SAMPLING,
    "sampled sharply": {"do_sample": True, "temperature": 0.2, "top_k": 5, "min_p": 0.1},
    "sampled with rare settings": {
        "do_sample": True,
        "epsilon_cutoff": 0.01,
        "eta_cutoff": 0.02,
        "top_h": 0.7,
    },
}


class Louder(LogitsProcessor):  # type: ignore[misc]
    """A processor of the user's own."""

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        return scores * 1.5


@pytest.fixture(scope="module", params=CONFIGS)
def recorded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Trace:
    """A call of each configuration, six to ten rows of up to 56 tokens: two thousand steps in all."""
    path, config = tmp_path_factory.mktemp("recorded") / "a.trace", CONFIGS[request.param]
    rows = 5 if "num_return_sequences" in config else 8
    never_stops = {} if "min_new_tokens" in config else {"eos_token_id": None}
    return record_call(path, rows=rows, **{**config, **never_stops, "max_new_tokens": 56})


def sequences(trace: Trace) -> list[Any]:
    return [sequence for call in trace.calls for sequence in call.sequences]


def test_unchanged_settings_reproduce_every_recorded_token(recorded: Trace) -> None:
    for sequence in sequences(recorded):
        text = what_if(sequence)
        assert list(sequence.token_ids) == [answer.token_id for answer in text.steps]
        assert (None, None) == (text.first_change, text.first_undecided)
        assert all(stage.is_recorded for answer in text.steps for stage in answer.stages)


def test_the_chain_run_again_from_the_logits_gives_the_recorded_scores(recorded: Trace) -> None:
    for sequence in sequences(recorded):
        fresh = tuple(
            dataclasses.replace(link, info=link.info.model_copy()) for link in recorded_chain(sequence.call)
        )
        made: dict[int, Any] = {}
        for step in sequence.steps:
            final = run_chain(step, fresh, ChainRunner(step, made).run)[-1]
            assert np.array_equal(step.scores, final)


def test_the_luck_of_a_forced_token_is_run_again(sampled: Trace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Step, "is_forced", True)
    sequence = sampled.calls[0].sequences[0]

    assert list(sequence.token_ids) == [answer.token_id for answer in what_if(sequence).steps]


def test_asking_for_the_recorded_values_changes_nothing(recorded: Trace) -> None:
    values = {name: parameter.value for name, parameter in recorded.calls[0].info.generation_config.items()}
    is_sampled = recorded.calls[0].info.mode == "sample"
    names = ["repetition_penalty", *(["temperature", "top_k", "top_p"] if is_sampled else [])]
    text = what_if(sequences(recorded)[0], do_sample=is_sampled, **{name: values[name] for name in names})

    assert text.first_change is None
    assert all(stage.is_recorded for answer in text.steps for stage in answer.stages)


CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "temperature": (PLAIN, {"temperature": 1.6}),
    "temperature off": (SAMPLING, {"temperature": 1.0}),
    "top-k": (PLAIN, {"top_k": 3}),
    "top-p off": (SAMPLING, {"top_p": 1.0}),
    "min-p added": (PLAIN, {"min_p": 0.2}),
    "penalty added": (PLAIN, {"repetition_penalty": 1.8}),
    "penalty changed": (SAMPLING, {"repetition_penalty": 2.5}),
    "all five": (
        PLAIN,
        {"temperature": 0.6, "top_k": 9, "top_p": 0.8, "min_p": 0.05, "repetition_penalty": 0.7},
    ),
    "greedy": (SAMPLING, {"do_sample": False}),
    "typical-p added": (PLAIN, {"typical_p": 0.5}),
    "n-grams": (PLAIN, {"no_repeat_ngram_size": 1, "temperature": 0.7}),
    "bias changed": (SAMPLING, {"sequence_bias": [[[9], -8.0], [[11], 6.0]]}),
    "minimum length": (SAMPLING, {"min_new_tokens": 9}),
    "suppressed": (PLAIN, {"suppress_tokens": list(range(50))}),
    "renormalized": (PLAIN, {"renormalize_logits": True, "top_k": 4}),
}


@pytest.mark.parametrize("name", CHANGES)
def test_changed_settings_give_the_tokens_of_a_real_call_with_them(name: str, tmp_path: Path) -> None:
    before, changes = CHANGES[name]
    expected = record_call(tmp_path / "expected.trace", **{**before, **changes})
    trace = record_call(tmp_path / "before.trace", **before)
    compared = 0
    for sequence, real in zip(sequences(trace), sequences(expected), strict=True):
        for answer, step in zip(what_if(sequence, **changes).steps, real.steps, strict=False):
            assert answer.undecided is None
            assert answer.token_id == step.token_id
            assert answer.probability == pytest.approx(step.probability, abs=1e-6)
            assert [stage.num_left for stage in answer.stages] == list(step.survivors)
            assert [stage.setting.class_name for stage in answer.stages[1:]] == list(
                real.call.stage_names[1:]
            )
            compared += 1
            if answer.changed:  # from here on the real call has another text
                break
    assert compared > 2


def test_added_and_taken_out_settings_stand_where_transformers_puts_them(
    sampled: Trace, tmp_path: Path
) -> None:
    plain = record_call(tmp_path / "a.trace", rows=1, **PLAIN, logits_processor=[Louder()])
    rare = record_call(tmp_path / "b.trace", rows=1, **CONFIGS["sampled with rare settings"])
    asked: list[dict[str, Any]] = [
        {"temperature": 2.0},
        {"min_p": 0.3, "repetition_penalty": 1.1},
        {"do_sample": False},
        {"top_k": 0, "top_p": 1.0, "min_p": 0.5},
        {"top_k": 7, "temperature": 1.0, "repetition_penalty": 1.0},
    ]
    for call in (sampled.calls[0], plain.calls[0], rare.calls[0]):
        for settings in asked:
            assert is_numpy_enough(call, settings)
            theirs, ours = installed_chain(call, settings), edited_chain(call, settings)
            assert [link.info.class_name for link in theirs] == [link.info.class_name for link in ours]
            assert [link.is_recorded for link in theirs] == [link.is_recorded for link in ours]


def test_a_greedy_call_may_be_asked_to_sample(greedy: Trace) -> None:
    step = greedy.step(1, row=0)
    unknown = what_if(step, do_sample=True, temperature=0.5)
    drawn = what_if(step, do_sample=True, temperature=0.5, seed=3)

    assert (None, None, Undecided.NOTHING_DRAWN) == (unknown.token_id, unknown.changed, unknown.undecided)
    assert ("sample", Luck.NEW) == (drawn.mode, drawn.luck)
    assert drawn.token_id is not None
    assert {"TemperatureLogitsWarper", "TopKLogitsWarper"} == {s.setting.class_name for s in drawn.stages[1:]}


def test_a_seed_is_a_new_draw_the_same_every_time(sampled: Trace) -> None:
    sequence = sampled.calls[0].sequences[0]
    drawn = [what_if(sequence.steps[2], seed=seed) for seed in range(60)]

    assert drawn[5] == what_if(sequence.steps[2], seed=5) == what_if(sequence, seed=5).steps[2]
    assert len({answer.token_id for answer in drawn}) > 1
    assert all(answer.chosen_after == pytest.approx(answer.chosen_before) for answer in drawn)


def test_a_processor_of_ones_own_keeps_its_place(tmp_path: Path) -> None:
    own = [Louder(), lp.TopKLogitsWarper(30)]
    trace = record_call(tmp_path / "a.trace", rows=1, **{**PLAIN, "top_k": 9}, logits_processor=own)
    answer = what_if(trace.step(1, row=0), top_k=4, min_p=0.01)
    names = ["Louder", "TopKLogitsWarper", "TemperatureLogitsWarper", "TopKLogitsWarper"]

    assert [*names, "TopPLogitsWarper", "MinPLogitsWarper"] == [
        s.setting.class_name for s in answer.stages[1:]
    ]
    assert [30, 4] == [s.setting.value for s in answer.stages if s.setting.name == "top_k"]
    assert [True] * 4 + [False] * 3 == [stage.is_recorded for stage in answer.stages]


def test_a_processor_that_cannot_be_repeated_is_named(tmp_path: Path) -> None:
    trace = record_call(tmp_path / "a.trace", rows=1, **PLAIN, logits_processor=[Louder()])
    with pytest.raises(RebuildError, match="Louder acts behind the changed setting and cannot be repeated"):
        what_if(trace.step(0, row=0), repetition_penalty=1.5)


def test_a_setting_of_the_users_own_processor_has_no_effect_as_in_generate(tmp_path: Path) -> None:
    own = [lp.RepetitionPenaltyLogitsProcessor(1.3)]
    trace = record_call(tmp_path / "a.trace", rows=1, **PLAIN, logits_processor=own)
    answer = what_if(trace.step(0, row=0), repetition_penalty=3.0)

    assert [1.3] == [
        stage.setting.value for stage in answer.stages if stage.setting.name == "repetition_penalty"
    ]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("name", ["qwen3", "gpt2"])
def test_other_models_and_precisions(name: str, dtype: torch.dtype, tmp_path: Path) -> None:
    model = zoo.shared(name, dtype)
    settings = {"pad_token_id": zoo.PAD_ID, "max_new_tokens": 30, "do_sample": True, "top_p": 0.9}

    def recorded(path: Path, **changes: Any) -> Any:
        torch.manual_seed(4)
        with tracer.record(model, None, to=path):
            model.generate(**zoo.prompts(3), **{**settings, **changes})
        return sequences(tracer.open_trace(path))

    real = recorded(tmp_path / "b.trace", temperature=1.5)
    for sequence, other in zip(recorded(tmp_path / "a.trace"), real, strict=True):
        assert what_if(sequence).first_change is None
        text = what_if(sequence, temperature=1.5)
        count = len(text.steps) if text.first_change is None else text.first_change + 1
        assert list(other.token_ids[:count]) == [answer.token_id for answer in text.steps[:count]]


def test_rows_hold_the_recorded_token_and_the_answer(sampled: Trace) -> None:
    step = sampled.step(0, row=1)
    answer = what_if(step, do_sample=False)

    assert [step.token_id] == [row.token_id for row in answer.rows if row.is_chosen]
    assert [answer.token_id] == [row.token_id for row in answer.rows if row.is_answer]
    assert sorted((row.probability_after for row in answer.rows), reverse=True) == [
        row.probability_after for row in answer.rows
    ]
    cut = what_if(step, top_k=1)
    assert {"TopKLogitsWarper", None} == {row.removed_by for row in cut.rows if row.rank_before < 5}
    assert all(
        cut.stages[row.removed_at].setting.class_name == row.removed_by for row in cut.rows if row.removed_at
    )


def test_an_answer_is_ready_for_json(sampled: Trace) -> None:
    described = what_if(sampled.calls[0].sequences[0], temperature=3.0).describe()

    assert [{"name": "temperature", "recorded": 0.7, "asked": 3.0}] == described["settings"]
    assert {"first_change", "first_undecided", "settings", "steps"} == set(described)
    assert "sample" == described["steps"][0]["mode"]
