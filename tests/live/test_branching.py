"""A branch with nothing changed is the original, bit for bit; with a change it leaves there and nowhere else."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import LogitsProcessor, LogitsProcessorList

import tracer
from tests import zoo
from tracer.analysis.branch_comparison import compare_branch
from tracer.errors import ModelError, TraceExistsError, UnsupportedCallError
from tracer.live.branching_off.branching import branch
from tracer.live.replaying.repetition import rerun
from tracer.replay.verdicts import Verdict
from tracer.trace.call import Call
from tracer.trace.trace import Trace

GREEDY: dict[str, Any] = {"do_sample": False}
SAMPLING: dict[str, Any] = {"do_sample": True, "temperature": 0.8, "top_k": 30, "repetition_penalty": 1.2}
ENDS: dict[str, Any] = {"eos_token_id": list(zoo.EOS_IDS), "pad_token_id": zoo.PAD_ID}
CALLS = [
    GREEDY,
    SAMPLING,
    {**SAMPLING, "prefill_chunk_size": 4},
    {**SAMPLING, "use_cache": False},
    {**SAMPLING, "num_return_sequences": 2},
    {**GREEDY, "min_new_tokens": 4, "no_repeat_ngram_size": 2},
]


@pytest.fixture(autouse=True)
def seeded() -> Iterator[None]:
    with torch.random.fork_rng():
        torch.manual_seed(5)
        yield


class Shifted(LogitsProcessor):
    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        return scores + 1.0


def record_call(path: Path, model: Any = None, rows: int = 1, **generation: Any) -> Trace:
    model = model or zoo.shared("llama")
    with tracer.record(model, None, to=path):
        model.generate(**zoo.prompts(rows), **{"max_new_tokens": 7, **ENDS, **generation})
    return tracer.open_trace(path)


def assert_same_bits(expected: Call, found: Call) -> None:
    assert expected.stage_names == found.stage_names
    assert expected.info.num_steps == found.info.num_steps
    for was, now in zip(expected.sequences, found.sequences, strict=True):
        assert was.token_ids == now.token_ids
        for one, other in zip(was.steps, now.steps, strict=True):
            assert one.random_state == other.random_state
            for stage in range(one.num_stages):
                assert one.after(stage).tobytes() == other.after(stage).tobytes()
            assert one.hidden_states().tobytes() == other.hidden_states().tobytes()
            assert one.forward.query_len == other.forward.query_len
            assert len(one.forwards) == len(other.forwards)


@pytest.mark.parametrize("generation", CALLS, ids=str)
@pytest.mark.parametrize("rows", [1, 3])
def test_with_nothing_changed_a_branch_is_the_original(
    tmp_path: Path, rows: int, generation: dict[str, Any]
) -> None:
    trace = record_call(tmp_path / "a.trace", rows=rows, **generation)
    sequence = max(trace.calls[0].sequences, key=lambda one: len(one.steps))
    for index in (0, 2, len(sequence.steps) - 1):
        made = branch(trace, sequence.steps[index], model=zoo.shared("llama"), to=tmp_path / f"{index}.trace")
        assert_same_bits(trace.calls[0], made.calls[0])
        assert made.manifest.branch is not None
        assert made.manifest.branch.repeats_prefix is True
        assert tracer.verify(made).holds


@pytest.mark.parametrize("name", ["gpt2", "gemma3", "mamba"])
def test_other_architectures_repeat_too(tmp_path: Path, name: str) -> None:
    model = zoo.shared(name)
    trace = record_call(tmp_path / "a.trace", model, rows=2, **SAMPLING)
    sequence = max(trace.calls[0].sequences, key=lambda one: len(one.steps))
    made = branch(trace, sequence.steps[-1], model=model, to=tmp_path / "b.trace")
    for was, now in zip(trace.calls[0].sequences, made.calls[0].sequences, strict=True):
        assert was.token_ids == now.token_ids
        assert [one.logits.tobytes() for one in was.steps] == [one.logits.tobytes() for one in now.steps]


def test_a_token_is_set_at_its_step_and_the_model_goes_on_by_itself(tmp_path: Path) -> None:
    model = zoo.shared("llama")
    trace = record_call(tmp_path / "a.trace", **GREEDY)
    made = branch(trace, 2, token=55, model=model, to=tmp_path / "b.trace")
    ids = made.calls[0].sequences[0].token_ids
    assert (*trace.calls[0].sequences[0].token_ids[:2], 55) == ids[:3]
    prompt = zoo.prompts(1)["input_ids"][0].tolist()
    longer = torch.tensor([[*prompt, *ids[:3]]])
    expected = model.generate(longer, max_new_tokens=4, **ENDS, **GREEDY)[0, longer.shape[1] :].tolist()
    assert expected == list(ids[3:])


def test_the_trace_names_its_parent_and_what_was_forced(tmp_path: Path) -> None:
    trace = record_call(tmp_path / "a.trace", rows=3, **SAMPLING)
    row = max(range(3), key=lambda one: len(trace.calls[0].sequences[one].steps))
    step = trace.step(2, row=row)
    made = branch(
        trace, step, token="#55", seed=3, model=zoo.shared("llama"), to=tmp_path / "b.trace", top_k=9
    )
    origin = made.manifest.branch
    assert str(trace.path) == made.manifest.parent
    assert origin is not None
    assert (str(trace.path), 0, row, 2) == (origin.trace, origin.call, origin.row, origin.step)
    assert (55, 3, {"top_k": 9}) == (origin.token_id, origin.seed, origin.settings)
    assert trace.manifest.created_at == origin.created_at
    counts = [3 if one.row == row else len(one.steps) for one in trace.calls[0].sequences]
    assert counts == made.calls[0].info.forced_steps
    assert [True] * 3 == [one.is_forced for one in made.calls[0].sequences[row].steps[:3]]
    assert not any(one.is_forced for one in made.calls[0].sequences[row].steps[3:])
    assert not any(one.is_forced for one in trace.calls[0].sequences[row].steps)
    notes = " ".join(made.calls[0].info.notes)
    assert "the recorded tokens were forced behind the last stage" in notes
    assert "At step 2 the token 55 was set by hand." in notes
    assert "The other rows kept their recorded tokens as far as these go." in notes


def test_a_branch_is_compared_with_the_row_it_left(tmp_path: Path) -> None:
    trace = record_call(tmp_path / "a.trace", rows=3, **SAMPLING)
    row = max(range(3), key=lambda one: len(trace.calls[0].sequences[one].steps))
    made = branch(trace, trace.step(2, row=row), token=55, model=zoo.shared("llama"), to=tmp_path / "b.trace")
    found = compare_branch(trace, made)
    assert (2, row, 2) == (found.leaves_at, found.origin.row, found.differs_at)
    kept = tuple(one.branch.token_id for one in found.steps if one.branch)
    assert made.calls[0].sequences[row].token_ids == kept


def test_other_rows_keep_their_tokens(tmp_path: Path) -> None:
    trace = record_call(tmp_path / "a.trace", rows=3, **SAMPLING)
    row = max(range(3), key=lambda one: len(trace.calls[0].sequences[one].steps))
    made = branch(trace, trace.step(1, row=row), token=55, model=zoo.shared("llama"), to=tmp_path / "b.trace")
    for was, now in zip(trace.calls[0].sequences, made.calls[0].sequences, strict=True):
        if was.row != row:
            common = min(len(was.steps), len(now.steps))
            assert was.token_ids[:common] == now.token_ids[:common]
            assert [one.logits.tobytes() for one in was.steps[:common]] == [
                one.logits.tobytes() for one in now.steps[:common]
            ]


def test_settings_show_in_all_stages_and_choose_from_the_step_on(tmp_path: Path) -> None:
    trace = record_call(tmp_path / "a.trace", **SAMPLING)
    made = branch(trace, 3, temperature=3.0, top_k=0, model=zoo.shared("llama"), to=tmp_path / "b.trace")
    was, now = trace.calls[0].sequences[0], made.calls[0].sequences[0]
    assert was.token_ids[:3] == now.token_ids[:3]
    assert "TopKLogitsWarper" not in made.calls[0].stage_names
    for index in range(4):
        assert was.steps[index].random_state == now.steps[index].random_state
        assert was.steps[index].logits.tobytes() == now.steps[index].logits.tobytes()
        np.testing.assert_array_equal(was.steps[index].after(1) / np.float32(3.0), now.steps[index].after(2))


def test_a_seed_draws_otherwise_and_again_the_same(tmp_path: Path) -> None:
    trace = record_call(tmp_path / "a.trace", do_sample=True, temperature=3.0, eos_token_id=None)
    made = [
        branch(trace, 1, seed=seed, model=zoo.shared("llama"), to=tmp_path / f"{place}.trace")
        for place, seed in enumerate((1, 1, 2))
    ]
    first, again, other = (one.calls[0].sequences[0].token_ids for one in made)
    assert first == again
    assert first != other
    assert trace.steps[0].token_id == first[0] == other[0]


def test_greedy_decoding_can_become_sampling_and_the_random_state_is_put_back(tmp_path: Path) -> None:
    trace = record_call(tmp_path / "a.trace", **GREEDY)
    before = torch.get_rng_state()
    made = branch(
        trace, 2, do_sample=True, temperature=2.0, model=zoo.shared("llama"), to=tmp_path / "b.trace"
    )
    assert torch.equal(before, torch.get_rng_state())
    assert "sample" == made.calls[0].info.mode
    assert "holds no random state of step 2" in " ".join(made.calls[0].info.notes)
    assert trace.calls[0].sequences[0].token_ids[:2] == made.calls[0].sequences[0].token_ids[:2]


def test_more_tokens_go_beyond_the_recorded_end(tmp_path: Path) -> None:
    trace = record_call(tmp_path / "a.trace", do_sample=False, eos_token_id=None)
    made = branch(trace, 6, max_new_tokens=12, model=zoo.shared("llama"), to=tmp_path / "b.trace")
    ids = made.calls[0].sequences[0].token_ids
    assert 12 == len(ids)
    assert trace.calls[0].sequences[0].token_ids == ids[:7]


def test_verify_and_rerun_know_what_was_forced(tmp_path: Path) -> None:
    trace = record_call(tmp_path / "a.trace", rows=3, **SAMPLING)
    row = max(range(3), key=lambda one: len(trace.calls[0].sequences[one].steps))
    model = zoo.shared("llama")
    made = branch(
        trace, trace.step(2, row=row), token=55, temperature=2.0, model=model, to=tmp_path / "b.trace"
    )
    verification = tracer.verify(made)
    assert verification.holds
    reasons = [check.detail for check in verification.named("choice")]
    assert any("forced by a branch, not chosen" in reason for reason in reasons)
    assert {Verdict.HOLDS} == {check.verdict for check in rerun(made, model).checks}


def test_why_says_that_the_branch_set_the_token(tmp_path: Path) -> None:
    trace = record_call(tmp_path / "a.trace", **SAMPLING)
    made = branch(trace, 2, token=55, model=zoo.shared("llama"), to=tmp_path / "b.trace")
    assert "The branch set `#55` here; the settings gave it" in str(tracer.why(made.steps[2]))
    assert "no draw decided it" in str(tracer.why(made.steps[2]))
    assert "分支在这里指定了 `#55`" in str(tracer.why(made.steps[2], lang="zh"))
    assert str(tracer.why(trace.steps[1])) == str(tracer.why(made.steps[1]))


def test_greedy_steps_that_were_forced_to_lose_are_said_to_be_set(tmp_path: Path) -> None:
    trace = record_call(tmp_path / "a.trace", **GREEDY)
    made = branch(trace, 1, token=55, model=zoo.shared("llama"), to=tmp_path / "b.trace")
    assert "The branch set `#55` here" in str(tracer.why(made.steps[1]))
    assert tracer.verify(made).holds


def test_a_branch_can_be_branched_again(tmp_path: Path) -> None:
    model = zoo.shared("llama")
    trace = record_call(tmp_path / "a.trace", **SAMPLING)
    first = branch(trace, 2, token=55, model=model, to=tmp_path / "b.trace")
    last = len(first.steps) - 1
    again = branch(first, last, model=model, to=tmp_path / "c.trace")
    assert_same_bits(first.calls[0], again.calls[0])
    assert str(first.path) == again.manifest.parent


def test_one_call_of_several_is_continued_with_the_parents_signals(tmp_path: Path) -> None:
    model, path = zoo.shared("llama"), tmp_path / "a.trace"
    with tracer.record(model, None, to=path, preset="light", logits="last"):
        model.generate(**zoo.prompts(1), max_new_tokens=2)
        model.generate(**zoo.prompts(2), max_new_tokens=3, **SAMPLING)
    trace = tracer.open_trace(path)
    made = branch(trace, trace.step(1, call=1, row=1), model=model, to=tmp_path / "b.trace")
    assert 1 == len(made.calls)
    assert trace.calls[1].sequences[1].token_ids == made.calls[0].sequences[1].token_ids
    config = dict(trace.manifest.config)
    assert {**config, "overwrite": False} == made.manifest.config


def test_processors_of_the_users_own_are_asked_for_and_taken(tmp_path: Path) -> None:
    own = LogitsProcessorList([Shifted()])
    trace = record_call(tmp_path / "a.trace", logits_processor=own, **SAMPLING)
    model = zoo.shared("llama")
    with pytest.raises(
        ModelError, match=r"cannot be continued as it was: the call had the processors .*Shifted"
    ):
        branch(trace, 2, model=model, to=tmp_path / "b.trace")
    made = branch(trace, 2, model=model, to=tmp_path / "b.trace", logits_processor=own)
    assert_same_bits(trace.calls[0], made.calls[0])
    assert {"logits_processor": ["Shifted"]} == made.manifest.branch.settings  # type: ignore[union-attr]


def test_an_interrupted_call_goes_on_to_its_own_limit(tmp_path: Path) -> None:
    class Stop(Exception):
        pass

    class Streamer:
        def __init__(self) -> None:
            self.count = 0

        def put(self, value: object) -> None:
            self.count += 1
            if self.count > 4:
                raise Stop

        def end(self) -> None: ...

    model = zoo.shared("llama")
    with pytest.raises(Stop), tracer.record(model, None, to=tmp_path / "a.trace"):
        model.generate(**zoo.prompts(1), max_new_tokens=7, streamer=Streamer(), **GREEDY)
    trace = tracer.open_trace(tmp_path / "a.trace")
    assert "interrupted" == trace.status
    made = branch(trace, 1, model=model, to=tmp_path / "b.trace")
    assert 7 == len(made.steps)
    assert trace.calls[0].sequences[0].token_ids == made.calls[0].sequences[0].token_ids[: len(trace.steps)]


def test_a_clock_is_replaced_by_the_rounds(tmp_path: Path) -> None:
    trace = record_call(tmp_path / "a.trace", max_time=100.0, **GREEDY)
    made = branch(trace, 1, model=zoo.shared("llama"), to=tmp_path / "b.trace")
    assert trace.calls[0].sequences[0].token_ids == made.calls[0].sequences[0].token_ids
    assert "max_time was left out" in " ".join(made.calls[0].info.notes)


def test_other_weights_are_noted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    trace, other = record_call(tmp_path / "a.trace", **GREEDY), zoo.build("llama")
    with torch.no_grad():
        other.lm_head.weight.mul_(1.5)
    made = branch(trace, 2, model=other, to=tmp_path / "b.trace")
    assert made.manifest.branch is not None
    assert made.manifest.branch.repeats_prefix is False
    assert "At step 0 the raw logits have other bits than the recorded ones" in caplog.text
    assert trace.calls[0].sequences[0].token_ids[:2] == made.calls[0].sequences[0].token_ids[:2]


def test_without_logits_nothing_is_compared(tmp_path: Path) -> None:
    model = zoo.shared("llama")
    with tracer.record(model, None, to=tmp_path / "a.trace", preset="light"):
        model.generate(**zoo.prompts(1), max_new_tokens=4, **GREEDY)
    made = branch(tracer.open_trace(tmp_path / "a.trace"), 2, model=model, to=tmp_path / "b.trace")
    assert made.manifest.branch is not None
    assert made.manifest.branch.repeats_prefix is None


def test_the_model_is_left_as_it_was(tmp_path: Path) -> None:
    model = zoo.shared("llama")
    trace = record_call(tmp_path / "a.trace", **SAMPLING)
    before = set(model.__dict__)
    branch(trace, 2, model=model, to=tmp_path / "b.trace")
    with pytest.raises(ValueError, match="is never reached"):
        branch(trace, 2, model=model, to=tmp_path / "c.trace", max_new_tokens=2)
    assert before == set(model.__dict__)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"step": 99}, ValueError, r"step=99 is no step of this trace"),
        ({"token": 5000}, ValueError, r"token=5000 is no id of this model: there are 0 to 127"),
        ({"token": " Paris"}, ValueError, r"token=' Paris' cannot be looked up: the trace has no vocabulary"),
        (
            {"temprature": 2.0},
            TypeError,
            r"branch\(\) has no setting 'temprature'. Did you mean 'temperature'\?",
        ),
        ({"zzzzqqqq": 2.0}, TypeError, r"no setting 'zzzzqqqq'. Its settings are those of generate"),
        ({"use_cache": False}, ValueError, r"use_cache=False cannot be changed at a step"),
        ({"num_return_sequences": 2}, ValueError, r"num_return_sequences=2 cannot be changed at a step"),
        ({"num_beams": 2}, UnsupportedCallError, r"beam search \(num_beams=2\)"),
        ({"do_sample": False, "top_p": 0.5}, ValueError, r"top_p has no effect on greedy decoding"),
        ({"temperature": -1.0}, ValueError, r"temperature"),
        (
            {"max_new_tokens": 2},
            ValueError,
            r"step=3 is never reached with these settings: MaxLengthCriteria ends row 0 at step 1",
        ),
        ({"max_length": 15}, ValueError, r"MaxLengthCriteria ends row 0 at step 0"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_written(
    tmp_path: Path, arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    trace = record_call(tmp_path / "a.trace", **SAMPLING)
    with pytest.raises(error, match=message):
        branch(trace, **{"step": 3, **arguments}, model=zoo.shared("llama"), to=tmp_path / "b.trace")
    assert not (tmp_path / "b.trace").exists()


def test_a_stop_token_in_the_prefix_is_named(tmp_path: Path) -> None:
    trace = record_call(tmp_path / "a.trace", **SAMPLING)
    early = trace.steps[1].token_id
    with pytest.raises(
        ValueError, match=r"EosTokenCriteria ends row 0 at step \d. Branch at step \d or before"
    ):
        branch(trace, 3, model=zoo.shared("llama"), to=tmp_path / "b.trace", eos_token_id=early)


def test_another_model_is_refused(tmp_path: Path) -> None:
    trace = record_call(tmp_path / "a.trace", **GREEDY)
    with pytest.raises(
        ModelError, match=r"class_name='LlamaForCausalLM', and this model has 'Qwen3ForCausalLM'"
    ):
        branch(trace, 1, model=zoo.shared("qwen3"), to=tmp_path / "b.trace")


def test_a_target_that_is_there_is_refused(tmp_path: Path) -> None:
    trace, model = record_call(tmp_path / "a.trace", **GREEDY), zoo.shared("llama")
    branch(trace, 1, model=model, to=tmp_path / "b.trace")
    with pytest.raises(TraceExistsError, match="holds a trace already"):
        branch(trace, 1, model=model, to=tmp_path / "b.trace")
    with pytest.raises(ValueError, match=r"is the trace that is to be continued"):
        branch(trace, 1, model=model, to=tmp_path / "a.trace")


def test_a_step_of_another_trace_is_refused(tmp_path: Path) -> None:
    trace, other = record_call(tmp_path / "a.trace", **GREEDY), record_call(tmp_path / "b.trace", **GREEDY)
    with pytest.raises(ValueError, match=r"is of '.*b.trace', not of '.*a.trace'"):
        branch(trace, other.steps[1], model=zoo.shared("llama"), to=tmp_path / "c.trace")


def test_a_call_on_a_filled_cache_cannot_be_continued(tmp_path: Path) -> None:
    model, path, prompt = zoo.shared("llama"), tmp_path / "a.trace", zoo.prompts(1)
    first = model.generate(**prompt, max_new_tokens=3, return_dict_in_generate=True, do_sample=False)
    with tracer.record(model, None, to=path):
        longer = torch.cat([first.sequences, torch.tensor([[5, 6]])], dim=1)
        model.generate(longer, past_key_values=first.past_key_values, max_new_tokens=2, do_sample=False)
    with pytest.raises(
        UnsupportedCallError, match="cannot be continued, because the call began with a cache"
    ):
        branch(tracer.open_trace(path), 1, model=model, to=tmp_path / "b.trace")
