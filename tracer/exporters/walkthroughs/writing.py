"""`walkthrough`: the lines that a `generate` call really runs, station by station, written as a page.

tracer.walkthrough(model, tokenizer, prompt="Hello", to="tour.html")
tracer.walkthrough("runs/x.trace", to="tour.md", lang="zh")
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from tracer.exporters.walkthroughs.making import (
    NewCall,
    new_walkthrough,
    repeated_walkthrough,
    require_page,
    write_page,
)
from tracer.pictures.walkthroughs.page import Walkthrough
from tracer.trace.opening import open_trace
from tracer.trace.trace import Trace
from tracer.wording.composition import Language, require_language

_NEW_TOKENS = 16


def walkthrough(
    source: Any,
    tokenizer: Any = None,
    *,
    to: str | Path,
    prompt: str | None = None,
    model: Any = None,
    call: int = 0,
    steps: Sequence[int] = (0, 1),
    lang: str = "en",
    seed: int | None = None,
    overwrite: bool = False,
    **settings: Any,
) -> Path:
    """Writes a walk-through of a new call of a model, or of a call in a trace, and returns its path.

    A new call takes a prompt and any setting of `generate`; its answer has at most 16 tokens unless
    `max_new_tokens` says otherwise. A recorded call is run again with its recorded seed and settings.

    Args:
        source: a model, or a trace or its path.
        tokenizer: of the model; of a trace it is loaded with the model where neither is given.
        to: tour.html, or tour.md.
        prompt: what the model is asked; not with a trace.
        model: the live model that was recorded; without it, the one that the trace names is loaded.
        call: which call of the trace.
        steps: those whose lines stand side by side, 1 to 4 of them; 0 is the prefill.
        lang: "en" or "zh".
        seed: of the draws of a new call.
        overwrite: replaces a page that is there.

    Raises:
        ValueError: both or neither of prompt and trace are given, or the suffix, language or steps cannot be.
        ModelError: the model is not the recorded one, or gives other tokens.
        SignalMissingError: the trace does not hold what the call began with.
        TraceExistsError: the file is there already.
        TargetError: the file cannot be written.
        MissingExtraError: a library that writes pages is not installed.
    """
    require_language(lang)
    path, language = Path(to), cast(Language, lang)
    of_trace = isinstance(source, str | Path | Trace)
    if of_trace == (prompt is not None) or (of_trace and (settings or seed is not None)):
        raise ValueError(
            "A walk-through is of a new prompt or of a trace, exactly one of them; a trace has its own settings. "
            "Type walkthrough(model, tokenizer, prompt='Hello', to='tour.html') or walkthrough('x.trace', to=...)."
        )
    require_page(path, steps, overwrite=overwrite)
    if of_trace:
        trace = source if isinstance(source, Trace) else open_trace(source)
        value = _of_trace(trace, model, tokenizer, {"call": call, "steps": steps, "lang": language})
    else:
        given = {"max_new_tokens": _NEW_TOKENS, **settings}
        asked = NewCall(prompt=str(prompt), settings=given, seed=seed, steps=steps, lang=language)
        value = new_walkthrough(source, tokenizer, asked)
    write_page(value, path)
    return path


def _of_trace(trace: Trace, model: Any, tokenizer: Any, wanted: dict[str, Any]) -> Walkthrough:
    if model is None:
        from tracer.live.replaying.recorded_call import load_recorded

        model, tokenizer = load_recorded(trace.model)
    return repeated_walkthrough(trace, model, tokenizer, **wanted)
