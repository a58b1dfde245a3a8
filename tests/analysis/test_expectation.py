import json
from types import SimpleNamespace

import numpy as np
import pytest

from tests.analysis.texts import WORDS, spelled_trace
from tests.synthetic import Synthetic, write_trace
from tracer.analysis.expectation import Outcome, candidate_of, compare
from tracer.errors import SignalMissingError
from tracer.trace.opening import open_trace

RAIN, RA, IN, DROP, S, FALLS, STOP, END, A, RAINY = 1, 2, 3, 4, 5, 6, 7, 8, 9, 11


@pytest.fixture
def spoken(tmp_path):
    """Returns a function from token ids to a sequence."""
    return lambda *ids: spelled_trace(tmp_path / "x.trace", *ids).sequence()


def test_another_split_into_tokens_is_no_difference(spoken):
    found = compare(spoken(RA, IN, DROP, S), " raindrops")

    assert (Outcome.REACHED, 4, 0, None) == (found.outcome, found.num_steps, found.num_more, found.departure)


def test_a_text_that_is_reached_within_a_token_is_reached(spoken):
    found = compare(spoken(RAIN, FALLS, STOP, END), " rain fa")

    assert (Outcome.REACHED, 2, 2) == (found.outcome, found.num_steps, found.num_more)


def test_generation_that_ends_early_has_no_step_to_explain(spoken):
    found = compare(spoken(RAIN, FALLS), " rain falls.")

    assert (Outcome.ENDED, " rain falls", ".") == (found.outcome, found.agreed, found.rest)
    assert found.departure is None


def test_the_expected_token_is_the_longest_with_which_the_rest_begins(spoken):
    found = compare(spoken(A, IN, STOP), "A rain falls")

    assert (Outcome.LEFT, "A", " rain falls", 1) == (
        found.outcome,
        found.agreed,
        found.rest,
        found.departure.step,
    )
    assert (RAIN, "·rain") == (found.departure.expected_id, found.departure.expected_token)
    assert {" ra", " "} == {WORDS[row.token_id] for row in found.departure.others}


def test_a_difference_inside_a_token_is_one_at_its_step(spoken):
    sequence = spoken(A, RAINY, STOP)

    assert Outcome.REACHED is compare(sequence, "A rain").outcome  # the text ends before the difference
    departure = compare(sequence, "A rain.").departure
    assert (1, RAIN, RAINY) == (departure.step, departure.expected_id, departure.chosen.token_id)


def test_blanks_before_the_answer_are_not_held_against_a_text_without_any(spoken):
    assert Outcome.REACHED is compare(spoken(RAIN, FALLS), "rain falls").outcome


def test_a_token_that_ends_the_text_can_be_expected(spoken):
    departure = compare(spoken(RAIN, FALLS, STOP), " rain<end>").departure

    assert (1, END) == (departure.step, departure.expected_id)


def test_a_token_that_is_no_candidate_is_followed_through_the_stored_scores(spoken):
    sequence = spoken(A, IN, STOP)
    step = sequence.steps[1]
    departure = compare(sequence, "A rain").departure

    for stage in range(step.num_stages):
        scores = step.after(stage)
        assert float(scores[RAIN]) == departure.expected.scores[stage]
        assert int((scores > scores[RAIN]).sum()) == departure.expected.ranks[stage]
        probability = float(np.exp(scores[RAIN] - step.logsumexp[stage]))
        assert probability == pytest.approx(departure.expected.probabilities[stage])
    removed_at = departure.expected.removed_at
    assert (removed_at is not None) == bool(np.isneginf(step.scores[RAIN]))


def test_a_stored_candidate_is_taken_as_it_is():
    stored = SimpleNamespace(token_id=7)

    assert stored is candidate_of(SimpleNamespace(candidates=(stored,)), 7)


def test_without_stored_scores_it_says_what_is_missing(tmp_path):
    synthetic = Synthetic(steps=2)
    synthetic.token_ids[:, 0] = (A, IN)
    path = write_trace(tmp_path / "x.trace", synthetic, without=("/logits",), logits="none")
    (tmp_path / "spelled").mkdir()
    spelled_trace(tmp_path / "spelled" / "y.trace", A)
    (path / "vocabulary.parquet").write_bytes(
        (tmp_path / "spelled" / "y.trace" / "vocabulary.parquet").read_bytes()
    )
    departure = compare(open_trace(path).sequence(), "A rain").departure

    assert (None, None) == (departure.expected, departure.remedies)
    assert "recorded with logits='none'. Record again with" in departure.missing
    assert IN == departure.chosen.token_id


def test_a_trace_without_vocabulary_cannot_be_compared(tmp_path):
    trace = spelled_trace(tmp_path / "x.trace", A, with_vocabulary=False)

    with pytest.raises(
        SignalMissingError, match=r"holds no vocabulary, so that its tokens cannot be compared"
    ):
        compare(trace.sequence(), "A")


def test_a_text_that_no_token_begins_is_refused(spoken):
    with pytest.raises(
        SignalMissingError, match=r"^No token of the vocabulary begins 'Z', where step 1 leaves"
    ):
        compare(spoken(A, IN), "AZ")


def test_an_empty_text_is_refused(spoken):
    with pytest.raises(
        ValueError, match=r"^The expected text is empty\. Type how the answer should have begun"
    ):
        compare(spoken(A, IN), "")


def test_a_description_is_json(spoken):
    described = compare(spoken(A, IN, STOP), "A rain falls").describe()

    assert described == json.loads(json.dumps(described, allow_nan=False))
    assert isinstance(described["departure"]["remedies"]["needs_another_draw"], bool)
