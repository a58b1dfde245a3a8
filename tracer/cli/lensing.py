"""The command `lens`: what each layer would have said at a step. It reads only norm and head where it can."""

from typing import TYPE_CHECKING, Annotated, Any, cast

import typer
from rich.table import Table
from rich.text import Text

from tracer.cli.console import print_answer, print_json, progress_line
from tracer.cli.options import AsJson, Lang, SequenceOptions, TracePath
from tracer.cli.tables import new_table, plain_text
from tracer.wording import numbers
from tracer.wording.composition import Language, compose, require_language
from tracer.wording.layer_predictions import lens_sentences

if TYPE_CHECKING:
    from tracer.analysis.logit_lens import Lens, LensLayer
    from tracer.trace.step import Step


def lens(
    path: TracePath,
    step: Annotated[int, typer.Option("--step", help="The step, from 0.")],
    which: SequenceOptions,
    model: Annotated[
        str | None,
        typer.Option(
            "--model", help="demo, a local folder, or a hub id; else the recorded name.", show_default=False
        ),
    ] = None,
    top: Annotated[int, typer.Option("--top", min=1, help="Tokens shown per layer.")] = 5,
    lang: Lang = "en",
    json: AsJson = False,
) -> None:
    """Show what each layer would have said (logit lens): rank and probability of the chosen token.

    Norm and head are read from the model's files; only where that cannot be done is the whole model loaded. The
    answer is kept in the trace.
    """
    import tracer

    require_language(lang)
    language = cast(Language, lang)
    chosen = tracer.open_trace(path).step(step, call=which.call, row=which.row)
    answer = _compute(chosen, model, top)
    if json:
        spoken = {"en": lens_sentences(answer, "en"), "zh": lens_sentences(answer, "zh")}
        print_json({"sentences": spoken, **answer.describe()})
        return
    print_answer(plain_text(lens_sentences(answer, language)), lens_table(answer, language))
    print_answer(plain_text(compose("lens_note", language)))


def _compute(step: "Step", model: str | None, top: int) -> "Lens":
    """Returns the lens: kept, from norm and head alone, or with the whole model."""
    from tracer.analysis.kept_lens import kept_lens
    from tracer.cli.recording import quiet_transformers
    from tracer.live.layer_predictions import compute_lens
    from tracer.live.loading.models import require_live_packages

    kept = kept_lens(step, top=top)
    if kept is not None:
        return kept
    require_live_packages("tracer lens")
    from tracer.live.loading.models import load_model
    from tracer.live.reading_weights.checkpoint_tensors import UnreadableFilesError

    with quiet_transformers(), progress_line() as line:
        try:
            return compute_lens(step, checkpoint=model, top=top, progress=line.report)
        except UnreadableFilesError:
            recorded = step.call.trace.model
            device = "cpu" if recorded.device == "cpu" else None
            name = model or recorded.name
            loaded: Any = load_model(name, dtype=recorded.dtype, device=device, progress=line.report)[0]
            return compute_lens(step, model=loaded, top=top, progress=line.report)


def lens_table(lens: "Lens", lang: Language) -> Table:
    """Returns one row per layer: rank with its change, probability, entropy, KL, and the first tokens.

    The row of the layer that decided the chosen token is bold.
    """
    names = ("layer", "rank", "probability", "entropy", "kl", "top")
    values = {"rank": {"chosen": lens.chosen}}
    titles = [compose(f"lens_column_{name}", lang, **values.get(name, {})) for name in names]
    table = new_table(*titles, right=titles[:-1])
    before: LensLayer | None = None
    for layer in lens.layers:
        table.add_row(
            compose("lens_cell_embedding", lang) if layer.layer is None else str(layer.layer),
            _rank(layer, before),
            _probability(layer.probability, lang),
            f"{layer.entropy:.2f}",
            f"{layer.kl:.2f}",
            _tokens(lens, layer, lang),
            style="bold" if layer.stream == lens.decided_at else "",
        )
        before = layer
    return table


def _rank(layer: "LensLayer", before: "LensLayer | None") -> str:
    """Returns the rank with an arrow for how far it moved since the layer before: "▲12 #3"."""
    moved = 0 if before is None else before.rank - layer.rank
    arrow = f"{'▲' if moved > 0 else '▼'}{numbers.count(abs(moved))} " if moved else ""
    return f"{arrow}#{numbers.count(layer.rank + 1)}"


def _probability(probability: float, lang: Language) -> str:
    """Returns a probability in words, and one that words would only make long as a power of ten."""
    is_tiny = 0.0 < probability < 1e-6
    return f"{probability:.0e}" if is_tiny else numbers.percent(probability, lang)


def _tokens(lens: "Lens", layer: "LensLayer", lang: Language) -> Text:
    """Returns the first tokens, the probability of the first behind it, the chosen one marked."""
    text = Text()
    for place, token in enumerate(layer.top):
        is_chosen = token.token_id == lens.chosen_id
        text.append("  " if place else "")
        text.append(("✓" if is_chosen else "") + token.token, style="bold" if is_chosen else "")
        text.append(f" {numbers.percent(token.probability, lang)}" if place == 0 else "", style="dim")
    return text
