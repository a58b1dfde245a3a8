"""What was typed instead of a token is found as one token or a text, and followed through the stages."""

from pathlib import Path

import pytest

from tests.analysis.texts import spelled_trace
from tracer.pictures.expectation import expected_picture
from tracer.trace.step import Step

RAIN, RA, IN, DROP, FALLS, END, RAINY = 1, 2, 3, 4, 6, 8, 11


@pytest.fixture
def step(tmp_path: Path) -> Step:
    """Returns the second step of " falls ra" "in" "drop", which chose " ra"."""
    return spelled_trace(tmp_path / "x.trace", FALLS, RA, IN, DROP).steps[1]


@pytest.mark.parametrize("typed", ["rain", " rain", "·rain", "#1"])
def test_one_token_is_followed_even_where_others_wrote_the_same_text(typed: str, step: Step) -> None:
    picture = expected_picture(step, typed)

    assert (1, "·rain") == (picture.step, picture.typed)
    assert picture.table is not None
    assert [RAIN, RA] == [row.token_id for row in picture.table.rows]
    assert "`·ra` came, `·rain` was expected" in picture.sentences[0]


def test_a_special_token_gets_no_blank(step: Step) -> None:
    assert "<end>" == expected_picture(step, "<end>").typed


def test_a_longer_text_is_compared_across_the_borders_of_tokens(step: Step) -> None:
    assert expected_picture(step, "raindrop").step is None
    assert 3 == expected_picture(step, "rains").step


def test_the_chosen_token_itself_is_as_expected(step: Step) -> None:
    picture = expected_picture(step, "ra")

    assert (None, None) == (picture.step, picture.table)
    assert ("The text is as expected: steps 0 to 1 wrote it. Tokens that follow: 2.",) == picture.sentences


def test_nothing_typed_is_said_so(step: Step) -> None:
    with pytest.raises(
        ValueError, match=r"The expected text is empty\. Type the token that should have come"
    ):
        expected_picture(step, "  ")


def test_it_speaks_chinese(step: Step) -> None:
    assert "预期" in expected_picture(step, "rainy", "zh").sentences[0]
