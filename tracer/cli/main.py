"""The command line as a whole: which commands there are, and the options of none in particular.

Holds no command itself.
"""

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from tracer.cli.about import doctor, models, schema
from tracer.cli.asking import what_if
from tracer.cli.attributing import attribute, intervene
from tracer.cli.branching import branch
from tracer.cli.checking import verify
from tracer.cli.command import add_command
from tracer.cli.comparing import compare
from tracer.cli.exporting import export
from tracer.cli.lensing import lens
from tracer.cli.linting import lint
from tracer.cli.packing import pack, unpack
from tracer.cli.planning import plan
from tracer.cli.pushing import sources
from tracer.cli.reading import show, steps, why
from tracer.cli.recording import record
from tracer.cli.redrawing import redraws
from tracer.cli.running import run
from tracer.cli.searching import expected, forks
from tracer.cli.showing import dashboard
from tracer.cli.teaching import build, list_
from tracer.cli.walking import walkthrough

app = typer.Typer(
    name="tracer",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Records what really happens inside one Hugging Face generate call, and replays it.",
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line and exits: 0 done, 1 the answer is no, 2 wrong use or unreadable input."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a token may hold what the terminal cannot show
    app(args=None if arguments is None else list(arguments), prog_name="tracer")


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(version("generation-tracer"))
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Records what really happens inside one Hugging Face generate call, and replays it."""


add_command(
    app, record, example='tracer record --prompt "Write one sentence about rain." --to runs/rain.trace'
)
add_command(
    app,
    run,
    example="tracer run --to runs/script.trace script.py --its-own-option",
    context_settings={"allow_interspersed_args": False, "ignore_unknown_options": True},
)
add_command(app, dashboard, example="tracer dashboard runs")
add_command(app, show, example="tracer show runs/rain.trace")
add_command(app, steps, example="tracer steps runs/rain.trace")
add_command(app, what_if, example="tracer what-if runs/rain.trace --step 3 --temperature 1.2")
add_command(app, redraws, example="tracer redraws runs/rain.trace --step 3")
add_command(app, why, example="tracer why runs/rain.trace --step 3")
add_command(app, lens, example="tracer lens runs/rain.trace --step 3 --model demo")
add_command(app, attribute, example="tracer attribute runs/rain.trace --step 3 --method occlusion")
add_command(app, intervene, example="tracer intervene runs/rain.trace --step 3 --ablate L5H2")
add_command(
    app, branch, example="tracer branch runs/rain.trace --step 3 --token ' Paris' --to runs/paris.trace"
)
add_command(app, compare, example="tracer compare runs/rain.trace runs/other.trace")
add_command(app, expected, example='tracer expected runs/rain.trace "Rain falls"')
add_command(app, export, example="tracer export runs/rain.trace rain.html")
add_command(app, forks, example="tracer forks runs/rain.trace")
add_command(app, lint, example="tracer lint runs/rain.trace --lang zh")
add_command(app, pack, example="tracer pack runs/rain.trace --to rain.zip --light")
add_command(app, unpack, example="tracer unpack rain.zip --to runs/rain.trace")
add_command(app, plan, example="tracer plan --prompt-len 200 --max-new-tokens 100 --preset full")
add_command(app, verify, example="tracer verify runs/rain.trace --rerun")
add_command(app, sources, example="tracer sources runs/rain.trace --step 3")
add_command(
    app, walkthrough, example="tracer walkthrough --prompt 'Write one sentence about rain.' --to tour.html"
)
add_command(app, models, example="tracer models")
add_command(app, doctor, example="tracer doctor")
add_command(app, schema, example="tracer schema --document call > call.schema.json")

lesson = typer.Typer(
    no_args_is_help=True, help="Lessons in Markdown, made into pages with pictures of a trace."
)
add_command(lesson, build, example="tracer lesson build 1 --lang zh --to lesson.html")
add_command(lesson, list_, example="tracer lesson list --lang zh")
app.add_typer(lesson, name="lesson")
