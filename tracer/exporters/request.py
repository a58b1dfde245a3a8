"""What an exporter is asked for, and what one is: the sequence, its steps, the language, and who is told how far it is.

Writes nothing; `tracer.exporters.registry` chooses the exporter and writes its files.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypedDict

from tracer.trace.sequence import Sequence
from tracer.trace.step import Step
from tracer.wording.composition import Language

Progress = Callable[[int, int], None]
"""Told how much of how much is done."""

Files = Mapping[str, bytes]
"""The bytes of each file by its suffix; the first is the one that was asked for, others lie beside it.

A name without a leading dot goes behind that of the file: "_files/step-10.png" into the folder `x_files` of `x.md`.
"""


def tell_nobody(done: int, total: int) -> None:
    """Ignores progress."""


class PictureOptions(TypedDict, total=False):
    """What a picture may be asked for, as keyword arguments; those left out or None have their usual value."""

    view: str | None
    step: int | None
    size: str | None
    theme: str | None
    layer: int | None
    head: int | None
    source: int | None
    measure: str | None


@dataclass(frozen=True, slots=True)
class PictureChoice:
    """What a picture was asked for, as given; None: the usual.

    `source` is a place in prompt and answer, `measure` what the heads are colored by.
    """

    view: str | None = None
    step: int | None = None
    size: str | None = None
    theme: str | None = None
    layer: int | None = None
    head: int | None = None
    source: int | None = None
    measure: str | None = None


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """One sequence to be exported; `steps` are the indices that were chosen, None: all of them.

    `name` is that of the file that was asked for, without its suffix.
    """

    sequence: Sequence
    lang: Language = "en"
    chosen: tuple[int, ...] | None = None
    progress: Progress = field(default=tell_nobody, compare=False)
    picture: PictureChoice = PictureChoice()
    name: str = "export"

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
