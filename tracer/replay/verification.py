"""`verify`: checks a trace against itself, claim by claim: holds, fails, or cannot be checked because ….

Only calls the checks and gathers their answers. What needs torch says so where torch is not installed; no
check needs a model.
"""

from collections.abc import Callable, Iterator

from tracer.errors import MissingExtraError, SignalMissingError, TraceFormatError
from tracer.replay.absence import check_prompt
from tracer.replay.chain import check_processors
from tracer.replay.checks import check_accounting, check_probabilities, check_stopping
from tracer.replay.integrity import check_digests, check_shapes
from tracer.replay.place import TORCH_MISSING, Place, find_place
from tracer.replay.race import check_choice
from tracer.replay.verdicts import Check, Verdict, Verification, cannot_check
from tracer.trace.call import Call
from tracer.trace.trace import Trace

NAMES = (
    "digests",
    "shapes",
    "processors",
    "choice",
    "noise",
    "probabilities",
    "accounting",
    "stopping",
)
"""The checks, in the order in which they are made."""


def verify(trace: Trace) -> Verification:
    """Returns the checks of every call of a trace.

    The result fails only where something fails; what cannot be checked is listed with its reason.
    """
    if not trace.calls:
        return Verification((cannot_check("calls", "no generate call was recorded"),))
    place = _place(trace)
    checks = [check for call in trace.calls for check in _verify_call(call, place)]
    return Verification((*checks, *check_prompt(trace)))


def _place(trace: Trace) -> Place | None:
    try:
        return find_place(trace.manifest.environment)
    except MissingExtraError:
        return None


def _verify_call(call: Call, place: Place | None) -> Iterator[Check]:
    def processors(call: Call) -> Iterator[Check]:
        if place is None:
            return iter([cannot_check("processors", TORCH_MISSING, call=call.index)])
        return check_processors(call, place)

    def choice(call: Call) -> Iterator[Check]:
        return check_choice(call, place)

    checks: dict[str, Callable[[Call], Iterator[Check]]] = {
        "digests": check_digests,
        "shapes": check_shapes,
        "processors": processors,
        "choice": choice,
        "probabilities": check_probabilities,
        "accounting": check_accounting,
        "stopping": check_stopping,
        "end": _check_end,
    }
    for name, check in checks.items():
        yield from _guarded(name, check, call)


def _check_end(call: Call) -> Iterator[Check]:
    """Says of a call without an end what the other checks cannot: that later steps may be missing."""
    if call.status != "complete":
        num_steps = max((len(sequence.steps) for sequence in call.sequences), default=0)
        reason = f"the call is {call.status}, and what came behind its {num_steps} steps is not there"
        yield cannot_check("end", reason, call=call.index)


def _guarded(name: str, check: Callable[[Call], Iterator[Check]], call: Call) -> Iterator[Check]:
    """Yields a check's answers; a damaged file makes it fail, and a missing column leaves it unanswered."""
    try:
        yield from list(check(call))
    except SignalMissingError as error:
        yield cannot_check(name, str(error).rstrip("."), call=call.index)
    except (TraceFormatError, IndexError, KeyError, ValueError) as error:
        yield Check(name, Verdict.FAILS, f"what is stored does not fit together: {error}", call.index)
