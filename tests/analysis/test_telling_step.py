from types import SimpleNamespace
from typing import Any

import pytest

from tests.analysis.chain import TEMPERATURE, TOP_K, FakeStep, log, make_step
from tracer.analysis.telling_step import Finding, TellingStep, most_telling_step

STOP = 4
SURE = log(0.05, 0.6, 0.05, 0.05, 0.05, 0.05, 0.05, 0.1)


def numbered(*steps: FakeStep) -> Any:
    """Returns a sequence of these steps."""
    for index, step in enumerate(steps):
        step.index, step.model_entropy = index, float(index == 1)
    return SimpleNamespace(steps=steps, call=steps[0].call if steps else None)


def ordinary(chosen: int = 1) -> FakeStep:
    return make_step(SURE, chosen=chosen)


def overruled() -> FakeStep:
    return make_step(log(0.05, 0.2, 0.05, 0.05, 0.5, 0.05, 0.05, 0.05), chosen=1, noise={})


def changed() -> FakeStep:
    turned = log(0.05, 0.2, 0.5, 0.05, 0.05, 0.05, 0.05, 0.05)
    return make_step(SURE, [(TEMPERATURE, turned)], chosen=2, noise={})


def lost() -> FakeStep:
    return make_step(SURE, [(TOP_K, log(0, 0.7, 0.1, 0.1, 0, 0, 0, 0.1))], chosen=2, noise={})


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([ordinary(), lost(), changed(), overruled()], TellingStep(3, Finding.STOP_OVERRULED)),
        ([ordinary(), lost(), changed(), changed()], TellingStep(2, Finding.WINNER_CHANGED)),
        ([ordinary(), ordinary(), lost()], TellingStep(2, Finding.WINNER_LOST)),
        ([ordinary(), ordinary(), ordinary()], TellingStep(1, Finding.LEAST_SURE)),
    ],
)
def test_the_strongest_finding_wins_and_the_first_step_that_has_it(
    steps: list[FakeStep], expected: TellingStep
) -> None:
    assert expected == most_telling_step(numbered(*steps))


@pytest.mark.parametrize("blank", [STOP, 5, 7])
def test_special_blank_and_half_tokens_are_passed_over(blank: int) -> None:
    telling = make_step(log(0.3, 0.2, 0.1, 0.1, 0.1, 0.1, 0.05, 0.05), [(TEMPERATURE, SURE)], chosen=blank)

    assert TellingStep(1, Finding.LEAST_SURE) == most_telling_step(numbered(telling, ordinary()))
    assert TellingStep(0, Finding.WINNER_CHANGED) == most_telling_step(numbered(telling))


def test_a_sequence_without_steps_has_none() -> None:
    assert most_telling_step(numbered()) is None
