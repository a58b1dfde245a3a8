"""Where text goes: tables to stdout, progress to stderr, JSON as it is.

On a terminal rich fits and colors the text. Anywhere else nothing is cut, colored or wrapped. Text that comes
from a model is never read as markup.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

_UNLIMITED = 100_000


def answer_console() -> Console:
    """Returns the console of answers: of the terminal's width, or as wide as it takes without a terminal."""
    width = None if sys.stdout.isatty() else _UNLIMITED
    return Console(width=width, highlight=False, markup=False, emoji=False, soft_wrap=False)


def print_answer(*parts: Any) -> None:
    """Prints tables and texts; without a terminal, lines have no blanks at their end."""
    console = answer_console()
    if console.is_terminal:
        for part in parts:
            console.print(part, soft_wrap=isinstance(part, Text))
        return
    with console.capture() as captured:
        for part in parts:
            console.print(part)
    print("\n".join(line.rstrip() for line in captured.get().splitlines()))


def print_json(value: Any) -> None:
    """Prints a value as JSON to stdout; characters stay what they are."""
    print(json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False))


class ProgressLine:
    """One line on stderr that says what is being done; only on a terminal, and gone at the end."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._what = "starting"
        self._task = progress.add_task(self._what, total=None, count="")

    def report(self, what: str, done: int, total: int) -> None:
        """Shows what is being done, how much of it, and of how much (0: not known)."""
        if what != self._what:  # a new task: an update cannot make a total unknown again
            self._progress.remove_task(self._task)
            self._task = self._progress.add_task(what, total=None, count="")
            self._what = what
        count = f"{done}/{total}" if total else ""
        self._progress.update(self._task, completed=done, total=total or None, count=count)


@contextmanager
def progress_line() -> Iterator[ProgressLine]:
    """Shows progress while the block runs. Without a terminal nothing is printed."""
    console = Console(stderr=True, highlight=False)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        TextColumn("{task.fields[count]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield ProgressLine(progress)


class TokenProgress:
    """A streamer for `generate` that only counts: the first `put` is the prompt, each later one a token.

    Source: transformers 5.17 and 5.23, generation/streamers.py, BaseStreamer.
    """

    def __init__(self, line: ProgressLine, max_new_tokens: int) -> None:
        self._line = line
        self._total = max_new_tokens
        self._done = -1

    def put(self, value: object) -> None:
        """Counts one more."""
        self._done += 1
        self._line.report("generating tokens", max(0, self._done), self._total)

    def end(self) -> None:
        """Shows the count as complete: a stopping criterion may have come before the limit."""
        self._line.report("writing the trace", 0, 0)
