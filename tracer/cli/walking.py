"""The command `walkthrough`: the lines that one call ran, as a page; of a new call, or of one in a trace run again."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from tracer.cli.console import ProgressLine, print_answer, progress_line
from tracer.cli.options import Lang, ModelOptions, SamplingOptions, parse_numbers
from tracer.cli.recording import quiet_transformers
from tracer.cli.tables import plain_text
from tracer.config import format_bytes
from tracer.wording.composition import Language, compose, require_language

if TYPE_CHECKING:
    from tracer.pictures.walkthroughs.page import Walkthrough


@dataclass(frozen=True, slots=True, kw_only=True)
class PageOptions:
    """What the page is of and where it goes."""

    to: Annotated[Path, typer.Option("--to", help="The page to write: tour.html or tour.md.")]
    prompt: Annotated[
        str | None,
        typer.Option("--prompt", help="What the model is asked; without TRACE.", show_default=False),
    ] = None
    steps: Annotated[
        str, typer.Option("--steps", help="The steps whose lines stand side by side; 0 is the prefill.")
    ] = "0,1"
    max_new_tokens: Annotated[int, typer.Option("--max-new-tokens", min=1, help="Length of the answer.")] = 16
    call: Annotated[int, typer.Option("--call", min=0, help="Which call of TRACE.")] = 0
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the page.")] = False


def walkthrough(
    page: PageOptions,
    model: ModelOptions,
    sampling: SamplingOptions,
    path: Annotated[
        Path | None, typer.Argument(help="A trace whose call is run again.", metavar="[TRACE]")
    ] = None,
    lang: Lang = "en",
) -> None:
    """Write the lines that a generate call really runs as a page, station by station, with their values.

    Of a new call with `--model` and `--prompt`. Of a call in a trace it runs the call again with its recorded seed
    and settings, and refuses if the tokens differ.
    """
    require_language(lang)
    _checked(page, path, sampling)
    from tracer.live.loading.models import require_live_packages

    require_live_packages("tracer walkthrough")
    with quiet_transformers(), progress_line() as line:
        value = (
            _new(page, model, sampling, lang, line)
            if path is None
            else _repeated(path, page, model, lang, line)
        )
    from tracer.exporters.walkthroughs.making import write_page

    size = write_page(value, page.to)
    words = {"stations": str(len(value.stations)), "lines": str(value.num_lines), "size": format_bytes(size)}
    print_answer(plain_text(compose("walk.summary", cast(Language, lang), path=str(page.to), **words)))


def _checked(page: PageOptions, path: Path | None, sampling: SamplingOptions) -> None:
    """Refuses what cannot work before a model is loaded."""
    from tracer.exporters.walkthroughs.making import require_page

    if (path is None) == (page.prompt is None):
        raise ValueError(
            "A walk-through is of a new prompt or of a trace, exactly one of them. "
            "Type --prompt 'Hello' or the folder of a trace."
        )
    sampling.arguments()
    require_page(page.to, _steps(page), overwrite=page.overwrite)


def _steps(page: PageOptions) -> Sequence[int]:
    return parse_numbers(page.steps, "--steps") or ()


def _new(
    page: PageOptions, options: ModelOptions, sampling: SamplingOptions, lang: str, line: ProgressLine
) -> "Walkthrough":
    from tracer.exporters.walkthroughs.making import NewCall, new_walkthrough
    from tracer.live.loading.models import load_model

    model, tokenizer = load_model(
        options.model, dtype=options.dtype, device=options.device, progress=line.report
    )
    asked = NewCall(
        prompt=page.prompt or "",
        settings={"max_new_tokens": page.max_new_tokens, **sampling.arguments()},
        seed=sampling.seed,
        steps=_steps(page),
        lang=cast(Language, lang),
    )
    return new_walkthrough(model, tokenizer, asked)


def _repeated(
    path: Path, page: PageOptions, options: ModelOptions, lang: str, line: ProgressLine
) -> "Walkthrough":
    import tracer
    from tracer.exporters.walkthroughs.making import repeated_walkthrough
    from tracer.live.loading.models import load_model

    trace = tracer.open_trace(path)
    name, dtype, device = _recorded_model(trace, options)
    attention = trace.model.attn_implementation
    model, tokenizer = load_model(
        name, dtype=dtype, device=device, attn_implementation=attention, progress=line.report
    )
    steps, language = _steps(page), cast(Language, lang)
    return repeated_walkthrough(trace, model, tokenizer, call=page.call, steps=steps, lang=language)


def _recorded_model(trace: Any, options: ModelOptions) -> tuple[str, str | None, str | None]:
    """Returns name, dtype and device of the model: as typed, else as recorded."""
    recorded = trace.model
    name = options.model if options.model != ModelOptions().model else recorded.name
    device = options.device or ("cpu" if recorded.device == "cpu" else None)
    return name, options.dtype or recorded.dtype, device
