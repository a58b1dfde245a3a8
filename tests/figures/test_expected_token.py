"""An expected text as a figure: both tokens through the stages, and what removed the expected one."""

import dataclasses

import pytest

from tests.analysis.texts import spelled_trace
from tests.wording.test_expectation import left
from tracer.figures.expected_token import expectation_path
from tracer.figures.labels import CHOSEN, MARKED
from tracer.wording.expectation import expected


def test_both_tokens_have_the_probabilities_of_the_analysis(tmp_path):
    found = expected(spelled_trace(tmp_path / "x.trace", 9, 3, 7), "A rain")
    figure = expectation_path(found)
    departure = found.expectation.departure

    for line, row, color in zip(
        figure.data[:2], (departure.chosen, departure.expected), (CHOSEN, MARKED), strict=True
    ):
        assert [100 * p for p in row.probabilities] == pytest.approx(list(line.y))
        assert list(range(len(row.probabilities))) == list(line.x)
        assert color == line.line.color
    assert len(departure.settings) == len(figure.layout.xaxis.ticktext)
    assert figure == expectation_path(found.expectation)


def test_the_axes_have_units():
    figure = expectation_path(left(None))

    assert "probability (%)" == figure.layout.yaxis.title.text
    assert "stage (in order)" == figure.layout.xaxis.title.text
    assert "Step 3: ·rain was expected, ·ra came" == figure.layout.title.text
    assert ("Model", "top-k 50") == figure.layout.xaxis.ticktext
    assert 2 == len(figure.data)


def test_the_stage_that_removed_the_expected_token_is_marked():
    figure = expectation_path(left(None, removed=True))
    cross = figure.data[2]

    assert ([1], [0.0], "x") == (list(cross.x), list(cross.y), cross.marker.symbol)
    assert "removed by top-k 50" == cross.name
    assert "去掉它的是 top-k 50" == expectation_path(left(None, removed=True), lang="zh").data[2].name


def test_an_expected_token_without_scores_leaves_the_chosen_one_and_says_why():
    figure = expectation_path(left(None, expected=None, missing="Step 3 has no scores."))

    assert ["chosen: ·ra"] == [line.name for line in figure.data]
    assert figure.layout.title.text.endswith("<sub>Step 3 has no scores.</sub>")


def test_a_token_of_markup_is_shown_as_it_is():
    given = left(None, expected_token="<b>")
    row = dataclasses.replace(given.departure.expected, token="<b>")
    figure = expectation_path(left(None, expected_token="<b>", expected=row))

    assert "expected: &lt;b&gt;" == figure.data[1].name
    assert "&lt;b&gt; was expected" in figure.layout.title.text


def test_a_text_that_was_reached_has_nothing_to_show(tmp_path):
    figure = expectation_path(expected(spelled_trace(tmp_path / "x.trace", 9, 1, 7), "A rain"))

    assert () == figure.data
    assert "The text is as expected: steps 0 to 1 wrote it." in figure.layout.annotations[0].text
