"""The commands `pack` and `unpack`: a trace as one file and back, or a folder of traces as a pack for a class.

Need neither torch nor a model.
"""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from tracer.cli.options import Lang
from tracer.config import format_bytes

_OVERWRITE = typer.Option("--overwrite", help="Replace what is there.")


def pack(
    to: Annotated[Path, typer.Option("--to", help="The new file: trace.zip, class.zip.")],
    path: Annotated[Path | None, typer.Argument(help="The folder of the trace.", metavar="TRACE")] = None,
    class_: Annotated[
        Path | None,
        typer.Option("--class", help="Instead of a trace: a folder of traces, as pages with index and quiz."),
    ] = None,
    light: Annotated[
        bool, typer.Option("--light", help="Leave out the arrays: small, for the base install.")
    ] = False,
    logits: Annotated[bool, typer.Option("--logits", help="With --light: keep what what-if needs.")] = False,
    redact: Annotated[
        bool,
        typer.Option("--redact", help="Take out prompts, paths and user names, and what depends on prompts."),
    ] = False,
    lang: Lang = "en",
    overwrite: Annotated[bool, _OVERWRITE] = False,
) -> None:
    """Pack a trace into one zip file; --class: the replays of many, with an index and a quiz, for a class.

    A redacted trace keeps the answer, and what the answer itself says about the prompt.
    """
    if (path is None) == (class_ is None):
        raise ValueError("Name either a trace or --class FOLDER: tracer pack runs/rain.trace --to rain.zip")
    if class_ is None:
        import tracer

        assert path is not None
        written = tracer.pack(path, to, light=light, logits=logits, redact=redact, overwrite=overwrite)
    elif light or logits:
        raise ValueError("--light and --logits are for one trace; a class pack holds pages. Leave them out.")
    else:
        written = _pack_class(class_, to, lang=lang, redact=redact, overwrite=overwrite)
    print(f"{written}  {format_bytes(written.stat().st_size)}")


def _pack_class(folder: Path, to: Path, *, lang: str, redact: bool, overwrite: bool) -> Path:
    from tracer.exporters.classroom.class_pack import pack_class

    columns = (SpinnerColumn(), TextColumn("{task.completed}/{task.total}"), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
        task = shown.add_task("", total=None)
        return pack_class(
            folder,
            to,
            lang=lang,
            redact=redact,
            overwrite=overwrite,
            progress=lambda done, total: shown.update(task, completed=done, total=total),
        )


def unpack(
    path: Annotated[Path, typer.Argument(help="The file that `tracer pack` wrote.", metavar="FILE")],
    to: Annotated[Path, typer.Option("--to", help="The folder for the trace, such as runs/rain.trace.")],
    max_size: Annotated[str, typer.Option("--max-size", help="The most that it may take.")] = "20GB",
    overwrite: Annotated[bool, _OVERWRITE] = False,
) -> None:
    """Unpack a trace from its zip file; refuses what could do harm."""
    import tracer

    folder = tracer.unpack(path, to, overwrite=overwrite, max_bytes=max_size)
    print(f"{folder}  {format_bytes(tracer.open_trace(folder).nbytes)}")
