"""Why something is not there to be checked: it was not recorded, or was left out when the trace was packed."""

from collections.abc import Iterator

from tracer.replay.verdicts import Check, cannot_check
from tracer.trace.trace import Trace


def absence(trace: Trace, otherwise: str, *signals: str) -> str:
    """Returns the clause that says why none of the signals is there; `otherwise` where they were not recorded."""
    packed = trace.manifest.packed
    found = next((one for one in signals if packed is not None and one in packed.left_out), None)
    if packed is None or found is None:
        return otherwise
    how = "--redact" if packed.is_redacted else "--light"
    return f"what it needs ({found}) was left out when the trace was packed with {how}"


def check_prompt(trace: Trace) -> Iterator[Check]:
    """Yields, of a redacted trace, that nothing can be said of its prompt any more."""
    packed = trace.manifest.packed
    if packed is not None and packed.is_redacted:
        reason = "the trace was packed with --redact: placeholders stand for its tokens, and for candidates it tells"
        yield cannot_check("prompt", reason)
