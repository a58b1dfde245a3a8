import pytest

from tests.analysis.chain import make_step, rain_step
from tracer.analysis.removal import removals_of


def test_each_filter_is_named_with_what_it_removed_and_left() -> None:
    top_k, top_p = removals_of(rain_step())

    assert (3, "top_k", 4, 4) == (top_k.stage, top_k.setting.name, top_k.num_removed, top_k.num_left)
    assert (4, "top_p", 2, 2) == (top_p.stage, top_p.setting.name, top_p.num_removed, top_p.num_left)
    assert pytest.approx(0.04) == top_k.removed_mass
    assert pytest.approx((0.06 + 0.15) / 0.96) == top_p.removed_mass


def test_without_processors_nothing_is_removed() -> None:
    assert () == removals_of(make_step([1.0, 2.0], chosen=1))
