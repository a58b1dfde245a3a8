"""The numpy trials of a step against transformers' own classes, and against what was recorded."""

import math

import numpy as np
import pytest

from tests.analysis.chain import PENALTY, TEMPERATURE, TOP_K, TOP_P, log, make_step
from tracer.analysis.trial import (
    UntriableError,
    Verdict,
    rescored,
    stage_scores,
    wins_by_luck,
    wins_by_score,
)
from tracer.processor_names import MODULE

INF = float("inf")
MIN_P = ("MinPLogitsWarper", {"min_p": 0.1})
BAN = ("SuppressTokensLogitsProcessor", {"suppress_tokens": [1]})


def trial_step(logits, *processed, chosen=0, **changes):
    """A step that can give its scores after every stage."""
    step = make_step(logits, processed, chosen=chosen, **changes)
    step.after = lambda stage: step.stages[stage]
    step.call.processors = [
        info if info.class_name == "Own" else info.model_copy(update={"module": MODULE})
        for info in step.call.processors
    ]
    return step


def theirs(name, scores, value, ids=()):
    """What transformers' class makes of one row."""
    import torch
    from transformers.generation import logits_process

    processor = getattr(logits_process, name)(value)
    row = torch.tensor(scores, dtype=torch.float32)[None].clone()
    return processor(torch.tensor([list(ids)], dtype=torch.long), row)[0].numpy()


@pytest.mark.parametrize(
    ("name", "parameter", "values"),
    [
        ("TemperatureLogitsWarper", "temperature", (0.05, 0.8, 1.7)),
        ("TopKLogitsWarper", "top_k", (1, 7, 60, 5000)),
        ("TopPLogitsWarper", "top_p", (0.01, 0.5, 0.9, 0.99)),
        ("MinPLogitsWarper", "min_p", (0.01, 0.2, 1.0)),
        ("RepetitionPenaltyLogitsProcessor", "penalty", (1.02, 1.5, 2.0)),
    ],
)
def test_another_value_gives_what_transformers_gives(name, parameter, values):
    random = np.random.default_rng(4)
    ids = [3, 5, 8, 200]
    for _ in range(20):
        logits = random.normal(scale=3, size=300).astype(np.float32)
        recorded = theirs(name, logits, values[0], ids)
        step = trial_step(logits, ((name, {parameter: values[0]}), recorded))
        for value in values[1:]:
            expected, found = theirs(name, logits, value, ids), rescored(step, {1: value})
            assert np.array_equal(np.isfinite(expected), np.isfinite(found))
            assert np.allclose(expected, found, rtol=1e-6)


def test_without_a_change_the_recorded_scores_stand():
    step = trial_step(log(0.5, 0.3, 0.2), (TEMPERATURE, [2 * s for s in log(0.5, 0.3, 0.2)]))

    assert np.array_equal(step.stages[-1], rescored(step, {}))


def test_a_processor_behind_the_change_acts_on_the_new_scores():
    logits = log(0.5, 0.3, 0.15, 0.05)
    step = trial_step(
        logits,
        (("TopKLogitsWarper", {"top_k": 2}), log(0.5, 0.3, 0, 0)),
        (TOP_P, log(0.5, 0.3, 0, 0)),
    )

    assert [True, True, True, False] == np.isfinite(rescored(step, {1: 4})).tolist()
    assert [True, True, False, False] == np.isfinite(rescored(step, {1: 2})).tolist()


def test_a_processor_can_be_left_out():
    step = trial_step(log(0.5, 0.3, 0.2), (("Own", {}), log(0, 0.3, 0.2)))

    assert np.array_equal(step.stages[0], rescored(step, {1: None}))


def test_tokens_forbidden_by_the_text_stay_forbidden():
    step = trial_step(
        log(0.5, 0.3, 0.2),
        (TEMPERATURE, [2 * s for s in log(0.5, 0.3, 0.2)]),
        (BAN, [2 * math.log(0.5), -INF, 2 * math.log(0.2)]),
    )

    assert [True, False, True] == np.isfinite(rescored(step, {1: 0.7})).tolist()


def test_a_foreign_processor_behind_a_change_cannot_be_tried():
    step = trial_step(
        log(0.5, 0.3, 0.2), (TOP_K, log(0.5, 0.3, 0)), (("Own", {"x": 1}), [s + 1 for s in log(0.5, 0.3, 0)])
    )

    with pytest.raises(UntriableError, match=r"^Own$"):
        rescored(step, {1: 3})
    assert np.array_equal(step.stages[1], rescored(step, {2: None}))


def test_a_setting_whose_recorded_value_is_unknown_cannot_be_tried_again():
    step = trial_step(log(0.5, 0.3), (("TopKLogitsWarper", {}), log(0.5, 0)))

    with pytest.raises(UntriableError, match=r"^TopKLogitsWarper$"):
        stage_scores(step, 1, np.array([0.0, 1.0], dtype=np.float32), {})


def test_min_p_keeps_what_must_be_kept():
    step = trial_step(log(0.6, 0.3, 0.1), (("MinPLogitsWarper", {**MIN_P[1], "min_tokens_to_keep": 2}),
                                           log(0.6, 0.3, 0.1)))  # fmt: skip

    assert [True, True, False] == np.isfinite(rescored(step, {1: 1.0})).tolist()


def test_the_highest_score_wins_and_the_first_of_equals():
    scores = np.array([1.0, 3.0, 3.0, -INF], dtype=np.float32)

    verdicts = [wins_by_score(scores, token) for token in range(4)]
    assert [Verdict.NOT_CHOSEN, Verdict.CHOSEN, Verdict.NOT_CHOSEN, Verdict.NOT_CHOSEN] == verdicts


def test_the_recorded_luck_decides():
    step = trial_step(log(0.5, 0.3, 0.2), noise={0: 1.0, 1: 0.1, 2: 1.0})
    scores = step.stages[0]

    assert [Verdict.NOT_CHOSEN, Verdict.CHOSEN, Verdict.NOT_CHOSEN] == [
        wins_by_luck(step, scores, token) for token in range(3)
    ]
    assert Verdict.NOT_CHOSEN is wins_by_luck(step, np.array(log(0.5, 0, 0.5), np.float32), 1)


def test_luck_that_is_not_stored_decides_nothing_that_it_could_change():
    step = trial_step(log(0.1, 0.2, 0.7), noise={0: 1.0, 1: 0.5})

    assert Verdict.UNDECIDED is wins_by_luck(step, step.stages[0], 1)
    assert Verdict.UNDECIDED is wins_by_luck(step, step.stages[0], 2)
    far = np.array(log(0.01, 0.98, 0.01), dtype=np.float32)
    assert Verdict.CHOSEN is wins_by_luck(step, far, 1)
    assert Verdict.NOT_CHOSEN is wins_by_luck(step, far, 2)
    bare = trial_step(log(0.5, 0.5), (PENALTY, log(0.5, 0.5)), mode="sample")
    assert Verdict.UNDECIDED is wins_by_luck(bare, bare.stages[0], 0)


def test_two_racers_that_rounding_cannot_tell_apart_are_undecided():
    step = trial_step(log(0.5, 0.5), noise={0: 1.0, 1: 1.0})

    assert Verdict.UNDECIDED is wins_by_luck(step, step.stages[0], 0)
