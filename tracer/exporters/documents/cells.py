"""The cells of a notebook: markdown of the catalogue, and code with the output that running it gives.

Code is run here, by itself and with nothing of the trace inside its lines, so that each output in place is the one
that the notebook will show. A part whose signal the trace lacks is left out. Writes no file.
"""

import ast
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from tracer.errors import TracerError
from tracer.exporters.request import ExportRequest
from tracer.trace.sequence import Sequence


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell; a code cell has what it printed and the kinds of text of its last expression."""

    source: str
    is_code: bool = False
    printed: str = ""
    shown: Mapping[str, str] = field(default_factory=dict)


def name_of_trace(sequence: Sequence) -> str:
    """Returns how the trace is called beside the notebook."""
    return sequence.call.trace.path.name


class Runner:
    """Runs code cells one after another, in one namespace that has the trace already."""

    def __init__(self, request: ExportRequest) -> None:
        self._sequence = request.sequence
        self._buffer = io.StringIO()
        printing: Callable[..., None] = partial(print, file=self._buffer)
        self._names: dict[str, Any] = {"trace": request.sequence.call.trace, "print": printing}

    def cell(self, source: str, *, unrun: str = "") -> Cell:
        """Returns a code cell with its output; the line `unrun` stands in it and is not run.

        Raises:
            TracerError, ValueError: the trace cannot give this.
        """
        self._buffer.seek(0)
        self._buffer.truncate()
        tree = ast.parse(source.replace(unrun, "") if unrun else source)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, "<cell>", "exec"), self._names)
        value = None
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), self._names)
        return Cell(source, True, self._buffer.getvalue(), self._shown(value))

    def attempt(self, source: str) -> Cell | None:
        """Returns the cell, or None where the trace cannot give it."""
        try:
            return self.cell(source)
        except (TracerError, ValueError):
            return None

    def _shown(self, value: object) -> dict[str, str]:
        if value is None:
            return {}
        rendered: Any = value
        if hasattr(value, "_repr_mimebundle_"):
            kinds: dict[str, str] = dict(rendered._repr_mimebundle_())
        elif hasattr(value, "_repr_html_"):
            kinds = {"text/plain": repr(value), "text/html": rendered._repr_html_()}
        else:
            kinds = {"text/plain": repr(value)}
        path, name = str(self._sequence.call.trace.path), name_of_trace(self._sequence)
        return {kind: text.replace(repr(path), repr(name)) for kind, text in kinds.items()}
