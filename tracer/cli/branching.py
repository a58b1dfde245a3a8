"""The command `branch`: continue a recorded call from one step with the model, and show old and new side by side.

Loads the recorded model under its recorded name, or the one that is named.
"""

from itertools import zip_longest
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracer.cli import tables
from tracer.cli.command import exit_unless_complete
from tracer.cli.console import TokenProgress, print_answer, print_json, progress_line
from tracer.cli.options import AsJson, BranchOptions, SequenceOptions, TargetOptions, TracePath
from tracer.cli.recording import quiet_transformers
from tracer.cli.results import result_line
from tracer.cli.target import claimed
from tracer.wording import numbers

if TYPE_CHECKING:
    from rich.table import Table

    from tracer.trace.sequence import Sequence
    from tracer.trace.step import Step
    from tracer.trace.trace import Trace


def branch(
    path: TracePath,
    step: Annotated[int, typer.Option("--step", help="The step at which to leave, from 0.")],
    target: TargetOptions,
    change: BranchOptions,
    which: SequenceOptions,
    model: Annotated[
        str | None, typer.Option("--model", help="Where the recorded model lies now; else its recorded name.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Continue a recorded call for real from a step, with another token or other settings, as a new trace.

    Up to the step the recorded tokens and random states are replayed; with nothing changed, the trace repeats.
    """
    import tracer
    from tracer.live.loading.models import require_live_packages

    require_live_packages("tracer branch")
    chosen = tracer.open_trace(path).step(step, call=which.call, row=which.row)
    change.changes()  # wrong values are refused before a model is loaded
    with claimed(target):
        made = _continue(chosen, target, change, model)
    new = made.sequence(call=0, row=chosen.sequence.row)
    if json:
        print_json(_describe(made, chosen, new))
    else:
        _print(made, chosen, new)
    exit_unless_complete(made.status)


def _continue(step: "Step", target: TargetOptions, change: BranchOptions, name: str | None) -> "Trace":
    import tracer
    from tracer.live.branching_off.branching import recorded_config
    from tracer.live.replaying.recorded_call import load_recorded

    trace = step.call.trace
    with quiet_transformers(), progress_line() as line:
        model, tokenizer = load_recorded(trace.model, name, progress=line.report)
        limit = change.max_new_tokens or len(step.sequence.steps)
        return tracer.branch(
            trace,
            step,
            model=model,
            tokenizer=tokenizer,
            to=target.to,
            config=recorded_config(step.call, overwrite=target.overwrite),
            streamer=TokenProgress(line, limit),
            **change.changes(),
        )


def _print(made: "Trace", left: "Step", new: "Sequence") -> None:
    lines = [f"recorded  {_text(left.sequence, left.index)}", f"branch    {_text(new, left.index)}"]
    print_answer(*map(tables.plain_text, lines), _side_by_side(left.sequence, new, left.index))
    branch = made.manifest.branch
    if branch is not None and branch.repeats_prefix is False:
        text = "The raw logits before the branch have other bits than the recorded ones: other weights or machine."
        print_answer(tables.plain_text(text))
    print_answer(tables.plain_text(result_line(made)), tables.next_commands(new))


def _text(sequence: "Sequence", start: int) -> str:
    """The text from a step on."""
    return sequence.call.trace.vocabulary.text(sequence.token_ids[start:], continued=True)


def _side_by_side(old: "Sequence", new: "Sequence", start: int) -> "Table":
    """Returns the steps from `start` on: what was recorded, and what the branch has, each with its probability."""
    table = tables.new_table(
        "step", "recorded", "drawn with", "branch", "drawn with", right=("step", "drawn with")
    )
    for index, pair in enumerate(zip_longest(old.steps[start:], new.steps[start:]), start):
        cells = [cell for step in pair for cell in _cells(step)]
        table.add_row(str(index), *cells)
    return table


def _cells(step: "Step | None") -> tuple[Any, str]:
    if step is None:
        return "", ""
    return tables.plain_text(step.call.trace.vocabulary.visible(step.token_id)), numbers.percent(
        step.probability, "en"
    )


def _describe(made: "Trace", left: "Step", new: "Sequence") -> dict[str, Any]:
    branch = made.manifest.branch
    return {
        "path": str(made.path),
        "status": made.status,
        "nbytes": made.nbytes,
        "parent": None if branch is None else branch.model_dump(mode="json"),
        "recorded": _described(left.sequence, left.index),
        "branch": _described(new, left.index),
    }


def _described(sequence: "Sequence", start: int) -> dict[str, Any]:
    return {"text": _text(sequence, start), "token_ids": list(sequence.token_ids[start:])}
