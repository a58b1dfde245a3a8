"""The stored form of one logits-processor stage: the first form that numpy rebuilds bit for bit.

    same      nothing stored
    scaled    a float32 scalar: the stage before divided by it, or multiplied with its reciprocal
    changed   ids and their new values
    kept      surviving ids; all others are -inf
    dense     all values, float32

Pure functions on one row, float32. Which form is chosen is policy (`encode` takes the smallest valid one in that
order); how each is read back (`decode`) is format.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int32]


class Form(StrEnum):
    """How a stage is stored."""

    NONE = "none"
    SAME = "same"
    DIVIDED = "divided"
    MULTIPLIED = "multiplied"
    CHANGED = "changed"
    KEPT = "kept"
    DENSE = "dense"


@dataclass(frozen=True, slots=True)
class StoredStage:
    """One stage as stored; `scale` belongs to divided and multiplied, `ids` and `values` to the others."""

    form: Form
    scale: float | None = None
    ids: Ids | None = None
    values: Scores | None = None

    @property
    def nbytes(self) -> int:
        """Bytes of the stored arrays."""
        return sum(0 if array is None else array.nbytes for array in (self.ids, self.values))


def _same_bits(left: Scores, right: Scores) -> bool:
    return bool(np.array_equal(left.view(np.uint32), right.view(np.uint32)))


def _rescaled(before: Scores, scale: float, form: Form) -> Scores:
    factor = np.float32(scale)
    return before / factor if form is Form.DIVIDED else before * (np.float32(1.0) / factor)


def encode(
    before: Scores, after: Scores, *, scale_hint: float | None = None, dense: bool = False
) -> StoredStage:
    """Returns the stored form of `after`, (vocab,) float32, given the stage before it.

    `scale_hint` is the scalar to try for the scaled forms (a temperature); `dense` asks for all values.
    """
    if dense or before.shape != after.shape:
        return StoredStage(Form.DENSE, values=after)
    differs = before.view(np.uint32) != after.view(np.uint32)
    num_changed = int(np.count_nonzero(differs))
    if num_changed == 0:
        return StoredStage(Form.SAME)
    if scale_hint:
        for form in (Form.DIVIDED, Form.MULTIPLIED):
            if _same_bits(_rescaled(before, scale_hint, form), after):
                return StoredStage(form, scale=float(np.float32(scale_hint)))
    options = [StoredStage(Form.DENSE, values=after)]
    changed_ids = np.flatnonzero(differs).astype(np.int32)
    options.append(StoredStage(Form.CHANGED, ids=changed_ids, values=after[changed_ids]))
    if bool(np.all(np.isneginf(after[changed_ids]))):
        kept = np.flatnonzero(~np.isneginf(after)).astype(np.int32)
        options.append(StoredStage(Form.KEPT, ids=kept))
    return min(options, key=lambda option: option.nbytes)


def decode(before: Scores, stored: StoredStage) -> Scores:
    """Returns the stage's scores, (vocab,) float32, from the stage before and the stored form."""
    match stored.form:
        case Form.SAME:
            return before
        case Form.DIVIDED | Form.MULTIPLIED:
            assert stored.scale is not None
            return _rescaled(before, stored.scale, stored.form)
        case Form.CHANGED:
            assert stored.ids is not None
            assert stored.values is not None
            after = before.copy()
            after[stored.ids] = stored.values
            return after
        case Form.KEPT:
            assert stored.ids is not None
            after = np.full_like(before, -np.inf)
            after[stored.ids] = before[stored.ids]
            return after
        case Form.DENSE:
            assert stored.values is not None
            return stored.values
        case Form.NONE:
            raise ValueError("A stage of form 'none' has no scores; it was not recorded.")
