import pytest

from tests.analysis.texts import spelled_trace
from tracer.figures.found_text import marked_text, text_marks
from tracer.figures.labels import MARKED, OTHER

RA, IN, FALLS = 2, 3, 6


@pytest.fixture
def trace(tmp_path):
    """The prompt is " rain ra in drop s"."""
    return spelled_trace(tmp_path / "x.trace", FALLS, RA, IN)


def test_every_token_that_holds_a_part_of_the_text_is_marked(trace):
    value = marked_text(trace.sequence(), "rain")

    assert [0, 1, 2, 6, 7] == [place for place, marked in enumerate(value.is_marked) if marked]


def test_the_bars_take_the_value_in_order(trace):
    value, figure = marked_text(trace.sequence(), "rain"), text_marks(trace, "rain")

    expected = [MARKED if marked else OTHER for marked in value.is_marked]
    assert expected == list(figure.data[0].marker.color)
    assert list(value.tokens) == list(figure.data[0].hovertext)
    assert [0, 1, 2, 6, 7] == list(figure.layout.xaxis.tickvals)
    assert "token, prompt first (from 0)" == figure.layout.xaxis.title.text


def test_a_text_that_stands_nowhere_marks_nothing(trace):
    figure = text_marks(trace, "snow")

    assert {OTHER} == set(figure.data[0].marker.color)
    assert "not in this text" in figure.layout.title.text


def test_no_text_is_refused(trace):
    with pytest.raises(ValueError, match=r"The text to find is empty. Type at least one character"):
        text_marks(trace, "")
