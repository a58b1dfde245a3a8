"""What is printed after a recording: the answers, their steps, where the trace lies, what to type next."""

from typing import TYPE_CHECKING, Any

from tracer.cli import tables
from tracer.cli.console import print_answer, print_json
from tracer.cli.descriptions import describe_sequence, describe_step
from tracer.config import format_bytes

if TYPE_CHECKING:
    from tracer.trace.trace import Trace


def print_result(trace: "Trace", *, as_json: bool = False) -> None:
    """Prints what was recorded, as text or as JSON."""
    if as_json:
        print_json(_describe_result(trace))
        return
    sequences = [sequence for call in trace.calls for sequence in call.sequences]
    for sequence in sequences:
        settings = tables.plain_text(tables.settings_line(sequence.call))
        print_answer(tables.plain_text(sequence.text), settings, tables.steps_table(sequence))
    print_answer(tables.plain_text(result_line(trace)))
    for fault in trace.manifest.faults:
        print_answer(tables.plain_text(f"Recording failed at {fault.where}: {fault.error}"))
    if sequences:
        print_answer(tables.next_commands(sequences[0]))


def result_line(trace: "Trace") -> str:
    """Returns where the trace lies, its status and size, in a line."""
    num_steps = sum(len(sequence.steps) for call in trace.calls for sequence in call.sequences)
    size = format_bytes(trace.nbytes)
    return f"{trace.path}: {trace.status}, {num_steps} steps, {size}"


def _describe_result(trace: "Trace") -> dict[str, Any]:
    sequences = [
        {"call": call.index, **describe_sequence(one), "steps": [describe_step(step) for step in one.steps]}
        for call in trace.calls
        for one in call.sequences
    ]
    return {
        "path": str(trace.path),
        "status": trace.status,
        "nbytes": trace.nbytes,
        "sequences": sequences,
    }
