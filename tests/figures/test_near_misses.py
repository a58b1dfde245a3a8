"""The leads of a text as bars: as high as the analysis says, forks in color, unknown steps left out."""

from types import SimpleNamespace

import numpy as np
import pytest

from tests.analysis.chain import log, make_step
from tests.analysis.texts import spelled_trace
from tracer.analysis.forks import forks_of
from tracer.figures.labels import CHOSEN, MARKED, OTHER
from tracer.figures.near_misses import MOST_TOKENS, forks_strip, leads_of


def text_of(*steps):
    """Returns a sequence of steps, each given as (probabilities, chosen, changes)."""
    made = []
    for index, (probabilities, chosen, changes) in enumerate(steps):
        step = make_step(log(*probabilities), chosen=chosen, generated=(6,) * index, **changes)
        step.probability = float(np.exp(step.stages[-1][chosen]))
        made.append(step)
    return SimpleNamespace(steps=tuple(made))


def test_each_step_has_a_bar_and_forks_are_in_color():
    sequence = text_of(((0.9, 0.1), 0, {}), ((0.55, 0.45), 0, {}), ((0.4, 0.35, 0.25), 2, {}))
    figure = forks_strip(sequence)
    clear, kept, turned = figure.data
    forks = forks_of(sequence)

    assert ([0], [1], [2]) == tuple(list(bars.x) for bars in figure.data)
    assert 80.0 == pytest.approx(clear.y[0], abs=1e-4)
    assert [100 * fork.lead_probability for fork in forks] == pytest.approx([kept.y[0], turned.y[0]])
    assert [OTHER, MARKED, CHOSEN] == [bars.marker.color for bars in figure.data]
    assert all(bars.width < 1 for bars in figure.data)  # else bars cover the steps between forks
    assert "Forks at 2 of 3 steps" == figure.layout.title.text


def test_the_axes_have_units_and_the_tokens_as_they_are():
    figure = forks_strip(text_of(((0.1, 0.1, 0.1, 0.1, 0.6), 4, {})))

    assert "lead over the runner-up (percentage points)" == figure.layout.yaxis.title.text
    assert "step (0-based)" == figure.layout.xaxis.title.text
    assert ("&lt;|im_end|&gt;  0",) == figure.layout.xaxis.ticktext
    assert (0,) == figure.layout.xaxis.tickvals


def test_a_token_that_was_alone_leads_by_all_points():
    assert 100.0 == leads_of(text_of(((1.0, 0.0), 0, {}))).leads[0].points


def test_a_step_without_its_leaders_has_no_bar_and_is_counted():
    light = {"candidates": [0], "is_light": True}
    figure = forks_strip(text_of(((0.9, 0.1), 0, {}), ((0.1, 0.5, 0.4), 0, light)))

    assert [0] == [place for bars in figure.data for place in bars.x]
    assert "Steps whose scores were not recorded: 1" in figure.layout.title.text


@pytest.mark.parametrize(
    ("steps", "note"),
    [
        ((), "No step was recorded."),
        (
            (((0.1, 0.5, 0.4), 0, {"candidates": [0], "is_light": True}),),
            "The first two tokens were recorded at no step.",
        ),
    ],
)
def test_nothing_to_show_says_why(steps, note):
    figure = forks_strip(text_of(*steps))

    assert () == figure.data
    assert note == figure.layout.annotations[0].text


def test_a_long_text_has_numbers_in_place_of_tokens():
    figure = forks_strip(text_of(*[((0.9, 0.1), 0, {})] * (MOST_TOKENS + 1)))

    assert figure.layout.xaxis.ticktext is None


def test_a_trace_of_one_sequence_is_taken_as_that_sequence(tmp_path):
    trace = spelled_trace(tmp_path / "x.trace", 9, 3, 7)

    assert forks_strip(trace.sequence()) == forks_strip(trace)
    assert "3 步中有" in forks_strip(trace, lang="zh").layout.title.text
