"""Two runs that differ in one thing part where they must, and the cause that is named is that thing."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

import tracer
from tests import zoo
from tests.analysis.texts import WORDS, branched_trace, spelled_trace
from tests.compared_runs import PROMPT, SETTINGS, recorded_run
from tests.synthetic import Synthetic, write_trace
from tracer.analysis.comparison import Comparison, Kind, compare
from tracer.analysis.distances import distances
from tracer.analysis.divergence import Cause
from tracer.analysis.run_differences import Group
from tracer.trace.trace import Trace

GREEDY: dict[str, Any] = {"do_sample": False, "temperature": None, "top_k": None}


def compared(**changes: Any) -> Comparison:
    """Returns the ordinary run compared with one that has these changes."""
    return compare(recorded_run(), recorded_run(**changes))


def parted(comparison: Comparison) -> tuple[str, int, str]:
    assert comparison.first_divergence is not None
    return (
        comparison.first_divergence.kind,
        comparison.first_divergence.step,
        comparison.first_divergence.cause,
    )


def test_a_trace_compared_with_itself_is_the_same_in_everything() -> None:
    found = compared()

    assert found.is_same
    assert (8, None, None) == (found.num_shared, found.first_divergence, found.logits)
    assert () == found.settings == found.processors == found.criteria == found.facts
    assert all(0.0 == one.kl_model == one.kl_final == one.max_delta for one in distances(found.a, found.b))


def test_another_seed_parts_by_the_draw() -> None:
    found = compared(seed=4)

    assert (Kind.TOKEN, 0, Cause.DRAW) == parted(found)
    assert found.first_divergence is not None
    assert (False, None, ()) == (
        found.first_divergence.evidence.same_luck,
        found.first_divergence.evidence.logits,
        found.first_divergence.evidence.also,
    )
    assert () == found.settings


def test_another_temperature_parts_by_the_settings_with_equal_luck_and_logits() -> None:
    found = compared(temperature=1.6)
    evidence = found.first_divergence.evidence if found.first_divergence else None

    assert (Kind.TOKEN, 6, Cause.SETTINGS) == parted(found)
    assert evidence is not None
    assert (None, True, "TemperatureLogitsWarper") == (
        evidence.logits,
        evidence.same_luck,
        evidence.differs_after,
    )
    assert [("temperature", 0.9, 1.6, "argument")] == [
        (one.name, one.a.value, one.b.value, one.b.origin) for one in found.settings if one.a and one.b
    ]
    assert [("TemperatureLogitsWarper", 0.9, 1.6)] == [
        (one.class_name, one.a.value, one.b.value) for one in found.processors if one.a and one.b
    ]


def test_the_divergence_holds_the_recorded_probabilities() -> None:
    found = compared(temperature=1.6)
    sides = found.first_divergence.a, found.first_divergence.b  # type: ignore[union-attr]

    for side, trace in zip(sides, (recorded_run(), recorded_run(temperature=1.6)), strict=True):
        step = trace.steps[6]
        assert side is not None
        assert (step.token_id, step.probability, step.model_probability) == (
            side.token_id,
            side.probability,
            side.model_probability,
        )
    assert [True] * 6 + [False] * 2 == [one.a.is_shared for one in found.steps if one.a]


def test_another_prompt_is_the_cause_wherever_the_tokens_part() -> None:
    found = compared(prompt=(5, 9, 23, 7, 61))
    longer = compared(prompt=(*PROMPT, 8))

    assert Cause.PROMPT == parted(found)[2] == parted(longer)[2]
    assert (False, 3, "·w4", "·w7") == (
        found.prompt.is_same,
        found.prompt.num_shared,
        found.prompt.token_a,
        found.prompt.token_b,
    )
    assert (5, 5, 6, None, "·w8") == (
        longer.prompt.num_shared,
        longer.prompt.length_a,
        longer.prompt.length_b,
        longer.prompt.token_a,
        longer.prompt.token_b,
    )


def test_another_attention_kernel_differs_by_rounding_and_nothing_else() -> None:
    found = compared(attention="sdpa")

    assert found.is_same
    assert found.logits is not None
    assert found.logits.is_rounding
    assert 0 < found.logits.max_delta_there < 1e-4  # type: ignore[operator]
    assert [(Group.MODEL, "attn_implementation", "eager", "sdpa")] == [
        (one.group, one.name, one.a, one.b) for one in found.facts
    ]


def test_rounding_is_not_named_as_the_cause_where_the_luck_differs() -> None:
    near = compared(attention="sdpa", seed=4)
    half = compared(dtype=torch.bfloat16, seed=4)

    for found in (near, half):
        assert Cause.DRAW == parted(found)[2]
        assert (Cause.LOGITS,) == found.first_divergence.evidence.also  # type: ignore[union-attr]


def test_another_precision_that_turns_a_greedy_choice_is_a_difference_of_logits() -> None:
    long = {**GREEDY, "max_new_tokens": 24}
    found = compare(recorded_run(**long), recorded_run(**long, dtype=torch.bfloat16))
    logits = found.first_divergence.evidence.logits if found.first_divergence else None

    assert Cause.LOGITS == parted(found)[2]
    assert logits is not None
    assert (0, False) == (logits.first_step, logits.is_partial)
    assert 1e-2 < logits.max_delta_there < 1.0  # type: ignore[operator]
    assert 0 < logits.kl_there < 0.05  # type: ignore[operator]
    assert [("dtype", "float32", "bfloat16")] == [(one.name, one.a, one.b) for one in found.facts]


def test_greedy_against_drawn_is_named_where_the_favorite_is_the_same() -> None:
    assert (Kind.TOKEN, 0, Cause.SAMPLING) == parted(compared(**GREEDY))


def test_a_text_that_stopped_earlier_is_a_divergence_of_its_own() -> None:
    found = compared(max_new_tokens=5)

    assert (Kind.ENDED, 5, Cause.STOPPING) == parted(found)
    assert found.first_divergence is not None
    assert (None, ("MaxLengthCriteria",)) == (found.first_divergence.b, found.first_divergence.stopped_by)
    assert {"max_length", "max_new_tokens"} == {one.name for one in found.settings}
    assert [("MaxLengthCriteria", ["max_length"])] == [
        (one.class_name, [each.name for each in one.parameters]) for one in found.criteria
    ]


def test_a_branch_is_told_from_a_draw(tmp_path: Path) -> None:
    parent, model = recorded_run(), zoo.shared("llama")
    forced = tracer.branch(parent, 3, token=77, model=model, to=tmp_path / "token.trace")
    drawn = tracer.branch(parent, 3, seed=77, model=model, to=tmp_path / "seed.trace")

    assert (Kind.TOKEN, 3, Cause.FORCED) == parted(compare(parent, forced))
    assert (Kind.TOKEN, 3, Cause.DRAW) == parted(compare(parent, drawn))


class _Broken:
    """A streamer that fails when it gets its fourth token."""

    def __init__(self) -> None:
        self.count = 0

    def put(self, value: object) -> None:
        self.count += 1
        if self.count > 4:
            raise RuntimeError("no paper")

    def end(self) -> None:
        raise AssertionError


def test_an_interrupted_run_ended_without_stopping(tmp_path: Path) -> None:
    path, model = tmp_path / "broken.trace", zoo.shared("llama")
    with torch.random.fork_rng(), tracer.record(model, zoo.tokenizer(), to=path):
        torch.manual_seed(3)
        with pytest.raises(RuntimeError, match="no paper"):
            model.generate(input_ids=torch.tensor([PROMPT]), streamer=_Broken(), **SETTINGS)
    broken = tracer.open_trace(path)
    found = compare(recorded_run(), broken)

    assert 0 < len(broken.steps) < 8
    assert (Kind.ENDED, len(broken.steps), Cause.INTERRUPTED) == parted(found)
    assert found.first_divergence is not None
    assert () == found.first_divergence.stopped_by


def test_light_traces_compare_by_their_tables() -> None:
    same, drawn, hotter = (
        compare(recorded_run(preset="light"), recorded_run(**changes))
        for changes in ({}, {"seed": 4, "preset": "light"}, {"temperature": 1.6, "preset": "light"})
    )

    assert (True, False) == (same.is_same, same.has_logits)
    assert (Cause.DRAW, Cause.SETTINGS) == (parted(drawn)[2], parted(hotter)[2])
    assert [(None, None, True)] * 8 == [
        (one.kl_model, one.kl_final, one.is_partial) for one in distances(same.a, same.b)
    ]
    assert [0.0] * 8 == [one.max_delta for one in distances(same.a, same.b)]


def test_with_other_vocabularies_texts_are_compared(tmp_path: Path) -> None:
    ours = spelled_trace(tmp_path / "words.trace", 9, 1, 5, 8)  # "A rains<end>"
    other = tmp_path / "others.trace"
    words = (*WORDS[1:], WORDS[0])

    def ids(*texts: str) -> tuple[int, ...]:
        return tuple(words.index(text) for text in texts)

    theirs = spelled_trace(other, *ids("A", " rain", "drop"), words=words)
    found = compare(ours, theirs)

    assert not found.same_vocabulary
    assert (Kind.TOKEN, 2, Cause.VOCABULARY) == parted(found)
    assert ["A", "·rain"] == [one.a.token for one in found.steps if one.a and one.a.is_shared]
    assert not found.is_same


def test_call_and_row_choose_where_a_trace_holds_several(tmp_path: Path) -> None:
    several = tracer.open_trace(
        write_trace(tmp_path / "several.trace", Synthetic(), Synthetic(rows=2, seed=1))
    )
    one = tracer.open_trace(write_trace(tmp_path / "one.trace", Synthetic()))

    assert compare(several, one, call=0, row=0).is_same
    assert not compare(several, one, call=1, row=0).is_same
    assert compare(one, several.calls[0].sequences[0]).is_same
    with pytest.raises(LookupError, match="holds several sequences"):
        compare(several, one)
    with pytest.raises(ValueError, match="call=7 is no call of this trace"):
        compare(several, one, call=7)


def test_a_recorded_bit_that_differs_is_found_at_its_step(tmp_path: Path) -> None:
    changed = Synthetic(steps=4)
    changed.logits[2, 0, 5] += 0.5
    ours = tracer.open_trace(write_trace(tmp_path / "a.trace", Synthetic(steps=4)))
    theirs = tracer.open_trace(write_trace(tmp_path / "b.trace", changed))
    found = compare(ours, theirs)

    assert found.is_same
    assert found.logits is not None
    assert (2, 0.5) == (found.logits.first_step, pytest.approx(found.logits.max_delta, rel=1e-6))
    assert 0.0 == found.logits.max_delta_there == found.logits.kl_there


def test_without_steps_nothing_parts(tmp_path: Path) -> None:
    empty = [spelled_trace(tmp_path / f"{name}.trace") for name in "ab"]
    found = compare(*empty)

    assert (True, (), None) == (found.is_same, found.steps, found.logits)


def test_a_branch_that_never_began_has_no_call(tmp_path: Path) -> None:
    parent: Trace = spelled_trace(tmp_path / "a.trace", 3, 3)
    with pytest.raises(LookupError, match="holds no call"):
        compare(parent, branched_trace(tmp_path / "b.trace", parent, step=0))


def test_a_comparison_describes_itself_as_json() -> None:
    described = json.loads(json.dumps(compared(temperature=1.6).describe(), allow_nan=False))

    assert ("settings", 6, False) == (
        described["first_divergence"]["evidence"]["cause"],
        described["first_divergence"]["step"],
        described["is_same"],
    )
    assert 8 == len(described["steps"])
    assert {"trace", "call", "row", "status"} == set(described["a"])
    assert "<Comparison: 6 shared steps, then token by settings>" == repr(compared(temperature=1.6))
