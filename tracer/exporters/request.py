"""What an exporter is asked for, and what one is: the sequence, its steps, the language, and who is told how far it is.

Writes nothing; `tracer.exporters.registry` chooses the exporter and writes its files.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from tracer.trace.sequence import Sequence
from tracer.trace.step import Step
from tracer.wording.composition import Language

Progress = Callable[[int, int], None]
"""Told how much of how much is done."""

Files = Mapping[str, bytes]
"""The bytes of each file by its suffix; the first is the one that was asked for, others lie beside it."""


def tell_nobody(done: int, total: int) -> None:
    """Ignores progress."""


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """One sequence to be exported; `steps` are the indices that were chosen, None: all of them."""

    sequence: Sequence
    lang: Language = "en"
    chosen: tuple[int, ...] | None = None
    progress: Progress = field(default=tell_nobody, compare=False)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The chosen steps, in order."""
        if self.chosen is None:
            return self.sequence.steps
        wanted = set(self.chosen)
        return tuple(step for step in self.sequence.steps if step.index in wanted)


class Exporter(Protocol):
    """Makes files out of a request; the same request gives the same bytes."""

    def __call__(self, request: ExportRequest) -> Files:
        """Returns the files by suffix."""
        ...
