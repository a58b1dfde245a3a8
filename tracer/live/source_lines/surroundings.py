"""Source lines that run around a `generate` call: the model built from its configuration, the tokenizer at work.

Each is run once more for its lines: the model on the meta device, without weights; nothing of the model at hand and
no random state changes. What cannot be run again, or gives something else than it gave, has no lines.
"""

import copy
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import CodeType
from typing import Any

import torch

from tracer.analysis.executed_lines import ExecutedFrame
from tracer.live.source_lines.events import events_for
from tracer.live.source_lines.journal import Journal, Target
from tracer.live.source_lines.summaries import Summaries
from tracer.live.source_lines.targets import function_codes, method_codes
from tracer.pictures.walkthroughs.run import Run

logger = logging.getLogger(__name__)

Frames = tuple[ExecutedFrame, ...]
_TOKENIZER_METHODS = (
    "apply_chat_template",
    "render_jinja_template",
    "__call__",
    "_encode_plus",
    "decode",
    "_decode",
)
_INIT = "__init__"


def construction_lines(model: Any) -> Frames:
    """Returns the lines of the constructors that build a model of this configuration, each class's first call."""
    kinds = {base for module in model.modules() for base in type(module).__mro__}
    home = type(model).__module__
    inits = [vars(kind)[_INIT] for kind in kinds if kind.__module__ == home and _INIT in vars(kind)]

    def build() -> None:
        with torch.device("meta"):
            type(model)(copy.deepcopy(model.config))

    with torch.random.fork_rng(devices=[]):
        return _lines_of(build, method_codes(type(model), _INIT)[:1], inits)[1]


def tokenizer_lines(
    tokenizer: Any, run: Run, messages: Sequence[Mapping[str, str]] | None, *, text: str | None = None
) -> dict[str, Frames]:
    """Returns by station the lines of the tokenizer from the prompt to its ids, and from the answer's ids to text.

    Args:
        messages: where the prompt went through the chat template.
        text: the prompt, where that is known apart from its ids.
    """

    def encode() -> Any:
        if messages is None:
            return tokenizer(run.prompt if text is None else text, return_tensors="pt")
        return tokenizer.apply_chat_template(
            list(messages), add_generation_prompt=True, return_tensors="pt", return_dict=True
        )

    encoded, before = _lines_of_tokenizer(tokenizer, encode, ("apply_chat_template", "__call__"))
    ids = [] if encoded is None else encoded["input_ids"][0].tolist()
    answer = list(run.answer_ids)
    after = _lines_of_tokenizer(
        tokenizer, lambda: tokenizer.decode(answer, skip_special_tokens=True), ("decode",)
    )[1]
    return {"prompt": before if ids == [one.id for one in run.tokens] else (), "decode": after}


def _lines_of_tokenizer(tokenizer: Any, call: Callable[[], Any], roots: Iterable[str]) -> tuple[Any, Frames]:
    kind = type(tokenizer)
    first = [code for name in roots for code in method_codes(kind, name)[:1]]
    others = [vars(base)[name] for base in kind.__mro__ for name in _TOKENIZER_METHODS if name in vars(base)]
    return _lines_of(call, first, others)


def _lines_of(
    call: Callable[[], Any], roots: Iterable[CodeType], others: Iterable[Callable[..., Any]]
) -> tuple[Any, Frames]:
    """Returns the result and the frames of a call; nothing of either where it fails."""
    journal = Journal(Summaries({}).summarize, frozenset())
    journal.targets = {code: Target() for function in others for code in function_codes(function)}
    journal.targets |= {code: Target(is_root=True) for code in roots}
    events = events_for(journal)
    events.open()
    try:
        events.follow(journal.targets)
        events.resume()
        result = call()
    except Exception as error:  # a configuration or tokenizer of somebody's own may need more than this
        logger.info("no source lines: %s: %s", type(error).__name__, error)
        return None, ()
    finally:
        events.close()
        journal.clear()
    return result, () if events.fault is not None else tuple(journal.frames())
