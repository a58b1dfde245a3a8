"""The draw as a picture: a dot at ln p, an arrow to ln p plus luck, the first by finish on top."""

import math

import pytest

from tests.analysis.chain import log, make_step, rain_step
from tracer.figures.labels import CHOSEN, LUCK, OTHER
from tracer.figures.race import MOST_ROWS, draw_race, place_racers


def trace_named(figure, name):
    return next(trace for trace in figure.data if trace.name == name)


def test_each_token_goes_from_ln_p_to_its_finish():
    figure = draw_race(make_step(log(0.5, 0.25, 0.25), chosen=1, noise={0: 4.0, 1: 0.5, 2: 1.0}))
    starts, tips = trace_named(figure, "ln p"), trace_named(figure, "finish: furthest right wins")

    assert [math.log(0.25), math.log(0.25), math.log(0.5)] == pytest.approx(list(starts.x))
    assert [math.log(0.5), math.log(0.25), math.log(0.125)] == pytest.approx(list(tips.x), abs=1e-6)
    assert [0, 1, 2] == list(starts.y) == list(tips.y)
    assert ("triangle-right", "triangle-left") == (tips.marker.symbol[0], tips.marker.symbol[2])
    assert "ln p + luck (nats)" == figure.layout.xaxis.title.text


def test_the_arrows_are_lines_that_do_not_touch_each_other():
    figure = draw_race(rain_step())
    lines = trace_named(figure, "luck: −ln q")

    assert [None, None] == [x for x in lines.x if x is None]
    assert LUCK == lines.line.color


def test_the_recorded_token_alone_is_orange():
    figure = draw_race(rain_step())

    assert [CHOSEN, OTHER] == list(trace_named(figure, "ln p").marker.color)
    assert ("✓ ·ra", "·rain") == tuple(figure.layout.yaxis.ticktext)
    assert "·ra leads ·rain by" in figure.layout.title.text


def test_a_greedy_step_has_dots_and_no_luck():
    figure = draw_race(make_step([1.0, 4.0, 2.5], chosen=1))

    assert 1 == len(figure.data)
    assert "ln p (nats)" == figure.layout.xaxis.title.text
    assert "the highest score wins" in figure.layout.title.text
    assert "·rain leads ·ra by 1.50 nats" in figure.layout.title.text


def test_a_step_without_recorded_luck_is_empty_and_says_so():
    figure = draw_race(make_step(log(0.5, 0.5), chosen=0, mode="sample"))

    assert () == figure.data
    assert "Draw: the luck of the tokens was not recorded." == figure.layout.annotations[0].text


def test_a_single_racer_has_no_margin():
    race = place_racers(make_step(log(0.5, 0.5), [(("Own", {}), log(0, 1.0))], chosen=1, noise={1: 2.0}))

    assert "·rain was the only token left" == race.note


def test_a_part_of_the_luck_says_that_others_may_have_come_second():
    step = make_step(
        log(0.5, 0.3, 0.2), chosen=0, noise={0: 0.1, 1: 1.0, 2: 0.1}, candidates=[0, 1], is_light=True
    )

    assert place_racers(step).note.endswith("among the tokens whose luck was recorded")
    assert "只在记录了运气的 token 中比较" in place_racers(step, "zh").note


def test_the_recorded_token_has_a_row_even_if_it_came_far_behind():
    noise = dict.fromkeys(range(30), 1.0)
    race = place_racers(make_step([float(-token) for token in range(30)], chosen=25, noise=noise))

    assert MOST_ROWS == len(race.labels)
    assert "✓ #25" == race.labels[-1]


def test_a_token_of_markup_is_shown_as_it_is():
    figure = draw_race(make_step(log(0.1, 0.1, 0.1, 0.1, 0.6), chosen=4, noise={4: 1.0, 0: 1.0}))

    assert "✓ &lt;|im_end|&gt;" == figure.layout.yaxis.ticktext[0]
