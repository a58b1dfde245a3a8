"""A trace as it is read: what was recorded, with which model, and the way to its calls and steps.

Opens lazily and needs neither a model nor torch. Derives nothing; figures and words are made elsewhere.
"""

from functools import cached_property
from pathlib import Path
from typing import TypeVar

from tracer.errors import AmbiguousStepError, SignalMissingError
from tracer.schema import Manifest, ModelInfo, ModelStructure, Status
from tracer.self_rendering import RendersItself
from tracer.store.reader import TraceReader
from tracer.trace.call import Call
from tracer.trace.sequence import Sequence
from tracer.trace.step import Step
from tracer.trace.text.tokens import Vocabulary

_MAX_LISTED = 12
_Item = TypeVar("_Item", Call, Sequence, Step)


class Trace(RendersItself):
    """One trace: `trace.calls[i].sequences[j].steps[k]`, or `trace.steps[k]` of its only sequence."""

    def __init__(self, files: TraceReader) -> None:
        self.files = files
        self.calls: tuple[Call, ...] = tuple(Call(self, one) for one in files.calls)

    def __repr__(self) -> str:
        return (
            f"<Trace {str(self.path)!r}: {self.model.name}, {_count(len(self.calls), 'call')}, "
            f"{self.status}, {self.nbytes:,} bytes>"
        )

    @property
    def path(self) -> Path:
        """The trace's folder, as it was named on opening."""
        return self.files.path

    @property
    def manifest(self) -> Manifest:
        """The document `trace.json`."""
        return self.files.manifest

    @property
    def status(self) -> Status:
        """complete, interrupted, faulted, or recording while a writer still holds the trace."""
        return self.files.status

    @property
    def model(self) -> ModelInfo:
        """The recorded model."""
        return self.manifest.model

    @cached_property
    def structure(self) -> ModelStructure:
        """The tree of the model's modules.

        Raises:
            SignalMissingError: the trace has none.
        """
        found = self.files.model_structure()
        if found is None:
            reasons = [one.reason for one in self.manifest.missing if one.signal == "structure"]
            why = reasons[0].rstrip(".") if reasons else "it was recorded by a version that did not keep one"
            raise SignalMissingError(
                f"{str(self.path)!r} has no tree of the model's modules: {why}. "
                "Record again with `record(...)`; `trace.model` has the sizes and the configuration."
            )
        return found

    @property
    def nbytes(self) -> int:
        """Bytes of all files."""
        return self.files.nbytes

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The tokens' texts; without a recorded vocabulary, tokens show as ids."""
        return Vocabulary.from_table(self.files.vocabulary_table())

    @property
    def chat_template(self) -> str | None:
        """The tokenizer's chat template, or None where it had none."""
        return self.files.chat_template()

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps of the only sequence of the only call.

        Raises:
            AmbiguousStepError: there are several.
        """
        return self.sequence().steps

    def call(self, index: int | None = None) -> Call:
        """Returns the call of an index, or the only one.

        Raises:
            AmbiguousStepError: there are several, and none was named.
            SignalMissingError: there is none.
            ValueError: no call has this index.
        """
        if not self.calls:
            raise SignalMissingError(
                f"{str(self.path)!r} holds no call: it is {self.status}, and no generate call was recorded. "
                "Call model.generate(...) inside the `with tracer.record(...)` block."
            )
        if index is not None:
            return _choose("call", index, {one.index: one for one in self.calls})
        if len(self.calls) > 1:
            raise self._ambiguous()
        return self.calls[0]

    def sequence(self, *, call: int | None = None, row: int | None = None) -> Sequence:
        """Returns a row of a call, or the only one.

        Raises:
            AmbiguousStepError: there are several, and none was named.
            ValueError: there is no such call or row.
        """
        sequences = self.call(call).sequences
        if row is not None:
            return _choose("row", row, dict(enumerate(sequences)))
        if len(sequences) != 1:
            raise self._ambiguous()
        return sequences[0]

    def step(self, index: int, *, call: int | None = None, row: int | None = None) -> Step:
        """Returns the step of an index; `call` and `row` where the trace has several.

        Raises:
            AmbiguousStepError: there are several sequences, and none was named.
            ValueError: there is no such call, row or step.
        """
        return _choose("step", index, {one.index: one for one in self.sequence(call=call, row=row).steps})

    def _ambiguous(self) -> AmbiguousStepError:
        listed = [f"call {one.index}: {_rows(one)}" for one in self.calls]
        if len(listed) > _MAX_LISTED:
            listed = [*listed[:_MAX_LISTED], f"and {len(listed) - _MAX_LISTED} more"]
        call, row = self.calls[-1].index, max(len(self.calls[-1].sequences) - 1, 0)
        return AmbiguousStepError(
            f"{str(self.path)!r} holds several sequences ({'; '.join(listed)}), and none was named. "
            f"Type trace.calls[{len(self.calls) - 1}].sequences[{row}].steps[0], or "
            f"trace.step(0, call={call}, row={row}); on the command line --call {call} --row {row}."
        )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _rows(call: Call) -> str:
    steps = [len(sequence.steps) for sequence in call.sequences]
    rows = "row 0" if len(steps) == 1 else f"rows 0 to {len(steps) - 1}"
    return f"{rows}, {_count(sum(steps), 'step')}"


def _choose(noun: str, index: int, choices: dict[int, _Item]) -> _Item:
    if index in choices:
        return choices[index]
    known = list(choices)
    several = f"{known[0]} to {known[-1]}" if len(known) > 1 else "only " + str(known[0])
    there = f"there is {several}" if known else "there is none"
    raise ValueError(
        f"{noun}={index!r} is no {noun} of this trace: {there}. Type {noun}={known[0] if known else 0}."
    )
