"""`record_lines`: the source lines that a real `generate` call runs, for chosen steps, with what each line bound.

    with recording_lines(model, steps=(0, 1)) as lines:
        model.generate(**inputs)
    lines.record()

Five instance attributes stand in front of methods of the model for the length of the block; between the chosen steps
the run goes on without any trace function. Works inside a `tracer.record` block, and around one. The first `generate`
of the block is recorded, in whatever thread it runs.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar

import torch
import transformers
from transformers import LogitsProcessorList

from tracer.analysis.executed_lines import LineRecord, Part
from tracer.errors import ModelError, UnsupportedCallError
from tracer.live.source_lines.events import Events, events_for
from tracer.live.source_lines.journal import AFTER, BEFORE, Journal, Place
from tracer.live.source_lines.summaries import Summaries
from tracer.live.source_lines.targets import (
    LOOPS,
    find_targets,
    foreign_class_names,
    list_targets,
    module_paths,
)
from tracer.recording.model.front import fronted
from tracer.recording.model.target_model import inner_model

Result = TypeVar("Result")
Method = Callable[..., Any]
DEFAULT_STEPS = (0, 1)


class LineRecording:
    """One block's recording; `num_events` is how many calls and lines of followed functions were looked at."""

    def __init__(self, model: Any, steps: frozenset[int], source: Callable[[Journal], Events]) -> None:
        self._model = model
        self._journal = Journal(Summaries(module_paths(model)).summarize, steps)
        self._events = source(self._journal)
        self._has_begun = self._is_running = False
        self._round = -1
        self._steps: set[int] = set()
        self._chosen = steps
        self._output_ids: tuple[tuple[int, ...], ...] = ()
        self.processors: tuple[str, ...] = ()
        """The class names of the logits processors of the call, without those of this project."""

    @property
    def num_events(self) -> int:
        """How many events were looked at."""
        return self._journal.num_events

    def record(self) -> LineRecord:
        """Returns what was recorded.

        Raises:
            ModelError: no `generate` of the model ran in the block, or its lines could not be recorded.
            UnsupportedCallError: the decoding mode has no loop that is followed.
        """
        if not self._has_begun:
            raise ModelError(
                "No generate call of this model ran in the block, so there are no source lines. "
                "Call model.generate(...) inside it."
            )
        if self._events.fault is not None:
            raise ModelError(
                f"The source lines could not be recorded to the end: {self._events.fault}. "
                "The call itself was not touched. Record again without another tool that watches it."
            )
        frames = tuple(self._journal.frames())
        if not any(frame.function.name in LOOPS for frame in frames):
            raise UnsupportedCallError(
                f"The call ran none of {', '.join(LOOPS)}, so its source lines have no steps. "
                "Generate with greedy decoding, sampling or beams."
            )
        versions = {"torch": str(torch.__version__), "transformers": str(transformers.__version__)}
        steps = tuple(sorted(self._steps))
        return LineRecord(type(self._model).__name__, steps, frames, self._output_ids, versions)

    def around_generate(self, original: Method) -> Method:
        """Follows the first call from its beginning to its end."""

        def generate(*args: Any, **kwargs: Any) -> Any:
            if self._has_begun:
                return original(*args, **kwargs)
            self._has_begun = self._is_running = True
            try:
                self._begin()
                output = original(*args, **kwargs)
            finally:
                self._is_running = False
                self._events.close()
                self._journal.clear()
            self._output_ids = _rows(output)
            return output

        return generate

    def around_prefill(self, original: Method) -> Method:
        """The prefill, which stands before the loop, is part of step 0."""

        def _prefill(*args: Any, **kwargs: Any) -> Any:
            if not self._is_running:
                return original(*args, **kwargs)
            self._go_on(Place(Part.STEP, 0))
            try:
                return original(*args, **kwargs)
            finally:
                self._go_on(BEFORE)

        return _prefill

    def around_condition(self, original: Method) -> Method:
        """The loop's condition begins a step, or ends them all."""

        def _has_unfinished_sequences(*args: Any, **kwargs: Any) -> Any:
            goes_on = original(*args, **kwargs)
            if self._is_running:
                self._round += 1
                self._go_on(Place(Part.STEP, self._round) if goes_on else AFTER, is_round=True)
            return goes_on

        return _has_unfinished_sequences

    def around_list(self, original: Method) -> Method:
        """The members of a list that `generate` makes are followed too."""

        def get_list(*args: Any, **kwargs: Any) -> Any:
            members = original(*args, **kwargs)
            if self._is_running:
                targets = list_targets(members)
                if isinstance(members, LogitsProcessorList):
                    self.processors = foreign_class_names(members)
                self._journal.targets.update(targets)
                self._events.follow(targets)
            return members

        return get_list

    def _begin(self) -> None:
        self._journal.targets = find_targets(self._model)
        self._events.open()
        self._events.follow(self._journal.targets)
        self._events.resume()

    def _go_on(self, place: Place, *, is_round: bool = False) -> None:
        if is_round:
            self._journal.enter_round(place)
        else:
            self._journal.enter(place)
        if place.step is not None and place.step in self._chosen:
            self._steps.add(place.step)
        if self._journal.is_wanted:
            self._events.resume()
        else:
            self._events.pause()


@contextmanager
def recording_lines(
    model: Any, *, steps: Sequence[int] = DEFAULT_STEPS, source: Callable[[Journal], Events] = events_for
) -> Iterator[LineRecording]:
    """Records the source lines of the first `generate` call in the block.

    Args:
        model: what `generate` is called on, or holds it: a model, an adapter wrapper, a pipeline.
        steps: 0 is the prefill and the first choice.
        source: where line events come from; the default takes what this Python has.

    Raises:
        ValueError: `steps` is empty or holds a negative number.
        TypeError: the model cannot generate.
    """
    chosen = frozenset(steps)
    if not chosen or min(chosen) < 0:
        raise ValueError(f"steps={tuple(steps)!r} names no steps to record. Type for example steps=(0, 1).")
    inner = inner_model(model)
    lines = LineRecording(inner, chosen, source)
    with ExitStack() as stack:
        stack.enter_context(fronted(inner, "_get_logits_processor", lines.around_list))
        stack.enter_context(fronted(inner, "_get_stopping_criteria", lines.around_list))
        stack.enter_context(fronted(inner, "_prefill", lines.around_prefill))
        stack.enter_context(fronted(inner, "_has_unfinished_sequences", lines.around_condition))
        stack.enter_context(fronted(inner, "generate", lines.around_generate))
        yield lines


def record_lines(
    model: Any, call: Callable[[], Result], *, steps: Sequence[int] = DEFAULT_STEPS
) -> tuple[Result, LineRecord]:
    """Runs a function that calls `model.generate(...)`; returns its result and the lines of the chosen steps."""
    with recording_lines(model, steps=steps) as lines:
        result = call()
    return result, lines.record()


def _rows(output: Any) -> tuple[tuple[int, ...], ...]:
    sequences = output if isinstance(output, torch.Tensor) else getattr(output, "sequences", None)
    rows = sequences.tolist() if isinstance(sequences, torch.Tensor) else []
    return tuple(tuple(map(int, row)) for row in rows)
