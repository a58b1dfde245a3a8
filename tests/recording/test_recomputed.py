"""Without a cache, earlier positions are computed anew: their bits are compared with those first seen."""

import torch

from tracer.recording.listening.recomputed import RecomputedKeys


def test_the_first_forward_has_nothing_to_compare_with() -> None:
    assert RecomputedKeys().compare([torch.zeros(1, 2, 3, 4)]) is None


def test_a_model_whose_attention_was_not_heard_has_nothing_to_compare() -> None:
    keys = RecomputedKeys()
    assert keys.compare([]) is None
    assert keys.compare([]) is None


def test_changed_bits_of_an_earlier_position_are_found_and_new_positions_are_not() -> None:
    keys = RecomputedKeys()
    first = torch.zeros(1, 2, 3, 4)
    keys.compare([first, first])
    longer = torch.cat([first, torch.ones(1, 2, 1, 4)], dim=2)
    changed = longer.clone()
    changed[0, 1, 2, 3] = 1e-6
    flags = keys.compare([longer, changed])
    assert flags is not None
    assert [False, True] == flags.tolist()


def test_what_is_compared_with_is_what_was_seen_first() -> None:
    keys = RecomputedKeys()
    first, other = torch.zeros(1, 1, 1, 2), torch.ones(1, 1, 1, 2)
    keys.compare([first])
    keys.compare([torch.cat([other, other], dim=2)])
    flags = keys.compare([torch.cat([first, other, other], dim=2)])
    assert flags is not None
    assert [False] == flags.tolist()
