"""The command `export`: a trace as a replay in one file, as tables or as a report. Needs neither torch nor a model."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from tracer.cli.options import Lang, SequenceOptions, TracePath, parse_numbers
from tracer.config import format_bytes


def export(
    path: TracePath,
    out: Annotated[
        Path, typer.Argument(help="The new file: .html, .md, .csv, .json or .parquet.", metavar="OUT")
    ],
    which: SequenceOptions,
    steps: Annotated[str | None, typer.Option("--steps", help="Only these steps: 0-20,35")] = None,
    lang: Lang = "en",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file that is there.")] = False,
) -> None:
    """Write a trace as a file for others: the suffix chooses what it becomes.

    .html is an interactive replay in one file, without network or server.
    """
    import tracer

    trace, chosen = tracer.open_trace(path), parse_numbers(steps, "--steps")
    columns = (SpinnerColumn(), TextColumn("{task.completed}/{task.total}"), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
        task = shown.add_task("", total=None)
        written = tracer.export(
            trace,
            out,
            lang=lang,
            call=which.call,
            row=which.row,
            steps=chosen,
            overwrite=overwrite,
            progress=lambda done, total: shown.update(task, completed=done, total=total),
        )
    print(f"{written}  {format_bytes(written.stat().st_size)}")
