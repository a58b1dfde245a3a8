"""Answers of `sources` kept in a trace, so that they can be shown without the model that they needed.

Keeps and reads; computes nothing of them. One answer per step, row and rival.
"""

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from tracer.analysis.source_shares import SourceShares, StepAfter
from tracer.errors import TraceFormatError
from tracer.store.derived import derived_names, read_derived, write_derived

if TYPE_CHECKING:
    from pathlib import Path

    from tracer.trace.step import Step

_KIND = "sources"
_ARRAYS = ("attention", "value_bias", "output_bias", "mlp")
_TUPLES = ("positions", "source_ids", "source_tokens", "undivided")


def keep_sources(path: "Path", shares: SourceShares) -> None:
    """Keeps the shares in the trace at `path`, in place of those for the same step and rival."""
    document = {
        field.name: getattr(shares, field.name)
        for field in dataclasses.fields(shares)
        if field.name not in _ARRAYS
    }
    document |= {name: list(document[name]) for name in _TUPLES}
    document["steps_after"] = [dataclasses.asdict(one) for one in shares.steps_after]
    arrays = {name: np.asarray(getattr(shares, name), np.float64) for name in _ARRAYS}
    name = f"{_prefix(shares.call, shares.row, shares.step)}{shares.rival_id}"
    write_derived(path, name, document | {"kind": _KIND}, arrays)


def kept_sources(step: "Step") -> tuple[SourceShares, ...]:
    """Returns the shares that the trace keeps for a step, one per rival; needs no model.

    Raises:
        TraceFormatError: a kept answer is damaged.
    """
    path = step.call.trace.path
    prefix = _prefix(step.call.index, step.sequence.row, step.index)
    found = [_read(path, name) for name in derived_names(path) if name.startswith(prefix)]
    return tuple(shares for shares in found if shares.token_id == step.token_id)


def _prefix(call: int, row: int, step: int) -> str:
    return f"{_KIND}-{call:03d}-{row}-{step:06d}-"


def _read(path: "Path", name: str) -> SourceShares:
    kept = read_derived(path, name)
    try:
        if kept is None:
            raise ValueError("it is gone")
        fields: dict[str, Any] = {key: value for key, value in kept.document.items() if key != "kind"}
        fields |= {key: tuple(fields[key]) for key in _TUPLES}
        fields["steps_after"] = tuple(StepAfter(**one) for one in fields["steps_after"])
        return SourceShares(**fields | {key: kept.arrays[key] for key in _ARRAYS})
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, TraceFormatError):
            raise
        raise TraceFormatError(
            f"The kept answer {name!r} of {str(path)!r} cannot be read: {type(error).__name__}: {error}. "
            f"It can be computed again. Delete derived/{name}.json, and ask again."
        ) from error
