"""Simulated redraws as bars: the counted beside the expected, the chosen token in orange."""

import dataclasses

import pytest

from tests.analysis.chain import log, make_step, rain_step
from tracer.analysis.redraws import count_redraws
from tracer.figures.labels import CHOSEN, OTHER
from tracer.figures.redraw_tally import redraw_bars, tally_redraws


def test_the_counted_stand_beside_the_expected():
    counts = count_redraws(rain_step(), 1000, seed=2)
    figure = redraw_bars(rain_step(), seed=2)
    expected, counted = (bar for bar in figure.data if bar.showlegend is False)

    assert [row.probability * 1000 for row in counts.rows] == list(expected.x)
    assert [row.count for row in counts.rows] == list(counted.x)
    assert list(range(len(counts.rows))) == list(counted.y) == list(expected.y)
    assert "count (of 1,000 draws)" == figure.layout.xaxis.title.text
    assert figure == redraw_bars(counts)


def test_the_chosen_token_alone_is_orange_and_the_title_says_how_often_it_came():
    tally = tally_redraws(count_redraws(rain_step(), 1000))
    place = tally.labels.index("✓ ·ra")

    assert [place] == [number for number, color in enumerate(tally.colors) if color == CHOSEN]
    assert f"`·ra` came {tally.counted[place]} times" in tally.note
    assert tally_redraws(count_redraws(rain_step(), 1000), "zh").note.startswith(
        "按这些概率抽样 1,000 次，`·ra`"
    )


def test_without_full_scores_the_other_tokens_have_one_row():
    step = make_step(log(0.5, 0.3, 0.2), chosen=0, noise={0: 0.1}, candidates=[0, 1], is_light=True)
    tally = tally_redraws(count_redraws(step, 1000))

    assert ("other tokens", OTHER) == (tally.labels[-1], tally.colors[-1])
    assert 200.0 == pytest.approx(tally.expected[-1])
    assert 1000 == sum(tally.counted)


def test_counts_without_a_token_are_empty_and_say_so():
    figure = redraw_bars(dataclasses.replace(count_redraws(rain_step(), 1), rows=()))

    assert () == figure.data
    assert "No token is left to draw." == figure.layout.annotations[0].text


def test_a_single_redraw_is_once():
    assert "Drawn once" in tally_redraws(count_redraws(rain_step(), 1)).note


def test_a_token_of_markup_is_shown_as_it_is():
    figure = redraw_bars(make_step(log(0.1, 0.1, 0.1, 0.1, 0.6), chosen=4, noise={4: 1.0}))

    assert "✓ &lt;|im_end|&gt;" == figure.layout.yaxis.ticktext[0]


def test_a_greedy_step_has_no_figure():
    with pytest.raises(ValueError, match="nothing is drawn"):
        redraw_bars(make_step([1.0, 4.0], chosen=1))
