"""The command `what-if`: what other settings would have given at a step, or at every step of a text.

Needs no model, and torch only where the settings do.
"""

from dataclasses import dataclass
from typing import Annotated, Any, cast

import typer
from rich.table import Table
from rich.text import Text

from tracer.analysis.alternative import WhatIf, WhatIfText
from tracer.cli.console import print_answer, print_json
from tracer.cli.options import AsJson, Lang, SamplingOptions, SequenceOptions, TracePath
from tracer.cli.tables import new_table
from tracer.wording import numbers
from tracer.wording.alternative import step_sentences, text_sentences
from tracer.wording.composition import Language, compose, require_language
from tracer.wording.explanation import setting_name, setting_text


@dataclass(frozen=True, slots=True)
class AskedOptions(SamplingOptions):
    """The settings that a what-if asks for. None means: as recorded."""

    greedy: Annotated[bool, typer.Option("--greedy", help="As --no-do-sample: take the best.")] = False

    def asked(self) -> dict[str, Any]:
        """Returns the settings for `tracer.what_if`.

        Raises:
            ValueError: both drawing and taking the best are asked for.
        """
        if self.greedy and self.do_sample:
            raise ValueError("--greedy and --do-sample contradict each other. Type one of them.")
        asked = {name: value for name, value in self.arguments().items() if name != "greedy"}
        if self.greedy:
            asked["do_sample"] = False
        return asked if self.seed is None else asked | {"seed": self.seed}


def what_if(
    path: TracePath,
    which: SequenceOptions,
    asked: AskedOptions,
    step: Annotated[int | None, typer.Option("--step", help="The step, from 0; else the whole text.")] = None,
    lang: Lang = "en",
    json: AsJson = False,
) -> None:
    """Say which token a step, or each step of a text, would have given with other settings. No model runs."""
    import tracer

    require_language(lang)
    language = cast(Language, lang)
    trace = tracer.open_trace(path)
    if step is not None:
        answer = tracer.what_if(trace.step(step, call=which.call, row=which.row), **asked.asked())
        if json:
            print_json(answer.describe())
            return
        sentences, chain = step_sentences(answer, language), _chain(answer, language)
        print_answer(Text(sentences), step_table(answer, language), chain)
        return
    text = tracer.what_if(trace.sequence(call=which.call, row=which.row), **asked.asked())
    if json:
        print_json(text.describe())
        return
    print_answer(Text(text_sentences(text, language)), text_table(text, language))


def step_table(answer: WhatIf, lang: Language) -> Table:
    """Returns the leading tokens with their probability as recorded and with the settings asked for."""
    columns = [compose(f"column_{name}", lang) for name in ("token", "recorded", "asked")]
    table = new_table("", *columns, "", right=columns[1:])
    for row in answer.rows:
        mark = ("✓" if row.is_chosen else " ") + ("▶" if row.is_answer else " ")
        before = numbers.percent(row.probability_before, lang)
        after = numbers.percent(row.probability_after, lang)
        token = Text(row.token, style="bold" if row.is_answer else "")
        remover = setting_name(answer.stages[row.removed_at].setting, lang) if row.removed_at else ""
        table.add_row(Text(mark), token, before, after, Text(remover, style="dim"))
    return table


def _chain(answer: WhatIf, lang: Language) -> Text:
    """The edited chain in one line: how many tokens each stage leaves."""
    names = [compose("column_model", lang), *(setting_text(s.setting, lang) for s in answer.stages[1:])]
    counts = [numbers.count(stage.num_left) for stage in answer.stages]
    return Text(" → ".join(f"{name} ({count})" for name, count in zip(names, counts, strict=True)))


def text_table(text: WhatIfText, lang: Language) -> Table:
    """Returns the steps with another token, and those whose token is not known."""
    names = ("step", "recorded", "asked")
    columns = [compose(f"column_{name}", lang) for name in names]
    table = new_table(*columns, "", right=(columns[0],))
    for answer in text.steps:
        if answer.token is None or answer.probability is None:
            table.add_row(str(answer.step), Text(answer.chosen), "?", "")
        elif answer.changed:
            probability = numbers.percent(answer.probability, lang)
            table.add_row(
                str(answer.step), Text(answer.chosen), Text(answer.token, style="bold"), probability
            )
    return table
