"""Pattern scores of heads, computed by hand on small rows."""

import math
from pathlib import Path

import numpy as np
import pytest

from tests.synthetic import Synthetic, write_trace
from tracer.analysis import attention_patterns
from tracer.analysis.attention_maps import attention_map, exact_rows
from tracer.analysis.attention_patterns import Pattern, mean_patterns, row_patterns
from tracer.analysis.attention_rows import AttentionRows, attention_rows
from tracer.analysis.head_choice import HeadChoice
from tracer.analysis.text_places import TextPlaces
from tracer.trace.opening import open_trace

IDS = (7, 3, 5, 3, 4, 8, 6, 9, 3)
"""The last token, 3, stood at places 1 and 3; behind these stand 2 and 4."""


def rows_of(*heads: dict[int, float]) -> AttentionRows:
    weights = np.zeros((1, len(heads), len(IDS)), dtype=np.float32)
    for head, given in enumerate(heads):
        for place, weight in given.items():
            weights[0, head, place] = weight
    places = TextPlaces(0, len(IDS), IDS, tuple(map(str, IDS)))
    return AttentionRows(0, 0, 0, places, (), weights)


def test_scores_are_the_weight_on_their_places() -> None:
    patterns = row_patterns(rows_of({0: 0.1, 2: 0.2, 3: 0.1, 4: 0.15, 6: 0.05, 7: 0.25, 8: 0.15}))
    scores = {name: round(float(values[0, 0]), 6) for name, values in patterns.scores.items()}
    assert {"first": 0.1, "previous": 0.25, "itself": 0.15, "induction": 0.35, "local": 0.6} == scores


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ({0: 0.6, 7: 0.4}, Pattern.FIRST),
        ({0: 0.4, 7: 0.6}, Pattern.PREVIOUS),
        ({8: 0.9, 0: 0.1}, Pattern.ITSELF),
        ({2: 0.3, 4: 0.3, 0: 0.4}, Pattern.INDUCTION),
        ({4: 0.2, 5: 0.2, 6: 0.3, 7: 0.1, 1: 0.2}, Pattern.LOCAL),
        (dict.fromkeys(range(9), 1 / 9), Pattern.LOCAL),
        ({0: 0.2, 1: 0.2, 2: 0.2, 3: 0.2, 5: 0.2}, Pattern.SPREAD),
        ({1: 0.7, 3: 0.3}, Pattern.MIXED),
    ],
)
def test_a_head_is_named_by_its_largest_score(weights: dict[int, float], expected: Pattern) -> None:
    assert expected is row_patterns(rows_of(weights)).pattern(0, 0)


def test_evenly_over_eight_is_as_spread_as_eight() -> None:
    patterns = row_patterns(
        rows_of(dict.fromkeys(range(8), 0.125), {3: 1.0}, dict.fromkeys(range(8), 0.0625))
    )
    np.testing.assert_allclose([[8.0, 1.0, 8.0]], patterns.effective(), rtol=1e-5)
    assert math.log(8) == pytest.approx(patterns.entropy[0, 0], rel=1e-5)


def test_a_layer_that_was_not_recorded_has_no_pattern() -> None:
    rows = rows_of({0: 1.0})
    rows.weights[:] = np.nan
    patterns = row_patterns(rows)
    assert patterns.pattern(0, 0) is None
    assert all(np.isnan(values).all() for values in patterns.scores.values())


def test_the_first_place_has_no_previous_token() -> None:
    weights = np.ones((1, 1, 1), dtype=np.float32)
    patterns = row_patterns(AttentionRows(0, 0, 0, TextPlaces(0, 1, (5,), ("a",)), (), weights))
    assert 0.0 == patterns.scores[Pattern.PREVIOUS][0, 0]
    assert 1.0 == patterns.scores[Pattern.FIRST][0, 0]


def test_the_average_is_over_all_rows_but_the_first_two(tmp_path: Path) -> None:
    step = open_trace(write_trace(tmp_path / "a.trace", Synthetic(prompt_len=7))).steps[2]
    rows = attention_rows(step)
    patterns = mean_patterns(step, rows)
    weights = exact_rows(attention_map(step, HeadChoice(1, 2)), range(rows.places.size)).astype(np.float64)
    lines = range(2, rows.places.size)
    assert patterns is not None
    assert len(lines) == patterns.num_rows
    expected = {
        Pattern.FIRST: np.mean([weights[line, 0] for line in lines]),
        Pattern.PREVIOUS: np.mean([weights[line, line - 1] for line in lines]),
        Pattern.ITSELF: np.mean([weights[line, line] for line in lines]),
        Pattern.LOCAL: np.mean([weights[line, max(0, line - 4) : line + 1].sum() for line in lines]),
    }
    for name, value in expected.items():
        assert value == pytest.approx(patterns.scores[name][1, 2], abs=1e-6)
    spread = [-sum(one * math.log(one) for one in weights[line, : line + 1]) for line in lines]
    assert np.mean(spread) == pytest.approx(patterns.entropy[1, 2], abs=1e-5)


def test_an_average_that_takes_too_long_is_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    step = open_trace(write_trace(tmp_path / "a.trace")).steps[2]
    monkeypatch.setattr(attention_patterns, "MOST_AVERAGED", 10)
    assert mean_patterns(step, attention_rows(step)) is None
