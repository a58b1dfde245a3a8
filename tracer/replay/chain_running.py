"""Runs the processors of an edited chain on one step: five in numpy, the others with transformers.

Where equal tokens stand at top-p's cut, torch's own order decides which of them stay: there transformers runs
if it is installed; else the tied tokens are kept in `tied`.

A processor that cannot be made again, or that keeps state from step to step, cannot run here; the recorded
scores stand for it as long as nothing before it changes. Knows no settings.
"""

from typing import Any

import numpy as np

from tracer.analysis import common_processors
from tracer.analysis.alternative import tokens_before
from tracer.analysis.chain_editing import Link
from tracer.analysis.common_processors import Ids, Scores
from tracer.errors import MissingExtraError, RebuildError
from tracer.replay.place import TORCH_MISSING
from tracer.replay.processors import rebuild, why_not
from tracer.trace.step import Step


class ChainRunner:
    """Runs the links of one step after the other. `tied`: of which tokens others may stay (see above)."""

    def __init__(self, step: Step, made: dict[int, Any]) -> None:
        self._step = step
        self._made = made
        self._input_ids = tokens_before(step)
        self.tied: Ids = np.empty(0, dtype=np.int64)

    def run(self, link: Link, scores: Scores) -> Scores:
        """Returns the scores of the step's row after one processor, (vocab,) float32.

        Raises:
            MissingExtraError: the processor needs torch, which is not installed.
            RebuildError: the processor cannot be made again.
        """
        if link.processor is not None or not common_processors.is_common(link.info):
            return self._run_theirs(link, scores)
        after = common_processors.process(link.info, scores, self._input_ids, self._step.sequence.row)
        tied = common_processors.tied_at_cut(link.info, scores, after)
        if not tied.size:
            return after
        try:
            return self._run_theirs(link, scores)
        except MissingExtraError:
            self.tied = np.union1d(self.tied, tied)
            return after

    def _run_theirs(self, link: Link, scores: Scores) -> Scores:
        place = (self._step.sequence.row, self._step.call.info.num_rows)
        return _run_in_batch(self._processor(link), self._input_ids, scores, place)

    def _processor(self, link: Link) -> Any:
        if link.processor is not None and not link.info.is_stateful:
            return link.processor
        if id(link) not in self._made:
            self._made[id(link)] = _make(link)
        return self._made[id(link)]


def _make(link: Link) -> Any:
    info = link.info
    reason = why_not(info)
    if reason is None and info.is_stateful:
        reason = f"{info.class_name} keeps state from step to step"
    if reason is not None:
        raise RebuildError(
            f"{info.class_name} acts behind the changed setting and cannot be repeated: {reason}. "
            "Change only settings that act after it, or continue with the model: `tracer branch`."
        )
    try:
        return rebuild(info, device="cpu")
    except MissingExtraError as error:
        raise MissingExtraError(
            f"{info.class_name} acts behind the changed setting and is repeated with transformers, "
            f"but {TORCH_MISSING}."
        ) from error


def _run_in_batch(processor: Any, ids: Any, scores: Scores, place: tuple[int, int]) -> Scores:
    """Runs a processor on a batch in which every row is this one, because some keep a value per row."""
    import torch

    row, num_rows = place
    input_ids = torch.from_numpy(np.tile(ids, (num_rows, 1)))
    batch = torch.from_numpy(np.tile(scores, (num_rows, 1)))
    with torch.no_grad():
        after: Scores = processor(input_ids, batch)[row].float().numpy()
    return after
