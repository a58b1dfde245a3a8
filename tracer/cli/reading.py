"""The commands that read a trace: `show`, `steps`, `why`. They need neither torch nor a model."""

import json as json_format
from typing import Annotated, Any, cast

import typer

from tracer.cli import tables
from tracer.cli.console import print_answer, print_json
from tracer.cli.descriptions import describe_step, describe_trace
from tracer.cli.options import AsJson, Lang, SequenceOptions, TracePath
from tracer.cli.searching import print_occurrences


def show(
    path: TracePath,
    find: Annotated[
        str | None, typer.Option("--find", help="Only where this text occurs, in prompts and answers.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Show what a trace holds: model, versions, calls, sequences, and what is missing with the reason.

    With --find: positions and steps where a text occurs; exits with 1 where it occurs nowhere.
    """
    import tracer

    trace = tracer.open_trace(path)
    if find is not None:
        print_occurrences(trace, find, as_json=json)
        return
    if json:
        print_json(describe_trace(trace))
        return
    print_answer(tables.trace_table(trace))
    for call in trace.calls:
        print_answer(tables.call_table(call), tables.sequences_table(call))


def steps(path: TracePath, which: SequenceOptions, json: AsJson = False) -> None:
    """List the steps of a sequence: token, probability, rank, entropy, and who removed what."""
    import tracer

    sequence = tracer.open_trace(path).sequence(call=which.call, row=which.row)
    if json:
        print_json([describe_step(step) for step in sequence.steps])
        return
    print_answer(tables.plain_text(tables.settings_line(sequence.call)), tables.steps_table(sequence))


def why(
    path: TracePath,
    step: Annotated[int, typer.Option("--step", help="The step, from 0.")],
    which: SequenceOptions,
    lang: Lang = "en",
    json: AsJson = False,
) -> None:
    """Explain one step: what each setting did to the token and its rivals, then the draw and the end."""
    import tracer

    chosen = tracer.open_trace(path).step(step, call=which.call, row=which.row)
    answer = tracer.why(chosen, lang=cast(Any, lang))  # it checks the language itself
    if json:
        print(json_format.dumps(answer.describe(), ensure_ascii=False, indent=2))
        return
    print(answer)
