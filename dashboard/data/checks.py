"""What `verify` found for the traces that were checked while this dashboard runs. Checks nothing by itself."""

from collections import OrderedDict

from tracer.replay.verdicts import Verification
from tracer.replay.verification import verify
from tracer.trace.trace import Trace

_KEPT = 50
_found: "OrderedDict[tuple[str, str], Verification]" = OrderedDict()


def checked(trace: Trace) -> Verification:
    """Returns what checking the trace against itself gives, and keeps it.

    Raises:
        TracerError: the trace cannot be read, or an optional package is missing.
    """
    found = verify(trace)
    _found[_identity(trace)] = found
    while len(_found) > _KEPT:
        _found.popitem(last=False)
    return found


def failed_checks(trace: Trace) -> int:
    """Returns how many checks of the trace failed; 0 where it was not checked."""
    found = _found.get(_identity(trace))
    return 0 if found is None else sum(check.verdict == "fails" for check in found.checks)


def _identity(trace: Trace) -> tuple[str, str]:
    return str(trace.path.resolve()), trace.manifest.created_at
