"""What a walk-through says of a run: what was asked and answered, settings, and the token that is followed.

From the trace of the call; `tracer.live.walkthroughs` makes one where the call cannot be recorded. Of the first row.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tracer.errors import SignalMissingError
from tracer.schema import ConfigParameter, ModelInfo, ModelStructure

if TYPE_CHECKING:
    from tracer.trace.call import Call
    from tracer.trace.step import Step


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is shown, with its id."""

    text: str
    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One call.

    `prompt` is the whole text that was read, template included, `tokens` the same cut up. The token that is
    `followed` is the last one that the decoder read, at `position`; `chosen` came out. `step` has the probabilities,
    where the call was recorded.
    """

    model: ModelInfo
    structure: ModelStructure | None
    asked: str
    prompt: str
    tokens: tuple[Token, ...]
    answer: str
    answer_ids: tuple[int, ...]
    mode: str
    settings: Mapping[str, ConfigParameter]
    processors: tuple[str, ...]
    criteria: tuple[str, ...]
    terminators: tuple[Token, ...]
    followed: Token | None
    position: int
    chosen: Token | None
    step: "Step | None" = None


def run_of_call(call: "Call") -> Run:
    """Returns what the trace of a call says."""
    sequence, vocabulary, trace = call.sequences[0], call.trace.vocabulary, call.trace
    tokens = tuple(Token(vocabulary.visible(one), one) for one in sequence.prompt_ids)
    messages = call.info.messages or []
    first = sequence.steps[0] if sequence.steps else None
    ends = end_ids(call.info.generation_config)
    return Run(
        model=trace.model,
        structure=_structure(call),
        asked=messages[-1]["content"] if messages else sequence.prompt_text,
        prompt=sequence.prompt_text,
        tokens=tokens,
        answer=vocabulary.text(sequence.token_ids, skip_special=True),
        answer_ids=tuple(sequence.token_ids),
        mode=call.info.mode,
        settings=call.info.generation_config,
        processors=call.stage_names[1:],
        criteria=call.criterion_names,
        terminators=tuple(Token(vocabulary.visible(one), one) for one in ends),
        followed=tokens[-1] if tokens else None,
        position=call.info.prefix_len + len(tokens) - 1,
        chosen=None if first is None else Token(first.token, first.token_id),
        step=first,
    )


def end_ids(settings: Mapping[str, ConfigParameter]) -> tuple[int, ...]:
    """Returns the ids that end an answer, as they were given."""
    given: Any = settings["eos_token_id"].value if "eos_token_id" in settings else None
    return tuple(one for one in (given if isinstance(given, list) else [given]) if isinstance(one, int))


def _structure(call: "Call") -> ModelStructure | None:
    try:
        return call.trace.structure
    except SignalMissingError:
        return None
