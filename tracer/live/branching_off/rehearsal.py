"""What `generate` would do with given arguments, found out before anything is computed or written.

transformers itself resolves the settings and builds processors and criteria; the call is left before its first
forward. What it refuses, and what cannot be recorded, raises here.
"""

from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Any

import torch

from tracer.recording.listening.modes import judge_arguments, judge_resolved
from tracer.recording.model.front import fronted

_STOPPED_BY_CLOCK = "MaxTimeCriteria"
_CRITERIA_MODULE = "transformers.generation.stopping_criteria"


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The processors and criteria of a call, in order."""

    processors: tuple[Any, ...]
    criteria: tuple[Any, ...]

    @property
    def processor_names(self) -> tuple[str, ...]:
        """Their class names."""
        return tuple(type(processor).__name__ for processor in self.processors)

    @property
    def criterion_names(self) -> tuple[str, ...]:
        """Their class names."""
        return tuple(type(criterion).__name__ for criterion in self.criteria)

    def stops_within(self, token_ids: torch.Tensor, prompt_len: int) -> tuple[int, str] | None:
        """Returns the first step of (1, columns) ids at which transformers' own criteria stop, and which one does."""
        own = [criterion for criterion in self.criteria if _judges_tokens(criterion)]
        for columns in range(prompt_len + 1, token_ids.shape[1] + 1):
            for criterion in own:
                if bool(criterion(token_ids[:, :columns], None).all()):
                    return columns - prompt_len - 1, type(criterion).__name__
        return None


def _judges_tokens(criterion: Any) -> bool:
    return type(criterion).__module__ == _CRITERIA_MODULE and type(criterion).__name__ != _STOPPED_BY_CLOCK


class _Rehearsed(Exception):
    """Leaves `generate` before its first forward."""


def rehearse(model: Any, arguments: dict[str, Any]) -> Rehearsal:
    """Returns what `model.generate(**arguments)` would use.

    Raises:
        UnsupportedCallError: the call could not be recorded.
        ValueError: transformers refuses a setting.
    """
    judge_arguments(model, arguments)
    taken: dict[str, tuple[Any, ...]] = {}

    def wrap_processors(original: Any) -> Any:
        def get_logits_processor(*args: Any, **kwargs: Any) -> Any:
            processors = original(*args, **kwargs)
            taken["processors"] = tuple(processors)
            judge_resolved(model, kwargs["generation_config"], kwargs.get("model_kwargs") or {})
            return processors

        return get_logits_processor

    def wrap_criteria(original: Any) -> Any:
        def get_stopping_criteria(*args: Any, **kwargs: Any) -> Any:
            taken["criteria"] = tuple(original(*args, **kwargs))
            raise _Rehearsed

        return get_stopping_criteria

    with ExitStack() as stack:
        stack.enter_context(fronted(model, "_get_logits_processor", wrap_processors))
        stack.enter_context(fronted(model, "_get_stopping_criteria", wrap_criteria))
        stack.enter_context(suppress(_Rehearsed))
        # The class's own: a `record` block around this would note the call.
        type(model).generate(model, **arguments)
    return Rehearsal(taken["processors"], taken["criteria"])
