"""Brings the arrays of a forward to the accountant and its answer into the trace.

Runs on the writer's thread. Keeps the last position of the newest forwards, because a step is written after the
forward that produced it, and possibly after the next one.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from tracer.recording.model.anatomy import Anatomy
from tracer.recording.transport.transfer import HostArray
from tracer.recording.writing.accounting import Accountant
from tracer.schema import AccountingInfo
from tracer.store.format import parse_layers, step_entry
from tracer.store.writer import CallWriter

Vectors = npt.NDArray[np.float32]

ACCOUNTED_TOKENS = 16


class ShareWriter:
    """Logit accounting of one call. `missing` is the reason why there is none, or None."""

    def __init__(self, model: Any, anatomy: Anatomy) -> None:
        self._model = model
        self._anatomy = anatomy
        self._accountant: Accountant | None = None
        self._forwards: dict[int, dict[str, dict[int, Vectors]]] = {}
        self._unseen: str | None = None

    @property
    def missing(self) -> str | None:
        """Why logits are not accounted, or None."""
        return self._unseen or (None if self._accountant is None else self._accountant.missing)

    @property
    def info(self) -> AccountingInfo | None:
        """How the shares are to be read, from the first step on."""
        return None if self._accountant is None else self._accountant.info

    @property
    def notes(self) -> tuple[str, ...]:
        """Plain sentences about layers that turned out undivided."""
        return () if self._accountant is None else self._accountant.notes

    def take_forward(self, index: int, arrays: dict[str, HostArray], logits_dtype: str) -> None:
        """Keeps what accounting needs of a forward: (rows, hidden) float32 per layer and signal."""
        if self._accountant is None:
            self._accountant = Accountant(self._model, self._anatomy, logits_dtype=logits_dtype)
        if self.missing is not None:
            return
        kept: dict[str, dict[int, Vectors]] = {"streams": {}, "added/attention": {}, "added/mlp": {}}
        for name, array in arrays.items():
            signal = name.rpartition("/")[0]
            if signal in kept:
                last = HostArray(array.values[:, :, -1], array.dtype).as_float32()
                kept[signal].update(zip(parse_layers(name), last, strict=True))
        self._forwards[index] = kept

    def write(
        self,
        call: CallWriter,
        place: tuple[int, int],
        logits: npt.NDArray[np.float32],
        ids: npt.NDArray[np.int32],
    ) -> None:
        """Stores the shares of `ids`, (rows, tokens), at `place`: (step, forward)."""
        step, forward = place
        kept = self._forwards.get(forward)
        self._forwards = {index: value for index, value in self._forwards.items() if index > forward}
        if self._accountant is None or kept is None or self.missing is not None:
            return
        num_layers = len(self._anatomy.layers)
        if not set(range(num_layers + 1)) <= set(kept["streams"]):
            self._unseen = (
                "the decoder layers of this model were not found, so the residual stream was not seen"
            )
            return
        accounted = self._accountant.account(
            streams=np.stack([kept["streams"][index] for index in sorted(kept["streams"])]),
            attention=[kept["added/attention"].get(layer) for layer in range(num_layers)],
            mlp=[kept["added/mlp"].get(layer) for layer in range(num_layers)],
            ids=ids,
            logits=np.take_along_axis(logits, ids, axis=1),
        )
        if accounted is not None:
            call.add_array(step_entry(step, "accounting/ids"), ids)
            call.add_array(step_entry(step, "accounting/shares"), accounted.shares)
            call.add_array(step_entry(step, "accounting/remainder"), accounted.remainder)


def accounted_ids(
    candidates: dict[int, npt.NDArray[np.int32]], tokens: npt.NDArray[np.int64]
) -> npt.NDArray[np.int32]:
    """Returns (rows, tokens): the top raw candidates of each row and, last, its chosen token."""
    count = min([ACCOUNTED_TOKENS, *map(len, candidates.values())])
    rows = []
    for row, token_id in enumerate(tokens):
        ids = candidates.get(row, np.full(count, token_id, dtype=np.int32))[:count]
        rows.append(np.append(ids, np.int32(token_id)))
    return np.stack(rows).astype(np.int32)
