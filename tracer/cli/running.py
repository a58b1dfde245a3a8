"""The command `run`: an unmodified Python script, with every `generate` call in it recorded.

The script runs in this process as `python script.py` would run it: same arguments, `__main__` and exit code.
"""

import runpy
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Annotated

import typer

from tracer.cli.command import describe_error
from tracer.cli.options import RecordingOptions, TargetOptions
from tracer.cli.program import program_name
from tracer.cli.results import result_line
from tracer.cli.target import claimed

_INTERRUPTED = 130
"""What a shell reports of a program that Ctrl-C ended."""


def run(
    script: Annotated[Path, typer.Argument(help="The Python script.", metavar="SCRIPT")],
    target: TargetOptions,
    recording: RecordingOptions,
    arguments: Annotated[list[str] | None, typer.Argument(help="Its arguments.", metavar="[ARGS]...")] = None,
) -> None:
    """Run a Python script and record every generate call in it; exits with the script's own code.

    A second model's calls go to a trace of their own, numbered -2. Environment variables that transformers
    reads when it is imported must be set before, not in the script.
    """
    from tracer.live.loading.models import require_live_packages

    if not script.is_file():
        raise ValueError(
            f"There is no script {str(script)!r}. Check the path: tracer run --to {target.to} SCRIPT"
        )
    require_live_packages("tracer run")
    config = recording.config(overwrite=target.overwrite)
    with claimed(target):
        from tracer.recording.everything import record_everything

        with (
            _as_main_program(script, arguments or []),
            record_everything(to=target.to, config=config) as made,
        ):
            before = set(threading.enumerate())
            code = _run_script(script)
            _wait_for_threads(before)
        _report([recording.path for recording in made], target.to)
    raise typer.Exit(code)


def _run_script(script: Path) -> int:
    """Runs the script and returns its exit code; an error prints its traceback, as Python does."""
    try:
        runpy.run_path(str(script), run_name="__main__")
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    except KeyboardInterrupt as error:
        print(describe_error(error), file=sys.stderr)
        return _INTERRUPTED
    except Exception as error:
        traceback.print_exception(error.with_traceback(_from_script(error.__traceback__, script)))
        return 1
    return 0


def _from_script(frames: TracebackType | None, script: Path) -> TracebackType | None:
    """Returns the frames from the script's own on; all of them where it has none."""
    own = frames
    while own is not None and own.tb_frame.f_code.co_filename != str(script):
        own = own.tb_next
    return own or frames


@contextmanager
def _as_main_program(script: Path, arguments: list[str]) -> Iterator[None]:
    """Sets `sys.argv` and the first entry of `sys.path` as they are for a script, and puts them back."""
    argv, path = sys.argv, sys.path[:]
    sys.argv = [str(script), *arguments]
    sys.path.insert(0, str(script.resolve().parent))
    try:
        yield
    finally:
        sys.argv, sys.path[:] = argv, path


def _wait_for_threads(before: set[threading.Thread]) -> None:
    """Waits, as Python does at its end, for the threads that the script left running."""
    for thread in threading.enumerate():
        if thread not in before and not thread.daemon:
            thread.join()


def _report(paths: list[Path], target: Path) -> None:
    """Says on stderr what was recorded: stdout is the script's own."""
    import tracer

    if not paths:
        print(f"No generate call was made; nothing was recorded to {target}.", file=sys.stderr)
    for path in paths:
        print(f"{result_line(tracer.open_trace(path))}. Type: {program_name()} show {path}", file=sys.stderr)
