"""The logit accounting of one step as recorded: which part of the model gave how much to a token's logit.

Only reads; the shares were measured while recording.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tracer.store.format import step_entry

if TYPE_CHECKING:
    from tracer.trace.call import Call


@dataclass(frozen=True, slots=True)
class Accounting:
    """The shares of each part in the logits of some tokens.

    `shares`, (parts, tokens), sum to the logit before the steps named in `steps_after` (scaling, softcap);
    `remainder`, (tokens,), is the recorded logit minus what the shares give. float64.
    """

    parts: tuple[str, ...]
    ids: tuple[int, ...]
    shares: npt.NDArray[np.float64]
    remainder: npt.NDArray[np.float64]
    scaling: float | None
    softcap: float | None
    steps_after: tuple[str, ...]
    logits_dtype: str


def read_accounting(call: "Call", step: int, row: int) -> Accounting | None:
    """Returns the accounting of a step, or None where it was not recorded."""
    arrays, info = call.files.arrays, call.info.accounting
    names = [step_entry(step, f"accounting/{part}") for part in ("ids", "shares", "remainder")]
    if info is None or not all(name in arrays for name in names):
        return None
    ids, shares, remainder = (arrays.read(name, row) for name in names)
    return Accounting(
        parts=tuple(info.parts),
        ids=tuple(int(token_id) for token_id in ids),
        shares=shares,
        remainder=remainder,
        scaling=info.scaling,
        softcap=info.softcap,
        steps_after=tuple(info.steps_after),
        logits_dtype=info.logits_dtype,
    )
