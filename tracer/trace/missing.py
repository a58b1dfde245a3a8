"""The error for a signal that a trace does not hold: which, why, and what to type to have it next time.

Looks only at what the documents say; whether the arrays are there is asked elsewhere.
"""

from typing import TYPE_CHECKING

from tracer.errors import SignalMissingError

if TYPE_CHECKING:
    from tracer.trace.call import Call

_REMEDIES = {
    "logits": "logits='last'",
    "scores": "scores='last'",
    "hidden_states": "hidden_states='last'",
    "additions": "additions='last'",
    "accounting": "accounting='last'",
    "queries": "queries='auto'",
    "keys_values": "keys_values='all'",
}


def missing_signal(
    call: "Call", signal: str, what: str, *, step: int | None = None, layer: int | None = None
) -> SignalMissingError:
    """Returns the error for `what` ("attention of layer 3"), which needs the recorded `signal`."""
    subject = f"Call {call.index}" if step is None else f"Step {step}"
    reason, cure = _reason_and_cure(call, signal, step, layer)
    return SignalMissingError(f"{subject} of {str(call.trace.path)!r} has no {what}: {reason}. {cure}.")


def _reason_and_cure(call: "Call", signal: str, step: int | None, layer: int | None) -> tuple[str, str]:
    config, packed = call.trace.manifest.config, call.trace.manifest.packed
    if packed is not None and signal in packed.left_out:
        return _left_out(signal, "--redact" if packed.is_redacted else "--light")
    layers, steps = config.get("layers"), config.get("steps")
    if config.get(signal) == "none" and signal in _REMEDIES:
        return f"it was recorded with {signal}='none'", _record_again(_REMEDIES[signal])
    if layer is not None and layers is not None and layer not in layers:
        return f"it was recorded with layers={layers}", _record_again("layers=None")
    if step is not None and steps is not None and step not in steps:
        return f"it was recorded with steps={steps}", _record_again("steps=None")
    for missing in (*call.info.missing, *call.trace.manifest.missing):
        if missing.signal in _names(signal) and (
            missing.layers is None or layer is None or layer in missing.layers
        ):
            listing = f"`trace.calls[{call.index}].info.missing` lists all that is missing"
            return missing.reason.rstrip("."), listing
    cure = _record_again(_REMEDIES[signal]) if signal in _REMEDIES else "`step.inputs` lists what was given"
    return "it was not recorded", cure


def _left_out(signal: str, how: str) -> tuple[str, str]:
    again = f"without {how}: tracer pack TRACE --to NEW.zip"
    if how == "--light" and signal in ("logits", "scores"):
        again = "with its logits: tracer pack TRACE --to NEW.zip --light --logits"
    reason = f"it was left out when the trace was packed with {how}"
    return reason, f"Open the trace that was packed, or pack that one again {again}"


def _names(signal: str) -> tuple[str, ...]:
    return (signal, "attention") if signal in ("queries", "keys_values") else (signal,)


def _record_again(setting: str) -> str:
    return f"Record again with `record(..., {setting})`"
