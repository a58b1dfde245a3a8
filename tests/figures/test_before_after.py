"""The answer to a what-if as bars: recorded and asked for side by side, in a dashed frame."""

import dataclasses

from tests.answers import ROWS, make_answer, make_undecided
from tracer.analysis.choice import Undecided
from tracer.figures.before_after import compare_probabilities, draw_what_if
from tracer.figures.labels import CHOSEN, OTHER


def bars_named(figure, name):
    return next(trace for trace in figure.data if trace.name == name and trace.x[0] is not None)


def test_each_token_has_its_probability_before_and_after():
    figure = draw_what_if(make_answer())

    assert (0.2, 0.5, 0.3) == tuple(bars_named(figure, "as recorded").x)
    assert (0.6, 0.4, 0.0) == tuple(bars_named(figure, "what if").x)
    assert (0, 1, 2) == tuple(bars_named(figure, "what if").y)
    assert "probability (final scores)" == figure.layout.xaxis.title.text


def test_the_recorded_token_is_orange_and_the_answer_has_a_mark():
    figure = draw_what_if(make_answer())

    assert (OTHER, CHOSEN, OTHER) == tuple(bars_named(figure, "what if").marker.color)
    assert ("▶ ·rain", "✓ ·ra", "&lt;b&gt;") == tuple(figure.layout.yaxis.ticktext)


def test_the_title_says_that_it_did_not_happen():
    assert "Step 3, not what happened: temperature 0.5" == draw_what_if(make_answer()).layout.title.text
    assert "第 3 步，并非实际发生：假如温度 0.5" == draw_what_if(make_answer(), lang="zh").layout.title.text
    assert "dash" == draw_what_if(make_answer()).layout.shapes[0].line.dash


def test_an_undecided_step_shows_the_probabilities_without_a_winner():
    rows = tuple(dataclasses.replace(row, is_answer=False) for row in ROWS)
    bars = compare_probabilities(make_undecided(Undecided.UNKNOWN_LUCK, rows=rows))

    assert ("·rain", "✓ ·ra", "<b>") == bars.labels
    assert not bars.is_empty


def test_a_step_of_which_no_token_is_left_is_empty_and_says_so():
    rows = tuple(dataclasses.replace(row, probability_after=0.0, is_answer=False) for row in ROWS)
    figure = draw_what_if(make_undecided(Undecided.NO_TOKEN_LEFT, rows=rows))

    assert "no token is left" in figure.layout.annotations[0].text
