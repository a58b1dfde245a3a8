"""The command `export`: a trace as a replay in one file, as tables, as a report, or a view of it as a picture.

Needs neither torch nor a model.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from tracer.cli.options import Lang, SequenceOptions, TracePath, parse_numbers
from tracer.config import format_bytes

_PICTURE = "Pictures (.png, .svg, .pdf, .gif)"


def _flag(name: str, help: str) -> Any:
    return typer.Option(name, help=help, rich_help_panel=_PICTURE, show_default=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureFlags:
    """What a picture shows and how large it is."""

    view: Annotated[
        str | None, _flag("--view", "decision, strip, attention, heads, map, draw, …; a wrong one lists all.")
    ] = None
    step: Annotated[int | None, _flag("--step", "The step, from 0; else the one that tells most.")] = None
    size: Annotated[str | None, _flag("--size", "column (85 mm), page (170 mm) or slide (16:9).")] = None
    theme: Annotated[str | None, _flag("--theme", "print (white, readable in gray), light or dark.")] = None
    layer: Annotated[int | None, _flag("--layer", "The layer of attention, from 0.")] = None
    head: Annotated[int | None, _flag("--head", "The head of that layer, from 0.")] = None
    source: Annotated[int | None, _flag("--source", "The place in the text that heads are asked about.")] = (
        None
    )
    measure: Annotated[str | None, _flag("--measure", "What heads are colored by, such as previous.")] = None


def export(
    path: TracePath,
    out: Annotated[
        Path,
        typer.Argument(
            help="The new file: .html, .ipynb, .md, .pptx, .png, .svg, .pdf, .gif, .csv, .json or .parquet.",
            metavar="OUT",
        ),
    ],
    which: SequenceOptions,
    picture: PictureFlags,
    steps: Annotated[str | None, typer.Option("--steps", help="Only these steps: 0-20,35")] = None,
    lang: Lang = "en",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file that is there.")] = False,
) -> None:
    """Write a trace as a file for others: the suffix chooses what it becomes.

    .html is an interactive replay in one file, without network or server. .png, .svg and .pdf are pictures of one
    view; a caption lies beside them.
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
            **asdict(picture),
        )
    print(f"{written}  {format_bytes(written.stat().st_size)}")
