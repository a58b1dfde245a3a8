"""The command `redraws`: what a step would have given, had it been drawn many times.

Needs neither torch nor a model.
"""

import dataclasses
from typing import Annotated, cast

import typer
from rich.table import Table
from rich.text import Text

from tracer.analysis.redraws import Redraws, count_redraws
from tracer.cli.console import print_answer, print_json
from tracer.cli.options import AsJson, Lang, SequenceOptions, TracePath
from tracer.cli.tables import new_table
from tracer.wording import numbers
from tracer.wording.composition import Language, compose, require_language
from tracer.wording.redraws import redraws_sentence


def redraws(
    path: TracePath,
    which: SequenceOptions,
    step: Annotated[int, typer.Option("--step", help="The step, from 0.")],
    count: Annotated[int, typer.Option("--count", min=1, help="How often to draw.")] = 1000,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The seed of numpy's generator.")] = 0,
    lang: Lang = "en",
    json: AsJson = False,
) -> None:
    """Draw a step many times from its final probabilities, and count the tokens. No model runs."""
    import tracer

    require_language(lang)
    language = cast(Language, lang)
    trace = tracer.open_trace(path)
    counted = count_redraws(trace.step(step, call=which.call, row=which.row), count, seed=seed)
    if json:
        print_json(dataclasses.asdict(counted))
        return
    frame = compose("redraws_frame", language, seed=str(seed))
    print_answer(Text(redraws_sentence(counted, language)), redraws_table(counted, language), Text(frame))


def redraws_table(counted: Redraws, lang: Language) -> Table:
    """Returns the tokens, one a row, with the expected and the simulated count; the others together last."""
    names = [compose(f"redraws_column_{name}", lang) for name in ("probability", "expected", "counted")]
    table = new_table("", compose("column_token", lang), *names, right=names)
    for row in counted.rows:
        token = Text(row.token, style="bold" if row.is_chosen else "")
        cells = _cells(row.probability, row.count, counted.num_redraws, lang)
        table.add_row("✓" if row.is_chosen else "", token, *cells)
    if counted.others_count or counted.others_probability * counted.num_redraws >= 0.5:
        cells = _cells(counted.others_probability, counted.others_count, counted.num_redraws, lang)
        table.add_row("", Text(compose("other_tokens", lang), style="dim"), *cells)
    return table


def _cells(probability: float, count: int, total: int, lang: Language) -> tuple[str, str, str]:
    return numbers.percent(probability, lang), f"{probability * total:,.1f}", numbers.count(count)
