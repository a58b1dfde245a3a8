"""What a light pack leaves out: every array but the draw's noise and the inputs; tables stay whole.

With the logits kept, what-if in numpy still works. The trace says which signals were left out and what to type.
"""

import re
from pathlib import Path

import pyarrow as pa

from tracer.exporters.packing.rewriting import CallChanges, rewrite, unchanged
from tracer.schema import Manifest, Missing, Packed
from tracer.store.stages import Form
from tracer.trace.call import Call
from tracer.trace.trace import Trace

_SIGNALS = (
    (re.compile(r"step-\d+/logits"), "logits"),
    (re.compile(r"step-\d+/row-\d+/stage-\d+/(ids|values)"), "scores"),
    (re.compile(r"step-\d+/accounting/\w+"), "accounting"),
    (re.compile(r"step-\d+/random_state"), "random_state"),
    (re.compile(r"forward-\d+/hidden_states/.+"), "hidden_states"),
    (re.compile(r"forward-\d+/additions/.+"), "additions"),
    (re.compile(r"forward-\d+/(queries/.+|sinks/.+)"), "queries"),
    (re.compile(r"forward-\d+/(prefix_)?(keys|values)/.+"), "keys_values"),
)
SCORES = frozenset({"logits", "scores"})
_STAYING = frozenset({"random_state"})


def signal_of(entry: str) -> str | None:
    """Returns the signal that an array entry belongs to; None: noise, inputs, masks."""
    return next((signal for pattern, signal in _SIGNALS if pattern.fullmatch(entry)), None)


def signals_in(trace: Trace, but: frozenset[str]) -> list[str]:
    """Returns the signals whose arrays a trace holds, without those of `but`, in the order of their names."""
    found = {signal_of(name) for call in trace.calls for name in call.files.arrays}
    return sorted(signal for signal in found if signal is not None and signal not in but)


def write_light(trace: Trace, folder: Path, *, keeps_logits: bool) -> None:
    """Writes the light trace into a new folder.

    Raises:
        TraceFormatError: a file of the trace is damaged.
    """
    stays = _STAYING | (SCORES if keeps_logits else frozenset())
    left_out = signals_in(trace, stays)
    packed = Packed(is_light=True, left_out=left_out)
    manifest = told(trace.manifest, packed, "left out by tracer pack --light; open the trace that was packed")
    rewrite(trace, folder, manifest, [_changes(call, frozenset(left_out)) for call in trace.calls])


def told(manifest: Manifest, packed: Packed, reason: str) -> Manifest:
    """Returns the manifest with what was taken out, in its own field and among what is missing."""
    before = manifest.packed
    if before is not None:
        packed = Packed(
            is_light=packed.is_light or before.is_light,
            is_redacted=packed.is_redacted or before.is_redacted,
            left_out=sorted({*packed.left_out, *before.left_out}),
            placeholder_id=packed.placeholder_id if before.placeholder_id is None else before.placeholder_id,
        )
    missing = [*manifest.missing, *(Missing(signal=one, reason=reason) for one in packed.left_out)]
    known = {(one.signal, one.reason): one for one in missing}
    return manifest.model_copy(update={"packed": packed, "missing": list(known.values())})


def _changes(call: Call, left_out: frozenset[str]) -> CallChanges:
    return CallChanges(
        info=call.info,
        keeps=lambda name: signal_of(name) not in left_out,
        steps=without_forms if left_out & SCORES else unchanged,
    )


def without_forms(steps: pa.Table) -> pa.Table:
    """Returns the steps table saying that no stage's scores are stored."""
    forms = [[str(Form.NONE)] * len(one) for one in steps["form_by_stage"].to_pylist()]
    scales = [[None] * len(one) for one in forms]
    for name, values in (("form_by_stage", forms), ("scale_by_stage", scales)):
        place = steps.schema.get_field_index(name)
        steps = steps.set_column(place, steps.schema.field(name), [values_of(steps, name, values)])
    return steps


def values_of(
    table: pa.Table, name: str, values: list[object] | list[list[str]] | list[list[None]]
) -> pa.Array:
    """Returns values as a column of a table's type."""
    return pa.array(values, type=table.schema.field(name).type)
