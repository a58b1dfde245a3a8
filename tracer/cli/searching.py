"""The commands about a trace's text: `expected`, `forks`, and what `show --find` prints.

They need neither torch nor a model.
"""

import dataclasses
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer
from rich.table import Table
from rich.text import Text

from tracer.analysis.forks import Contender, Fork, forks_of
from tracer.analysis.occurrence import Occurrence, occurrences_of
from tracer.cli.command import ANSWER_IS_NO
from tracer.cli.console import print_answer, print_json
from tracer.cli.options import AsJson, Lang, SequenceOptions, TracePath
from tracer.cli.tables import new_table, plain_text
from tracer.wording import numbers

if TYPE_CHECKING:
    from tracer.trace.call import Call
    from tracer.trace.trace import Trace


def expected(
    path: TracePath,
    text: Annotated[str, typer.Argument(help="The answer as it should have begun.", metavar="TEXT")],
    which: SequenceOptions,
    lang: Lang = "en",
    json: AsJson = False,
) -> None:
    """Find where the text leaves the expected one, what kept it from it, and what would have chosen it.

    Exits with 1 where the text is not as expected.
    """
    import tracer

    trace = tracer.open_trace(path)
    answer = tracer.expected(
        trace,
        text,
        call=which.call,
        row=which.row,
        lang=cast(Any, lang),  # it checks the language itself
    )
    if json:
        print_json(answer.describe())
    else:
        print(answer)
    if answer.expectation.outcome != "reached":
        raise typer.Exit(ANSWER_IS_NO)


def forks(path: TracePath, which: SequenceOptions, json: AsJson = False) -> None:
    """List the steps where the text could well have gone another way: the runner-up was near the first.

    Near is within 0.5 nat or 10 percentage points under the final scores.
    """
    import tracer

    sequence = tracer.open_trace(path).sequence(call=which.call, row=which.row)
    found = forks_of(sequence)
    if json:
        print_json([dataclasses.asdict(fork) for fork in found])
        return
    print_answer(forks_table(found), Text(f"{len(found)} of {len(sequence.steps)} steps are forks."))


def forks_table(forks: tuple[Fork, ...]) -> Table:
    """Returns the forks, one a row: the first two under the final scores, and which token was chosen."""
    right = ("step", "lead (nats)", "lead (points)", "tokens left")
    columns = ("step", "chosen", "first", "runner-up", "lead (nats)", "lead (points)", "tokens left")
    table = new_table(*columns, right=right)
    for fork in forks:
        table.add_row(
            str(fork.step),
            Text(fork.chosen.token, style="bold"),
            _contender(fork.first),
            _contender(fork.runner_up),
            numbers.decimal(fork.lead_nats),
            f"{fork.lead_probability * 100:.1f}",
            numbers.count(fork.num_left),
        )
    return table


def _contender(contender: Contender) -> Text:
    return Text(f"{contender.token} {numbers.percent(contender.probability, 'en')}")


def print_occurrences(trace: "Trace", text: str, *, as_json: bool) -> None:
    """Prints where a text occurs in all sequences of a trace.

    Raises:
        typer.Exit: with 1, where it occurs nowhere.
        ValueError: the text is empty.
    """
    found = [
        (call, sequence.row, occurrence)
        for call in trace.calls
        for sequence in call.sequences
        for occurrence in occurrences_of(sequence, text)
    ]
    if as_json:
        print_json([{"call": call.index, "row": row, **dataclasses.asdict(one)} for call, row, one in found])
    elif found:
        print_answer(_occurrences_table(found))
    else:
        print_answer(plain_text(f"{text!r} occurs in no prompt and no answer of {trace.path}."))
    if not found:
        raise typer.Exit(ANSWER_IS_NO)


def _occurrences_table(found: "list[tuple[Call, int, Occurrence]]") -> Table:
    table = new_table(
        "call", "row", "where", "positions", "steps", "tokens", right=("call", "row", "positions", "steps")
    )
    for call, row, one in found:
        where = "prompt" if one.is_in_prompt else "answer"
        if one.crosses_prompt:
            where = "prompt, answer"
        steps = "" if one.first_step is None else _span(one.first_step, one.last_step)
        table.add_row(
            str(call.index), str(row), where, _span(one.first, one.last), steps, Text(" ".join(one.tokens))
        )
    return table


def _span(first: int, last: int | None) -> str:
    return str(first) if last is None or first == last else f"{first}-{last}"
