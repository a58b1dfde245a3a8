"""Who removed what at a step: each logits processor that cut tokens off, how many, and how probable.

Reads the steps table only, so every preset can answer it. Holds no words.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracer.analysis.settings import Setting, setting_of

if TYPE_CHECKING:
    from tracer.trace.step import Step


@dataclass(frozen=True, slots=True)
class Removal:
    """Tokens that one stage set to -inf; `removed_mass` is their probability just before."""

    stage: int
    setting: Setting
    num_removed: int
    num_left: int
    removed_mass: float


def removals_of(step: "Step") -> tuple[Removal, ...]:
    """Returns the stages that removed tokens at this step, in order."""
    survivors, masses = step.survivors, step.removed_mass
    found = []
    for stage, processor in enumerate(step.call.processors, start=1):
        if stage < len(survivors) and survivors[stage] < survivors[stage - 1]:
            mass = masses[stage]
            found.append(
                Removal(
                    stage=stage,
                    setting=setting_of(processor.class_name, processor.parameters),
                    num_removed=survivors[stage - 1] - survivors[stage],
                    num_left=survivors[stage],
                    removed_mass=0.0 if mass is None or math.isnan(mass) else mass,
                )
            )
    return tuple(found)
