import pytest

from tracer.wording.numbers import count, decimal, ordinal, percent, value


@pytest.mark.parametrize(
    ("probability", "en", "zh"),
    [
        (0.526, "52.6 %", "52.6%"),
        (1.0, "100 %", "100%"),
        (0.99951, "over 99.9 %", "超过 99.9%"),
        (0.9994, "99.9 %", "99.9%"),
        (0.001, "0.1 %", "0.1%"),
        (0.00025, "1 in 4,000", "4,000 分之 1"),
        (1 / 3704, "1 in 3,700", "3,700 分之 1"),
        (1e-12, "less than 1 in 1,000,000,000", "不到 1,000,000,000 分之 1"),
        (0.0, "0 %", "0%"),
    ],
)
def test_a_probability_is_a_percentage_or_one_in_so_many(probability, en, zh):
    assert en == percent(probability, "en")
    assert zh == percent(probability, "zh")


def test_counts_and_scores_are_grouped_and_signed():
    assert "49,152" == count(49152)
    assert "−1.50" == decimal(-1.5)
    assert "0.00" == decimal(-0.0001)


def test_a_settings_value_has_no_float32_noise():
    assert "0.8" == value(0.800000011920929)
    assert "50" == value(50)


@pytest.mark.parametrize(
    ("rank", "en"),
    [(0, "1st"), (1, "2nd"), (2, "3rd"), (3, "4th"), (10, "11th"), (20, "21st"), (112, "113th")],
)
def test_ranks_are_ordinals_on_screen(rank, en):
    assert en == ordinal(rank, "en")
    assert f"第 {rank + 1} 名" == ordinal(rank, "zh")
