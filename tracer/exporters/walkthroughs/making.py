"""The walk-through of a new call, or of one in a trace that is run again; and the file that it becomes.

A call of a model with an encoder cannot be recorded as a trace; its page has what the call itself told.
"""

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tracer.errors import MissingExtraError, TargetError, TraceExistsError
from tracer.pictures.walkthroughs.page import Walkthrough, walkthrough_page
from tracer.pictures.walkthroughs.run import run_of_call
from tracer.trace.trace import Trace
from tracer.wording.composition import Language

_NEEDED = ("jinja2", "pygments")
_WRITERS = (".html", ".md")
_MOST_STEPS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCall:
    """A prompt, the settings of `generate`, and what is shown of it."""

    prompt: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None
    steps: Sequence[int] = (0, 1)
    lang: Language = "en"


def require_page(to: Path, steps: Sequence[int], *, overwrite: bool) -> None:
    """Raises what would keep the page from being written, before anything runs.

    Raises:
        ValueError: the suffix is no form of a walk-through, or there are too few or too many steps.
        TraceExistsError: the file is there already.
        MissingExtraError: a library that writes pages is not installed.
    """
    if to.suffix not in _WRITERS:
        raise ValueError(f"{str(to)!r} ends in neither .html nor .md. Type tour.html.")
    if to.exists() and not overwrite:
        raise TraceExistsError(
            f"{str(to)!r} is there already. Replace it with overwrite=True (--overwrite), or name another file."
        )
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise MissingExtraError(
            f"A walk-through needs {', '.join(missing)}, not installed. Type pip install 'generation-tracer[export]'."
        )
    if not 1 <= len(steps) <= _MOST_STEPS:
        given = ",".join(map(str, steps))
        raise ValueError(
            f"steps {given!r} names {len(steps)} steps; 1 to 4 fit a page. Type steps=(0, 1) (--steps 0,1)."
        )


def new_walkthrough(model: Any, tokenizer: Any, asked: NewCall) -> Walkthrough:
    """Returns the walk-through of a call that runs now.

    Raises:
        ModelError: the prompt is empty or too long for the model.
    """
    import torch

    import tracer
    from tracer.live.loading.prompts import check_context, prepare_prompt
    from tracer.live.source_lines.line_recording import recording_lines
    from tracer.live.source_lines.surroundings import tokenizer_lines
    from tracer.live.walkthroughs import live_facts, unrecorded_run

    prepared = prepare_prompt(model, tokenizer, asked.prompt)
    check_context(model, prepared, int(asked.settings.get("max_new_tokens", 0)))
    if asked.seed is not None:
        torch.manual_seed(asked.seed)
    with ExitStack() as stack:
        to = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "walkthrough.trace"
        lines = stack.enter_context(recording_lines(model, steps=asked.steps))
        has_trace = not model.config.is_encoder_decoder
        if has_trace:
            with tracer.record(model, tokenizer, to=to, messages=prepared.messages):
                model.generate(**prepared.inputs, **asked.settings)
        else:
            model.generate(**prepared.inputs, **asked.settings)
        record = lines.record()
        run = (
            run_of_call(tracer.open_trace(to).call(0))
            if has_trace
            else unrecorded_run(model, tokenizer, prepared, record, asked.settings)
        )
        around = tokenizer_lines(tokenizer, run, prepared.messages, text=prepared.text)
        return walkthrough_page(record, run, asked.lang, live=live_facts(model, around))


def repeated_walkthrough(
    trace: Trace,
    model: Any,
    tokenizer: Any,
    *,
    call: int = 0,
    steps: Sequence[int] = (0, 1),
    lang: Language = "en",
) -> Walkthrough:
    """Returns the walk-through of a recorded call, run again with its seed and settings.

    Raises:
        ModelError: the model is not the recorded one, or gives other tokens.
        SignalMissingError: the trace does not hold what the call began with.
    """
    from tracer.live.source_lines.repeated_lines import repeat_lines
    from tracer.live.source_lines.surroundings import tokenizer_lines
    from tracer.live.walkthroughs import live_facts

    record = repeat_lines(trace, model, call, tokenizer=tokenizer, steps=steps)
    recorded = trace.call(call)
    run = run_of_call(recorded)
    around = {} if tokenizer is None else tokenizer_lines(tokenizer, run, recorded.info.messages)
    return walkthrough_page(record, run, lang, live=live_facts(model, around), is_repeated=True)


def write_page(value: Walkthrough, to: Path) -> int:
    """Writes the page in the form of its suffix, and returns its size in bytes.

    Raises:
        TargetError: the file cannot be written.
    """
    from tracer.exporters.walkthroughs import html_page, markdown_page

    text = html_page(value) if to.suffix == ".html" else markdown_page(value)
    raw = text.encode("utf-8", errors="backslashreplace")
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(raw)
    except OSError as error:
        raise TargetError(
            f"{str(to)!r} cannot be written ({error.strerror}). Name another file, such as tour.html."
        ) from error
    return len(raw)
