"""The logits processors and stopping criteria that listen: they return exactly what they were given.

`RecordingLogitsProcessor` stands before the first and behind every processor of a call's list; a stage is known by
its position. `RecordingStoppingCriteriaList` keeps its members and `max_length` visible.

Source: transformers 5.17 and 5.23, generation/logits_process.py and stopping_criteria.py.
"""

from collections.abc import Iterator
from typing import Any, Protocol

import torch
from transformers import LogitsProcessor, LogitsProcessorList, StoppingCriteriaList


class StepListener(Protocol):
    """Told about every stage of the scores and every verdict."""

    def on_stage(self, stage: int, input_ids: torch.Tensor, scores: torch.Tensor) -> None: ...

    def on_verdict(self, input_ids: torch.Tensor, verdicts: list[torch.Tensor]) -> None: ...


class RecordingLogitsProcessor(LogitsProcessor):  # type: ignore[misc]  # transformers is untyped
    """Shows the scores of one stage to a listener and hands them on untouched.

    Exactly two call parameters: `LogitsProcessorList` inspects signatures.
    """

    def __init__(self, stage: int, listener: StepListener) -> None:
        self.stage = stage
        self.listener = listener

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Returns `scores`, (rows, vocab), the same object."""
        self.listener.on_stage(self.stage, input_ids, scores)
        return scores


def with_recorders(processors: LogitsProcessorList, listener: StepListener) -> LogitsProcessorList:
    """Returns the list with a recorder before the first and behind every processor."""
    recorded = type(processors)()
    recorded.append(RecordingLogitsProcessor(0, listener))
    for stage, processor in enumerate(processors, start=1):
        recorded.extend((processor, RecordingLogitsProcessor(stage, listener)))
    return recorded


class RecordingStoppingCriteriaList(StoppingCriteriaList):  # type: ignore[misc]  # transformers is untyped
    """The same criteria in the same order; while it is called, each member's verdict is noted.

    The loop over the members is transformers' own: only what it iterates over differs during a call.
    """

    def __init__(self, criteria: StoppingCriteriaList, listener: StepListener) -> None:
        super().__init__(criteria)
        self._listener = listener
        self._verdicts: list[torch.Tensor] | None = None

    def __iter__(self) -> Iterator[Any]:
        if self._verdicts is None:
            return iter(list.__iter__(self))
        return (self._noting(criterion) for criterion in list[Any].__iter__(self))

    def _noting(self, criterion: Any) -> Any:
        def judge(*args: Any, **kwargs: Any) -> Any:
            verdict = criterion(*args, **kwargs)
            if self._verdicts is not None:
                self._verdicts.append(verdict)
            return verdict

        return judge

    def __call__(self, input_ids: torch.Tensor, scores: Any, **kwargs: Any) -> Any:
        """Returns what the plain list returns: a bool tensor (rows,)."""
        self._verdicts = []
        try:
            is_done = super().__call__(input_ids, scores, **kwargs)
            verdicts = self._verdicts
        finally:
            self._verdicts = None
        self._listener.on_verdict(input_ids, verdicts)
        return is_done
