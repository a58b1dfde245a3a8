"""Units in the last place and ties, by hand."""

import numpy as np

from tracer.replay.closeness import same_bits, tied_with_cut, ulps

INF = np.float32(np.inf)


def row(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float32)


def test_ulps_count_representable_values() -> None:
    one = np.float32(1.0)
    above = np.nextafter(one, np.float32(2))
    left, right = row(1.0, 1.0, -1.0, 0.0, np.nan, np.inf), row(1.0, above, 1.0, -0.0, np.nan, -np.inf)
    assert [0, 1, 2 * 0x3F800000, 0, 0, 2 * 0x7F800000] == ulps(left, right).tolist()


def test_zeros_of_either_sign_have_different_bits() -> None:
    assert not same_bits(row(0.0), row(-0.0))
    assert same_bits(row(-np.inf, np.nan), row(-np.inf, np.nan))
    assert not same_bits(row(1.0), row(1.0, 2.0))


def test_a_token_that_ties_with_the_last_one_kept_may_be_the_other_way_round() -> None:
    before = row(5.0, 3.0, 3.0, 1.0)
    recorded, replayed = row(5.0, 3.0, -INF, -INF), row(5.0, -INF, 3.0, -INF)
    assert [1, 2] == tied_with_cut(before, recorded, replayed, np.array([1, 2])).tolist()


def test_a_token_away_from_the_cut_does_not_tie() -> None:
    before = row(5.0, 4.0, 3.0, 2.0, 1.0)
    recorded, replayed = row(5.0, 4.0, 3.0, -INF, -INF), row(5.0, -INF, 3.0, -INF, 1.0)
    assert [] == tied_with_cut(before, recorded, replayed, np.array([1, 4])).tolist()


def test_a_token_with_another_value_does_not_tie() -> None:
    before = row(5.0, 3.0, 1.0)
    recorded, replayed = row(5.0, 3.0, -INF), row(5.0, 3.5, -INF)
    assert [] == tied_with_cut(before, recorded, replayed, np.array([1])).tolist()


def test_nothing_ties_where_nothing_was_cut() -> None:
    before = row(5.0, 3.0)
    assert [] == tied_with_cut(before, before, row(5.0, -INF), np.array([1])).tolist()
