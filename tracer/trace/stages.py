"""The scores after each stage of one step, rebuilt from the nearest stage that is stored whole.

Numpy alone; the stored forms are specified in `tracer.store.stages`.
"""

from dataclasses import dataclass

import numpy as np

from tracer.errors import TraceFormatError
from tracer.store.format import stage_entry, step_entry
from tracer.store.reader import ArrayIndex
from tracer.store.stages import Form, Scores, StoredStage, decode


@dataclass(frozen=True, slots=True)
class StageChain:
    """The stored stages of one step of one row; `forms` and `scales` start with stage 0, the raw logits."""

    arrays: ArrayIndex
    step: int
    row: int
    forms: tuple[str, ...]
    scales: tuple[float | None, ...]

    def missing_stage(self, stage: int) -> int | None:
        """Returns the stage for want of which `stage` cannot be rebuilt, or None where it can."""
        first = self._anchor(stage)
        needed = range(first, stage + 1)
        return next((one for one in needed if not self._is_stored(one)), None)

    def after(self, stage: int) -> Scores:
        """Returns the scores after a stage, (vocab,) float32, which `missing_stage` must allow.

        Raises:
            TraceFormatError: what is stored does not fit together.
        """
        try:
            scores = np.empty(0, dtype=np.float32)
            for one in range(self._anchor(stage), stage + 1):
                scores = self._logits() if one == 0 else decode(scores, self._stored(one))
        except (AssertionError, IndexError, KeyError) as error:
            raise TraceFormatError(
                f"Stage {stage} of step {self.step} cannot be rebuilt: what is stored of it does not fit "
                f"the stage before ({error}). The trace is damaged: record again."
            ) from error
        return scores

    def _anchor(self, stage: int) -> int:
        dense = (one for one in range(stage, 0, -1) if self.forms[one] == Form.DENSE)
        return next(dense, 0)

    def _is_stored(self, stage: int) -> bool:
        return self.forms[stage] != Form.NONE

    def _logits(self) -> Scores:
        name = step_entry(self.step, "logits")
        if name not in self.arrays:
            raise KeyError(name)
        return self.arrays.read(name, self.row).astype(np.float32, copy=False)

    def _stored(self, stage: int) -> StoredStage:
        ids, values = (stage_entry(self.step, self.row, stage, part) for part in ("ids", "values"))
        return StoredStage(
            Form(self.forms[stage]),
            scale=self.scales[stage],
            ids=self.arrays.read(ids) if ids in self.arrays else None,
            values=self.arrays.read(values) if values in self.arrays else None,
        )
