"""The commands that ask the live model about its inside: `attribute` and `intervene`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer
from rich.table import Table
from rich.text import Text

from tracer.cli.console import print_answer, print_json, progress_line
from tracer.cli.options import AsJson, Lang, SequenceOptions, TracePath
from tracer.cli.tables import new_table, plain_text
from tracer.wording import numbers
from tracer.wording.attribution import attribution_sentences, method_name
from tracer.wording.composition import Language, compose, require_language
from tracer.wording.intervention import intervention_sentences

if TYPE_CHECKING:
    from tracer.analysis.attribution import Attribution
    from tracer.analysis.intervention import InterventionResult
    from tracer.trace.step import Step

_StepNumber = Annotated[int, typer.Option("--step", help="The step, from 0.")]
_Model = Annotated[
    str | None,
    typer.Option("--model", help="demo, a local folder, or a hub id; else the recorded.", show_default=False),
]
_Rival = Annotated[
    str | None, typer.Option("--rival", help="Another token: its text or #id.", show_default=False)
]
_Changes = list[str] | None


def attribute(
    path: TracePath,
    step: _StepNumber,
    which: SequenceOptions,
    method: Annotated[
        str, typer.Option("--method", help="gradient_x_input, occlusion or integrated_gradients.")
    ] = "gradient_x_input",
    rival: _Rival = None,
    steps: Annotated[int, typer.Option("--steps", help="Points, for integrated gradients.")] = 32,
    skip_special: Annotated[
        bool, typer.Option("--skip-special/--with-special", help="Hold special tokens fixed.")
    ] = True,
    skip_template: Annotated[
        bool, typer.Option("--skip-template", help="Hold all that is no message's content fixed.")
    ] = False,
    top: Annotated[int, typer.Option("--top", min=1, help="Tokens shown, strongest first.")] = 12,
    model: _Model = None,
    lang: Lang = "en",
    json: AsJson = False,
) -> None:
    """Show what each token of the text gave to the chosen token's logit, or to its lead over a rival.

    Loads the recorded model. The answer is kept in the trace.
    """
    require_language(lang)
    language = cast(Language, lang)
    with _live(path, step, which, model) as (chosen, loaded):
        from tracer.live.attribution import attribute as compute

        answer = compute(
            chosen,
            model=loaded,
            method=method,
            rival=rival,
            steps=steps,
            skip_special=skip_special,
            skip_template=skip_template,
        )
    if json:
        spoken = {"en": attribution_sentences(answer, "en"), "zh": attribution_sentences(answer, "zh")}
        print_json({"sentences": spoken, **answer.describe()})
        return
    sentences = plain_text(attribution_sentences(answer, language))
    print_answer(sentences, attribution_table(answer, language, top))


def intervene(
    path: TracePath,
    step: _StepNumber,
    which: SequenceOptions,
    ablate: Annotated[
        _Changes, typer.Option("--ablate", help="L5H2, L5.attention or L5.mlp; repeatable.")
    ] = None,
    scale: Annotated[_Changes, typer.Option("--scale", help="L5H2=0.5 and so on; repeatable.")] = None,
    block: Annotated[
        _Changes,
        typer.Option("--block", help="17:4 hides position 4 from 17; L5.17:4, L5H2.17:4; repeatable."),
    ] = None,
    rival: _Rival = None,
    model: _Model = None,
    lang: Lang = "en",
    json: AsJson = False,
) -> None:
    """Run a step again with parts of the model ablated, scaled or blocked, and show what it changes.

    Loads the recorded model. All changes hold together, at this step only; the numbers are the model's own
    probabilities, before any setting.
    """
    from tracer.analysis.intervention import parse_intervention

    require_language(lang)
    language = cast(Language, lang)
    typed = {"ablate": ablate, "scale": scale, "block": block}
    asked = [
        parse_intervention(f"{action} {part}") for action, parts in typed.items() for part in parts or ()
    ]
    if not asked:
        raise ValueError(
            "No intervention was given. Type for example --ablate L5H2, --scale L5.mlp=0.5 or --block 17:4"
        )
    with _live(path, step, which, model) as (chosen, loaded):
        from tracer.live.interventions import intervene as compute

        answer = compute(chosen, *asked, model=loaded, rival=rival)
    if json:
        spoken = {"en": intervention_sentences(answer, "en"), "zh": intervention_sentences(answer, "zh")}
        print_json({"sentences": spoken, **answer.describe()})
        return
    print_answer(plain_text(intervention_sentences(answer, language)), intervention_table(answer, language))


@contextmanager
def _live(path: Any, step: int, which: SequenceOptions, name: str | None) -> Iterator[tuple["Step", Any]]:
    """Gives the step and the model that its trace was recorded with; progress is shown for the block."""
    import tracer
    from tracer.live.loading.models import require_live_packages

    chosen = tracer.open_trace(path).step(step, call=which.call, row=which.row)
    require_live_packages("Asking the model")
    from tracer.cli.recording import quiet_transformers
    from tracer.live.replaying.recorded_call import load_recorded

    with quiet_transformers(), progress_line() as line:
        model, _ = load_recorded(chosen.call.trace.model, name, progress=line.report)
        line.report("running the model", 0, 0)
        yield chosen, model


def attribution_table(attribution: "Attribution", lang: Language, top: int) -> Table:
    """Returns the strongest sources, one a row, with a bar."""
    names = [compose(f"attribution_column_{name}", lang) for name in ("position", "score")]
    title = method_name(attribution.method, lang)
    table = new_table(names[0], compose("column_token", lang), names[1], title, right=names)
    shown = attribution.ranked[:top]
    largest = max((abs(source.score) for source in shown), default=0.0)
    for source in shown:
        style = "bold" if source.score > 0 else ""
        length = round(20 * abs(source.score) / largest) if largest else 0
        bar = ("+" if source.score > 0 else "−") * length
        score = numbers.decimal(source.score)
        table.add_row(str(source.position), Text(source.token, style=style), score, bar)
    return table


def intervention_table(result: "InterventionResult", lang: Language) -> Table:
    """Returns the best tokens before and after: probability, logit, rank; the chosen one is marked."""
    before, after, rank, logit = (
        compose(f"intervention_column_{name}", lang) for name in ("before", "after", "rank", "logit")
    )
    columns = (before, after, rank, logit)
    table = new_table(compose("column_token", lang), *columns, right=columns)
    for row in result.rows:
        mark = "✓ " if row.token_id == result.chosen_id else "  "
        table.add_row(
            Text(mark + row.token),
            numbers.percent(row.probability_before, lang),
            numbers.percent(row.probability_after, lang),
            f"#{numbers.count(row.rank_before + 1)} → #{numbers.count(row.rank_after + 1)}",
            f"{numbers.decimal(row.logit_before)} → {numbers.decimal(row.logit_after)}",
        )
    return table
