"""Which trace and which step a lesson means. A step is a number, or the name of what happened there.

Names keep a lesson true where another version of torch moves the steps. Renders nothing.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from tracer.analysis.notable import Finding, notable_steps
from tracer.analysis.step_columns import StepColumns, step_columns
from tracer.samples import sample_paths
from tracer.trace.opening import open_trace
from tracer.trace.sequence import Sequence
from tracer.trace.step import Step
from tracer.trace.trace import Trace

SAMPLE = "sample:"

_Found = npt.NDArray[np.bool_] | None


def _first(columns: StepColumns) -> int | None:
    return 0


def _last(columns: StepColumns) -> int | None:
    return len(columns.step) - 1


def _second(columns: StepColumns) -> int | None:
    return 1 if len(columns.step) > 1 else None


def _least_sure(columns: StepColumns) -> int | None:
    return int(np.argmax(columns.model_entropy))


def _new_winner_drawn(columns: StepColumns) -> int | None:
    found = (columns.winner_id != columns.favorite_id) & (columns.token_id == columns.winner_id)
    return _best(found, columns.favorite_before)


def _one_left(columns: StepColumns) -> int | None:
    return _best(columns.num_left == 1, -columns.model_probability)


def _best(found: npt.NDArray[np.bool_], amount: npt.NDArray[np.float64]) -> int | None:
    """The place with the largest amount among those found."""
    return int(np.argmax(np.where(found, amount, -np.inf))) if found.any() else None


RULES: Mapping[str, Callable[[StepColumns], int | None]] = MappingProxyType(
    {
        "first": _first,
        "second": _second,
        "last": _last,
        "least-sure": _least_sure,
        "new-winner-drawn": _new_winner_drawn,
        "one-left": _one_left,
    }
)
"""Names of steps beside the findings: by place; where the settings made another winner, which the draw then took;
where the settings left one token, of a kind the model was least sure of."""

_FINDINGS = {
    str(one).replace("_", "-"): one for one in Finding if one not in (Finding.LEAST_SURE, Finding.LINT)
}


class Runs:
    """The traces of one lesson, each opened once; paths count from the folder of the lesson."""

    def __init__(self, folder: Path, default: str) -> None:
        self._folder = folder
        self._default = default
        self._traces: dict[str, Trace] = {}

    def sequence(self, name: object = None, *, call: int | None = None, row: int | None = None) -> Sequence:
        """Returns the text that a block means.

        Raises:
            ValueError: there is no such sample, call or row.
            TracerError: the trace cannot be opened, or holds several sequences and none was named.
        """
        asked = self._default if name is None else str(name)
        if asked not in self._traces:
            self._traces[asked] = open_trace(self._path(asked))
        return self._traces[asked].sequence(call=call, row=row)

    def step(self, sequence: Sequence, name: object) -> Step:
        """Returns the step of a number or a name.

        Raises:
            ValueError: the text has no such step.
        """
        if isinstance(name, bool) or not isinstance(name, int | str):
            raise ValueError(f"step: {name!r} names no step. Type step: 0, or {_offer()}.")
        text = str(name)
        index = int(text) if text.isdecimal() else _named(sequence, text)
        return sequence.call.trace.step(index, call=sequence.call.index, row=sequence.row)

    def _path(self, name: str) -> Path:
        if not name.startswith(SAMPLE):
            return self._folder / name
        samples = {path.stem: path for path in sample_paths()}
        if name.removeprefix(SAMPLE) not in samples:
            raise ValueError(
                f"trace: {name!r} is no sample; there are {', '.join(SAMPLE + one for one in samples)}. "
                f"Type trace: {SAMPLE}rain."
            )
        return samples[name.removeprefix(SAMPLE)]


def _named(sequence: Sequence, name: str) -> int:
    if name in RULES:
        columns = step_columns(sequence)
        place = RULES[name](columns) if len(columns.step) else None
        found = None if place is None else int(columns.step[place])
    elif name in _FINDINGS:
        among = (
            one.step
            for one in notable_steps(sequence)
            if any(reason.finding is _FINDINGS[name] for reason in one.reasons)
        )
        found = next(among, None)
    else:
        raise ValueError(f"step: {name!r} names no step. Type step: 0, or {_offer()}.")
    if found is None:
        raise ValueError(
            f"step: {name!r} is nowhere in this trace, which has {len(sequence.steps)} steps. "
            f"Type a number, such as step: 0, or another of {_offer()}."
        )
    return found


def _offer() -> str:
    return ", ".join((*RULES, *_FINDINGS))
