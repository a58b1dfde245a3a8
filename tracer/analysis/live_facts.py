"""What only the model at hand can tell a walk-through: its mode, its parameters, and names that have changed.

A value; `tracer.live.walkthroughs` fills it.
"""

from dataclasses import dataclass

CHANGES = ("dtype", "warpers", "legacy_cache", "prefill")
"""Names in older readings that may have changed, each a key of the catalogue behind `then.` and `now.`."""


@dataclass(frozen=True, slots=True)
class LiveFacts:
    """`changed` are those of `CHANGES` that the installed package bears out; the numbers count parameter tensors."""

    is_training: bool
    num_trainable: int
    num_tensors: int
    changed: tuple[str, ...]
