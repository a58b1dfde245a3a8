"""The rounds of a call as generation saw them: all rows together, finished ones included.

A sequence ends with the step that finished it, but the loop goes on until every row has; processors and the
draw work on the whole batch. Reads a trace, computes nothing; numpy only.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tracer.store.format import step_entry
from tracer.trace.call import Call
from tracer.trace.step import Step

Scores = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Round:
    """One round. `steps` by row, of those still generating; `input_ids` are (rows, columns) int64."""

    index: int
    steps: dict[int, Step]
    input_ids: npt.NDArray[np.int64]

    @property
    def num_rows(self) -> int:
        """Rows of the batch."""
        return len(self.input_ids)

    def logits(self) -> Scores:
        """Returns the raw logits of all rows, (rows, vocab) float32.

        Raises:
            SignalMissingError: they were not recorded for this round.
        """
        step = next(iter(self.steps.values()))
        whole, arrays = step_entry(self.index, "logits"), step.call.files.arrays
        step.after(0)
        return np.asarray(arrays.read(whole), dtype=np.float32)

    def after(self, stage: int) -> dict[int, Scores]:
        """Returns the recorded scores after a stage, (vocab,) for each row that was still generating.

        Raises:
            SignalMissingError: they were not recorded for this round.
        """
        return {row: step.after(stage) for row, step in self.steps.items()}


def read_rounds(call: Call) -> Iterator[Round]:
    """Yields the rounds of a call, in order; finished rows take the padding token."""
    input_ids = np.asarray(call.info.prompt_ids, dtype=np.int64).reshape(call.info.num_rows, -1)
    steps_by_row = {sequence.row: sequence.steps for sequence in call.sequences}
    num_rounds = max(map(len, steps_by_row.values()), default=0)
    padding = _padding_id(call)
    for index in range(num_rounds):
        steps = {row: steps[index] for row, steps in steps_by_row.items() if index < len(steps)}
        yield Round(index, steps, input_ids)
        chosen = [steps[row].token_id if row in steps else padding for row in range(len(input_ids))]
        input_ids = np.concatenate([input_ids, np.array(chosen, dtype=np.int64)[:, None]], axis=1)


def _padding_id(call: Call) -> int:
    """The id that finished rows take: the padding token, else the first end-of-sequence token."""
    for name in ("pad_token_id", "eos_token_id"):
        parameter = call.info.generation_config.get(name)
        value = None if parameter is None else parameter.value
        value = value[0] if isinstance(value, list) and value else value
        if isinstance(value, int):
            return value
    return 0
