"""What the commands print with `--json`: traces, sequences and steps as JSON-ready values.

Numbers as they are in the trace; a number that JSON cannot hold (an infinity, not a number) is null.
"""

import math
from typing import TYPE_CHECKING, Any

from tracer.analysis.removal import removals_of

if TYPE_CHECKING:
    from tracer.trace.call import Call
    from tracer.trace.sequence import Sequence
    from tracer.trace.step import Step
    from tracer.trace.trace import Trace


def describe_trace(trace: "Trace") -> dict[str, Any]:
    """Returns the manifest, the status and size, and every call with its sequences."""
    return {
        "path": str(trace.path),
        "status": trace.status,
        "nbytes": trace.nbytes,
        "manifest": trace.manifest.model_dump(mode="json"),
        "calls": [_describe_call(call) for call in trace.calls],
    }


def _describe_call(call: "Call") -> dict[str, Any]:
    described: dict[str, Any] = call.info.model_dump(mode="json")
    described |= {"status": call.status, "sequences": [describe_sequence(one) for one in call.sequences]}
    return described


def describe_sequence(sequence: "Sequence") -> dict[str, Any]:
    """Returns a row's prompt and answer, as text and ids."""
    return {
        "row": sequence.row,
        "prompt_text": sequence.prompt_text,
        "prompt_ids": list(sequence.prompt_ids),
        "text": sequence.text,
        "token_ids": list(sequence.token_ids),
        "num_steps": len(sequence.steps),
    }


_STEP_FIELDS = (
    "token_id",
    "token",
    "phase",
    "kv_len",
    "probability",
    "rank",
    "entropy",
    "model_probability",
    "model_rank",
    "model_entropy",
    "surprisal",
    "favorite_id",
    "winner_id",
    "is_finished",
    "verdicts",
)


def describe_step(step: "Step") -> dict[str, Any]:
    """Returns a row of the steps table with what each processor removed."""
    described = {"step": step.index} | {name: _json_ready(getattr(step, name)) for name in _STEP_FIELDS}
    described["removed"] = [
        {
            "stage": removal.stage,
            "processor": removal.setting.class_name,
            "num_removed": removal.num_removed,
            "num_left": removal.num_left,
            "removed_mass": removal.removed_mass,
        }
        for removal in removals_of(step)
    ]
    return described


def _json_ready(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
