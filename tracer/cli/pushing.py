"""The command `sources`: which token, through which head, pushed the chosen token ahead of a rival."""

from typing import TYPE_CHECKING, Annotated, cast

import numpy as np
import typer
from rich.table import Table
from rich.text import Text

from tracer.cli.console import print_answer, print_json, progress_line
from tracer.cli.options import AsJson, Lang, SequenceOptions, TracePath
from tracer.cli.tables import new_table, plain_text
from tracer.wording.composition import Language, compose, require_language
from tracer.wording.source_shares import signed, source_note, source_sentences

if TYPE_CHECKING:
    from tracer.analysis.source_shares import SourceShares
    from tracer.trace.step import Step

_STRONGEST = 8
"""So many tokens and layers stand in the tables of sums."""


def sources(
    path: TracePath,
    step: Annotated[int, typer.Option("--step", help="The step, from 0.")],
    which: SequenceOptions,
    rival: Annotated[
        str | None,
        typer.Option(
            "--rival", help="Another token: its text or #id; else the runner-up.", show_default=False
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option("--model", help="Load this model: demo, a folder, or a hub id.", show_default=False),
    ] = None,
    checkpoint: Annotated[
        str | None,
        typer.Option(
            "--checkpoint", help="Read the weights from this folder; else the recorded.", show_default=False
        ),
    ] = None,
    top: Annotated[int, typer.Option("--top", min=1, help="Contributions shown, strongest first.")] = 15,
    lang: Lang = "en",
    json: AsJson = False,
) -> None:
    """Show which token, through which head, pushed the chosen token ahead of a rival, and by how much.

    The parts sum to the difference of the recorded logits. Only a few weights are read from the model's files.
    """
    import tracer

    require_language(lang)
    language = cast(Language, lang)
    chosen = tracer.open_trace(path).step(step, call=which.call, row=which.row)
    answer = _compute(chosen, rival, model, checkpoint)
    if json:
        spoken = {"en": source_sentences(answer, "en"), "zh": source_sentences(answer, "zh")}
        print_json({"sentences": spoken, **answer.describe(top)})
        return
    print_answer(
        plain_text(source_sentences(answer, language)),
        _ranked(answer, top, language),
        _by_source(answer, language),
        _by_layer(answer, language),
        plain_text(source_note(answer, language)),
    )


def _compute(step: "Step", rival: str | None, model: str | None, checkpoint: str | None) -> "SourceShares":
    from tracer.live.loading.models import load_model, require_live_packages

    require_live_packages("tracer sources")
    from tracer.cli.recording import quiet_transformers
    from tracer.live.source_accounting import sources as compute

    with quiet_transformers(), progress_line() as line:
        loaded = None
        if model is not None:
            info = step.call.trace.model
            loaded, _ = load_model(model, dtype=info.dtype, progress=line.report)
        line.report("taking the logits apart", 0, 0)
        return compute(step, rival=rival, model=loaded, checkpoint=checkpoint)


def _columns(lang: Language, *names: str) -> list[str]:
    return [compose(f"sources_column_{name}", lang) for name in names]


def _ranked(shares: "SourceShares", top: int, lang: Language) -> Table:
    columns = _columns(lang, "token", "position", "layer", "head", "value")
    table = new_table(*columns, right=columns[1:])
    for one in shares.top(top):
        place = (str(one.position), str(one.layer), str(one.head))
        table.add_row(Text(one.token), *place, signed(one.value))
    return table


def _by_source(shares: "SourceShares", lang: Language) -> Table:
    columns = _columns(lang, "token", "position", "heads")
    table = new_table(*columns, right=columns[1:])
    sums = shares.by_source
    for place in np.argsort(-np.abs(sums), kind="stable")[:_STRONGEST].tolist():
        table.add_row(Text(shares.source_tokens[place]), str(shares.positions[place]), signed(sums[place]))
    return table


def _by_layer(shares: "SourceShares", lang: Language) -> Table:
    columns = _columns(lang, "layer", "attention", "mlp")
    table = new_table(*columns, right=columns)
    attention = shares.attention_by_layer
    size = np.abs(attention) + np.abs(shares.mlp)
    for layer in np.argsort(-size, kind="stable")[:_STRONGEST].tolist():
        table.add_row(str(layer), signed(attention[layer]), signed(shares.mlp[layer]))
    return table
