"""What would have chosen a token, on steps whose answer can be worked out by hand."""

import math

import pytest

from tests.analysis.chain import PENALTY, TEMPERATURE, log, make_step
from tracer.analysis.remedies import Choice, remedies_for
from tracer.errors import SignalMissingError
from tracer.processor_names import MODULE

EVEN = dict.fromkeys(range(5), 1.0)
P = (0.4, 0.3, 0.15, 0.1, 0.05)


def trial_step(logits, *processed, chosen=0, **changes):
    step = make_step(logits, processed, chosen=chosen, **changes)
    step.after = lambda stage: step.stages[stage]
    step.call.processors = [
        info if info.class_name == "Own" else info.model_copy(update={"module": MODULE})
        for info in step.call.processors
    ]
    step.logits = step.stages[0]
    return step


def found(remedies, choice):
    return [
        [(one.setting.name, one.value) for one in remedy.adjustments]
        for remedy in remedies.found
        if remedy.choice is choice
    ]


def kept(remedies):
    return [(one.setting.name, one.value) for one in remedies.keep]


def top_k_step(noise):
    return trial_step(log(*P), (("TopKLogitsWarper", {"top_k": 2}), log(0.4, 0.3, 0, 0, 0)), noise=noise)


def test_top_k_would_have_to_be_at_least_the_tokens_place():
    remedies = remedies_for(top_k_step({**EVEN, 3: 1e-6}), 3)

    assert [("top_k", 4)] == kept(remedies)
    assert 0.1 / 0.95 == pytest.approx(remedies.probability)
    assert [[("top_k", None)], [("top_k", 4)]] == found(remedies, Choice.LUCK)
    assert [] == found(remedies, Choice.GREEDY)
    assert not remedies.needs_another_draw


def test_a_token_without_luck_needs_another_draw():
    remedies = remedies_for(top_k_step({**EVEN, 3: 5.0}), 3)

    assert () == remedies.found
    assert remedies.needs_another_draw


def test_top_p_is_named_as_the_least_that_keeps_the_token():
    step = trial_step(log(*P), (("TopPLogitsWarper", {"top_p": 0.5}), log(0.4, 0.3, 0, 0, 0)), noise=EVEN)

    assert [("top_p", 0.85)] == [
        (name, pytest.approx(value, abs=0.0011)) for name, value in kept(remedies_for(step, 3))
    ]


def test_min_p_is_named_as_the_most_that_keeps_the_token():
    step = trial_step(log(*P), (("MinPLogitsWarper", {"min_p": 0.5}), log(0.4, 0.3, 0, 0, 0)), noise=EVEN)

    assert [("min_p", 0.25)] == [
        (name, pytest.approx(value, abs=0.001)) for name, value in kept(remedies_for(step, 3))
    ]


def test_several_filters_in_a_row_are_all_named():
    step = trial_step(
        log(*P),
        (("TopKLogitsWarper", {"top_k": 2}), log(0.4, 0.3, 0, 0, 0)),
        (("TopPLogitsWarper", {"top_p": 0.3}), log(0.4, 0, 0, 0, 0)),
        noise=EVEN,
    )

    names = [name for name, _ in kept(remedies_for(step, 2))]
    assert ["top_k", "top_p"] == names


def test_greedy_decoding_with_the_recorded_settings_comes_without_adjustments():
    step = trial_step(log(*P), noise={**EVEN, 1: 0.01}, chosen=1)

    assert [[]] == found(remedies_for(step, 0), Choice.GREEDY)


def test_without_the_penalty_it_wins_under_greedy():
    step = trial_step(
        [2.0, 1.9, 0.0], (PENALTY, [2.0 / 1.1, 1.9, 0.0]), noise={0: 9.0, 1: 1.0, 2: 1.0}, chosen=1
    )
    remedies = remedies_for(step, 0)

    assert [[("repetition_penalty", None)]] == found(remedies, Choice.GREEDY)
    assert remedies.needs_another_draw


def test_a_greedy_call_is_tried_by_score():
    step = trial_step([2.0, 1.9, 0.0], (PENALTY, [2.0 / 1.1, 1.9, 0.0]), chosen=1)
    remedies = remedies_for(step, 0)

    assert [[("repetition_penalty", None)], [("repetition_penalty", 1.05)]] == found(remedies, Choice.GREEDY)
    assert not remedies.needs_another_draw


def test_a_temperature_is_found_by_trying():
    tempered = [score / 0.5 for score in log(*P)]
    step = trial_step(log(*P), (TEMPERATURE, tempered), noise={**EVEN, 2: 0.25}, chosen=0)

    ((_, value),) = found(remedies_for(step, 2), Choice.LUCK)[1]
    # ln 0.15 / T - ln 0.25 beats ln 0.4 / T from this temperature on.
    assert math.log(0.4 / 0.15) / math.log(4) < value
    assert math.log(0.4 / 0.15) / math.log(4) > value - 0.05


def test_what_the_stored_luck_does_not_decide_is_said():
    step = trial_step(log(0.3, 0.6, 0.1), (("Own", {}), log(0.3, 0, 0.1)), noise={0: 1.0, 2: 1.0})
    remedies = remedies_for(step, 1)

    ((adjustment,),) = [remedy.adjustments for remedy in remedies.undecided]
    assert ("Own", None) == (adjustment.setting.class_name, adjustment.value)
    assert not remedies.needs_another_draw


def test_a_foreign_processor_stands_in_the_way_of_a_trial():
    step = trial_step(
        log(*P),
        (("TopKLogitsWarper", {"top_k": 2}), log(0.4, 0.3, 0, 0, 0)),
        (("Own", {}), log(0.3, 0.4, 0, 0, 0)),
        noise=EVEN,
    )
    remedies = remedies_for(step, 3)

    assert (("Own",), None, ()) == (remedies.untriable, remedies.probability, remedies.keep)
    assert not remedies.needs_another_draw


def test_without_scores_nothing_is_tried():
    step = trial_step(log(*P), (PENALTY, log(*P)), noise=EVEN)

    def missing(stage):
        raise SignalMissingError("Step 2 has no logits.")

    step.after = missing
    with pytest.raises(SignalMissingError, match=r"^Step 2 has no logits\.$"):
        remedies_for(step, 1)
