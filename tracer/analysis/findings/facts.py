"""Facts of a call that several rules need: its stop ids, its prompt with padding, the stages of a setting.

Judges nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracer.analysis.settings import Setting, listed, setting_of

if TYPE_CHECKING:
    from tracer.schema import ProcessorInfo
    from tracer.trace.call import Call
    from tracer.trace.candidate import Candidate
    from tracer.trace.sequence import Sequence
    from tracer.trace.step import Step


@dataclass(frozen=True, slots=True)
class SettingStage:
    """The stage of the chain at which a setting acts."""

    stage: int
    setting: Setting
    processor: "ProcessorInfo"


def stages_of(call: "Call", names: frozenset[str]) -> tuple[SettingStage, ...]:
    """Returns the stages that carry out one of these settings, in order."""
    stages = (
        SettingStage(stage, setting_of(info.class_name, info.parameters), info)
        for stage, info in enumerate(call.processors, start=1)
    )
    return tuple(one for one in stages if one.setting.name in names)


def chosen_steps(call: "Call") -> Iterator["Step"]:
    """Yields the steps of all rows whose token was chosen; a branch forces those before it."""
    for sequence in call.sequences:
        yield from (step for step in sequence.steps if not step.is_forced)


def best_at(candidates: tuple["Candidate", ...], stage: int) -> list["Candidate"]:
    """Returns the candidates that are alive after a stage, best first; of equals the smaller id."""
    alive = [one for one in candidates if not one.removed[stage]]
    return sorted(alive, key=lambda one: (one.rank[stage], one.token_id))


def stop_ids(call: "Call") -> tuple[int, ...]:
    """Returns the ids that end a sequence, as the stopping criteria hold them, repeated ones included."""
    found = (listed(criterion.parameters.get("eos_token_id")) for criterion in call.criteria)
    return tuple(value for ids in found for value in ids if isinstance(value, int))


def config_ids(call: "Call", name: str) -> frozenset[int]:
    """Returns the ids under a name such as "bos_token_id": of the call's settings, else of the model."""
    given = call.info.generation_config.get(name)
    value = call.trace.model.config.get(name) if given is None else given.value
    return frozenset(one for one in listed(value) if isinstance(one, int))


def prompt_row(sequence: "Sequence") -> tuple[int, ...]:
    """Returns the prompt's ids with padding, as a logits processor sees them."""
    return tuple(_row_of(sequence, sequence.call.info.prompt_ids))


def mask_row(sequence: "Sequence") -> tuple[int, ...]:
    """Returns the mask of the prompt's columns, all ones where none was given."""
    mask, length = sequence.call.info.prompt_mask, len(prompt_row(sequence))
    return (1,) * length if mask is None else tuple(_row_of(sequence, mask)[-length:])


def _row_of(sequence: "Sequence", rows: list[list[int]]) -> list[int]:
    """Rows that generate repeated for `num_return_sequences` may be stored once."""
    info = sequence.call.info
    return rows[sequence.row if len(rows) == info.num_rows else sequence.row // info.num_return_sequences]
