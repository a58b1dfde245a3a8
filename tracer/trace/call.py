"""One recorded `generate` call: prompt, settings, processors and criteria, forwards and sequences.

Tables are read on first use and kept as columns.
"""

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING

from tracer.schema import CallInfo, CriterionInfo, ProcessorInfo, Status
from tracer.self_rendering import RendersItself
from tracer.store.reader import CallReader
from tracer.trace.cache_columns import CacheColumns, read_cache_columns
from tracer.trace.forward import Forward, read_forwards
from tracer.trace.forward_table import ForwardTable
from tracer.trace.sequence import Sequence
from tracer.trace.step_table import StepTable

if TYPE_CHECKING:
    from tracer.trace.trace import Trace


class Call(RendersItself):
    """One call; `files` gives its raw tables and arrays."""

    def __init__(self, trace: "Trace", files: CallReader) -> None:
        self.trace = trace
        self.files = files

    def __repr__(self) -> str:
        rows = len(self.sequences)
        return f"<Call {self.index}: {self.info.mode}, {rows} row{'s' * (rows != 1)}, {self.status}>"

    @property
    def index(self) -> int:
        """The call's number in the trace."""
        return self.files.index

    @property
    def info(self) -> CallInfo:
        """The document `call.json`."""
        return self.files.info

    @property
    def status(self) -> Status:
        """As the trace's; a call that was never ended is interrupted once the trace is not recording."""
        is_abandoned = self.info.status == "recording" and self.trace.status != "recording"
        return "interrupted" if is_abandoned else self.info.status

    @property
    def processors(self) -> tuple[ProcessorInfo, ...]:
        """The logits processors, in order; the first one's output is stage 1."""
        return tuple(self.info.processors)

    @property
    def criteria(self) -> tuple[CriterionInfo, ...]:
        """The stopping criteria, in the order in which they were asked."""
        return tuple(self.info.criteria)

    @property
    def stage_names(self) -> tuple[str, ...]:
        """ "logits", then the class name of the processor of every stage."""
        return ("logits", *(processor.class_name for processor in self.info.processors))

    @cached_property
    def criterion_names(self) -> tuple[str, ...]:
        """The class names of the criteria, a repeated one suffixed " 2"."""
        seen: Counter[str] = Counter()
        names = []
        for criterion in self.info.criteria:
            seen[criterion.class_name] += 1
            count = seen[criterion.class_name]
            names.append(criterion.class_name if count == 1 else f"{criterion.class_name} {count}")
        return tuple(names)

    @cached_property
    def sequences(self) -> tuple[Sequence, ...]:
        """The rows of the batch."""
        return tuple(Sequence(self, row) for row in range(self.info.num_rows))

    @cached_property
    def forwards(self) -> tuple[Forward, ...]:
        """The model's forwards, auxiliary ones included, in order."""
        return read_forwards(self.forward_table)

    @cached_property
    def forward_table(self) -> ForwardTable:
        """The forwards as columns."""
        return ForwardTable(self.files)

    @cached_property
    def cache_columns(self) -> CacheColumns:
        """The cache around the last forward of every step, as arrays."""
        return read_cache_columns(self.forward_table)

    @cached_property
    def forwards_by_step(self) -> dict[int, tuple[Forward, ...]]:
        """Step → its forwards that are not auxiliary."""
        steps: dict[int, list[Forward]] = {}
        for forward in self.forwards:
            if not forward.is_auxiliary:
                steps.setdefault(forward.step, []).append(forward)
        return {step: tuple(forwards) for step, forwards in steps.items()}

    @cached_property
    def step_table(self) -> StepTable:
        """The steps of all rows, as columns."""
        return StepTable(self.files.shards)
