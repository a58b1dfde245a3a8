"""The command `verify`: a trace checked against itself, and on request against the model."""

import dataclasses
from typing import Annotated

import typer

from tracer.cli import tables
from tracer.cli.command import ANSWER_IS_NO
from tracer.cli.console import print_answer, print_json
from tracer.cli.options import AsJson, TracePath


def verify(
    path: TracePath,
    rerun: Annotated[
        bool, typer.Option("--rerun", help="Load the model and repeat the calls, recorded and unrecorded.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Check a trace claim by claim: holds, fails, or cannot be checked because ….

    Exits with 1 only where something fails.
    """
    import tracer

    trace = tracer.open_trace(path)
    checks = list(tracer.verify(trace).checks)
    if json:
        print_json([dataclasses.asdict(check) for check in checks])
    else:
        print_answer(tables.checks_table(checks))
    if any(check.verdict == "fails" for check in checks):
        raise typer.Exit(ANSWER_IS_NO)
