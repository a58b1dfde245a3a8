"""The command `verify`: a trace checked against itself, and on request against the model."""

import dataclasses
from typing import TYPE_CHECKING, Annotated

import typer

from tracer.cli.answer_tables import checks_table
from tracer.cli.command import ANSWER_IS_NO
from tracer.cli.console import print_answer, print_json, progress_line
from tracer.cli.options import AsJson, TracePath

if TYPE_CHECKING:
    from tracer.replay.verdicts import Check
    from tracer.trace.trace import Trace


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
    checks = [*tracer.verify(trace).checks, *(_repeat_calls(trace) if rerun else ())]
    if json:
        print_json([dataclasses.asdict(check) for check in checks])
    else:
        print_answer(checks_table(checks))
    if any(check.verdict == "fails" for check in checks):
        raise typer.Exit(ANSWER_IS_NO)


def _repeat_calls(trace: "Trace") -> list["Check"]:
    """Loads the recorded model under its recorded name and repeats every call of the trace."""
    from tracer.cli.recording import quiet_transformers
    from tracer.live.loading.models import require_live_packages

    require_live_packages("tracer verify --rerun")
    from tracer.live.replaying.recorded_call import load_recorded
    from tracer.live.replaying.repetition import rerun

    with quiet_transformers(), progress_line() as line:
        model, tokenizer = load_recorded(trace.model, progress=line.report)
        checks: list[Check] = []
        for call in trace.calls:
            line.report("repeating the calls", call.index, len(trace.calls))
            checks += rerun(trace, model, call.index, tokenizer=tokenizer).checks
    return checks
