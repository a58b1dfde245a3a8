import pytest

from tests.analysis.texts import spelled_trace
from tracer.analysis.vocabulary_search import find_tokens

RAIN, RA, IN, RAINY = 1, 2, 3, 11


@pytest.fixture
def vocabulary(tmp_path):
    return spelled_trace(tmp_path / "x.trace", RAIN).vocabulary


def test_what_begins_with_the_text_comes_before_what_contains_it_the_shortest_first(vocabulary):
    assert (RA, RAIN, RAINY) == find_tokens(vocabulary, "ra")
    assert (IN, RAIN, RAINY) == find_tokens(vocabulary, "in")


def test_case_does_not_matter_and_a_space_is_what_it_is_shown_as(vocabulary):
    assert (RAIN, RAINY) == find_tokens(vocabulary, " RAIN")
    assert (RAIN, RAINY) == find_tokens(vocabulary, "·rain")


def test_a_token_is_found_by_its_id(vocabulary):
    assert (RA,) == find_tokens(vocabulary, "#2")


def test_nothing_is_found_for_no_text_and_for_a_text_in_no_token(vocabulary):
    assert () == find_tokens(vocabulary, "")
    assert () == find_tokens(vocabulary, "snow")


def test_no_more_are_listed_than_asked_for(vocabulary):
    assert 2 == len(find_tokens(vocabulary, "a", limit=2))
