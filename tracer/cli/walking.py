"""The command `walkthrough`: the lines that one call ran, as a page; of a new call, or of one in a trace run again."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from tracer.cli.console import ProgressLine, print_answer, progress_line
from tracer.cli.options import Lang, ModelOptions, SamplingOptions, parse_numbers
from tracer.cli.recording import quiet_transformers
from tracer.cli.tables import plain_text
from tracer.config import format_bytes
from tracer.errors import MissingExtraError, TargetError, TraceExistsError
from tracer.wording.composition import Language, compose, require_language

if TYPE_CHECKING:
    from tracer.pictures.walkthrough import Walkthrough

_NEEDED = ("jinja2", "pygments")
_WRITERS = (".html", ".md")


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
    steps = _checked(page, path, sampling)
    from tracer.live.loading.models import require_live_packages

    require_live_packages("tracer walkthrough")
    language = cast(Language, lang)
    with quiet_transformers(), progress_line() as line:
        if path is None:
            value = _new(page, model, sampling, steps, (language, line))
        else:
            value = _repeated(path, page, model, steps, (language, line))
    size = _write(page.to, value)
    words = {"stations": str(len(value.stations)), "lines": str(value.num_lines), "size": format_bytes(size)}
    print_answer(plain_text(compose("walk.summary", language, path=str(page.to), **words)))


def _checked(page: PageOptions, path: Path | None, sampling: SamplingOptions) -> Sequence[int]:
    """Refuses what cannot work before a model is loaded; returns the steps."""
    if (path is None) == (page.prompt is None):
        raise ValueError(
            "A walk-through is of a new prompt or of a trace, exactly one of them. "
            "Type --prompt 'Hello' or the folder of a trace."
        )
    if page.to.suffix not in _WRITERS:
        raise ValueError(f"--to {str(page.to)!r} ends in neither .html nor .md. Type --to tour.html.")
    if page.to.exists() and not page.overwrite:
        raise TraceExistsError(f"{str(page.to)!r} exists. Add --overwrite, or name another file.")
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise MissingExtraError(
            f"A walk-through needs {', '.join(missing)}, not installed. Type pip install 'generation-tracer[export]'."
        )
    sampling.arguments()
    steps = parse_numbers(page.steps, "--steps") or ()
    if not 1 <= len(steps) <= 4:
        raise ValueError(
            f"--steps {page.steps!r} names {len(steps)} steps; 1 to 4 fit a page. Type --steps 0,1."
        )
    return steps


def _new(
    page: PageOptions,
    options: ModelOptions,
    sampling: SamplingOptions,
    steps: Sequence[int],
    at: tuple[Language, ProgressLine],
) -> "Walkthrough":
    import torch

    import tracer
    from tracer.live.loading.models import load_model
    from tracer.live.loading.prompts import check_context, prepare_prompt
    from tracer.live.source_lines.line_recording import recording_lines
    from tracer.live.walkthroughs import live_facts
    from tracer.pictures.walkthrough import walkthrough as make

    language, line = at
    model, tokenizer = load_model(
        options.model, dtype=options.dtype, device=options.device, progress=line.report
    )
    prepared = prepare_prompt(model, tokenizer, page.prompt or "")
    check_context(model, prepared, page.max_new_tokens)
    if sampling.seed is not None:
        torch.manual_seed(sampling.seed)
    with tempfile.TemporaryDirectory() as folder:
        to = Path(folder) / "walkthrough.trace"
        with (
            recording_lines(model, steps=steps) as lines,
            tracer.record(model, tokenizer, to=to, messages=prepared.messages),
        ):
            model.generate(**prepared.inputs, max_new_tokens=page.max_new_tokens, **sampling.arguments())
        return make(lines.record(), tracer.open_trace(to).call(0), language, live=live_facts(model))


def _repeated(
    path: Path,
    page: PageOptions,
    options: ModelOptions,
    steps: Sequence[int],
    at: tuple[Language, ProgressLine],
) -> "Walkthrough":
    import tracer
    from tracer.live.loading.models import load_model
    from tracer.live.source_lines.repeated_lines import repeat_lines
    from tracer.live.walkthroughs import live_facts
    from tracer.pictures.walkthrough import walkthrough as make

    language, line = at
    trace = tracer.open_trace(path)
    name, dtype, device = _recorded_model(trace, options)
    attention = trace.model.attn_implementation
    model, tokenizer = load_model(
        name, dtype=dtype, device=device, attn_implementation=attention, progress=line.report
    )
    record = repeat_lines(trace, model, page.call, tokenizer=tokenizer, steps=steps)
    return make(record, trace.call(page.call), language, live=live_facts(model), is_repeated=True)


def _recorded_model(trace: Any, options: ModelOptions) -> tuple[str, str | None, str | None]:
    """Returns name, dtype and device of the model: as typed, else as recorded."""
    recorded = trace.model
    name = options.model if options.model != ModelOptions().model else recorded.name
    device = options.device or ("cpu" if recorded.device == "cpu" else None)
    return name, options.dtype or recorded.dtype, device


def _write(to: Path, value: "Walkthrough") -> int:
    from tracer.exporters.walkthrough import html_page, markdown_page

    text = html_page(value) if to.suffix == ".html" else markdown_page(value)
    raw = text.encode("utf-8", errors="backslashreplace")
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(raw)
    except OSError as error:
        raise TargetError(
            f"{str(to)!r} cannot be written ({error.strerror}). Name another file: --to tour.html."
        ) from error
    return len(raw)
