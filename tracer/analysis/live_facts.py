"""What only the model at hand can tell a walk-through: its mode, its parameters, what changed in its library.

Values; `tracer.live.walkthroughs` fills them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tracer.analysis.executed_lines import ExecutedFrame

CHANGES = ("dtype", "low_memory", "bits", "warpers", "legacy_cache", "prefill", "cache_position")
"""Names in older readings that may have changed, each a key of the catalogue behind `then.` and `now.`."""


@dataclass(frozen=True, slots=True)
class Change:
    """One of `CHANGES` with the line of the installed package that bears it out."""

    key: str
    file: str
    number: int
    line: str


@dataclass(frozen=True, slots=True)
class LiveFacts:
    """`changed` are those of `CHANGES` that the installed package bears out; the numbers count parameter tensors.

    `device_map` says where the modules lie. `surroundings` are lines that ran around the call, by station: the
    model built from its configuration, the tokenizer before and after.
    """

    is_training: bool
    num_trainable: int
    num_tensors: int
    changed: tuple[Change, ...]
    device_map: str = ""
    surroundings: Mapping[str, tuple[ExecutedFrame, ...]] = field(default_factory=dict)
