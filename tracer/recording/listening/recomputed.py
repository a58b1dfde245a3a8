"""With `use_cache=False`: whether a forward gave the keys and values of an earlier position other bits.

Keeps, per layer, the states as they were when each position was new; compares on the device and never waits.
"""

from collections.abc import Sequence

import torch


class RecomputedKeys:
    """The first-seen keys and values of one call: per layer and kind (rows, kv_heads, positions, head_dim)."""

    def __init__(self) -> None:
        self._first_seen: list[torch.Tensor] = []

    def compare(self, states: Sequence[torch.Tensor]) -> torch.Tensor | None:
        """Returns (states,) bool: which have other bits at an earlier position; None at the first forward."""
        if not states or len(self._first_seen) != len(states):
            self._first_seen = list(states)
            return None
        flags = []
        for index, (seen, state) in enumerate(zip(self._first_seen, states, strict=True)):
            known = seen.shape[2]
            flags.append((state[:, :, :known] != seen).any())
            self._first_seen[index] = torch.cat([seen, state[:, :, known:]], dim=2)
        return torch.stack(flags)
