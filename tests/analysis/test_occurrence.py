import pytest

from tests.analysis.texts import spelled_trace
from tracer.analysis.occurrence import occurrences_of

RAIN, RA, IN, DROP, S, FALLS = 1, 2, 3, 4, 5, 6


def places(sequence, text):
    return [(one.first, one.last, one.first_step, one.last_step) for one in occurrences_of(sequence, text)]


def test_a_text_is_found_in_prompt_and_answer_across_tokens(tmp_path):
    sequence = spelled_trace(tmp_path / "x.trace", RA, IN, FALLS).sequence()

    assert " rain rain" + "drops rain falls" == sequence.prompt_text + sequence.text
    assert [(0, 0, None, None), (1, 2, None, None), (5, 6, 0, 1)] == places(sequence, "rain")
    assert [(6, 7, 1, 2)] == places(sequence, "n f")
    assert [] == places(sequence, "snow")


def test_a_text_may_begin_in_the_prompt_and_end_in_the_answer(tmp_path):
    sequence = spelled_trace(tmp_path / "x.trace", RA, IN, FALLS).sequence()
    (found,) = occurrences_of(sequence, "drops ra")

    assert (3, 5, 0, 0) == (found.first, found.last, found.first_step, found.last_step)
    assert ("drop", "s", "·ra") == found.tokens
    assert (True, False) == (found.crosses_prompt, found.is_in_prompt)


def test_occurrences_do_not_overlap(tmp_path):
    sequence = spelled_trace(tmp_path / "x.trace", S, S, S, S).sequence()

    assert [(4, 5, 0, 0), (6, 7, 1, 2)] == places(sequence, "ss")


def test_an_empty_text_is_refused(tmp_path):
    with pytest.raises(
        ValueError, match=r"^The text to find is empty\. Type at least one character, such as"
    ):
        occurrences_of(spelled_trace(tmp_path / "x.trace", RAIN).sequence(), "")
