"""The logit lens that a trace keeps for a step, read without a model; `tracer.live.layer_predictions` writes it."""

from dataclasses import fields
from typing import TYPE_CHECKING

from tracer.analysis.logit_lens import LayerNumbers, Lens, assemble
from tracer.store.derived import read_derived

if TYPE_CHECKING:
    from tracer.trace.step import Step

KIND = "lens"


def lens_name(step: "Step") -> str:
    """Returns the name under which a step's lens is kept."""
    return f"{KIND}-{step.call.index:03d}-{step.sequence.row}-{step.index:06d}"


def kept_lens(step: "Step", *, top: int = 5) -> Lens | None:
    """Returns the answer that the trace keeps for a step, or None; it needs neither torch nor a model.

    Raises:
        TraceFormatError: it is damaged.
    """
    derived = read_derived(step.call.trace.path, lens_name(step))
    names = {field.name for field in fields(LayerNumbers)}
    if derived is None or derived.document.get("kind") != KIND or derived.arrays.keys() != names:
        return None
    document = derived.document
    if document["token_id"] != step.token_id or document["top"] < top:
        return None
    numbers = LayerNumbers(**derived.arrays)
    return assemble(step, numbers, top=top, deviation=document["deviation"], made_with=document["made_with"])
