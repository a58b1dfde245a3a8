"""Logit accounting: how much the embedding and each layer's attention and MLP put into a token's logit.

Float64 arithmetic on host arrays, run by the writer. The final norm's scale is frozen at its real value, and

    share of a part = (head row * norm gain) . part * scale
    logit           = named steps after(sum of the shares) + remainder

holds with nothing assumed: what a block adds is what was recorded, and a layer whose parts do not reproduce
its output is one undivided share (out - in). In half precision each layer's rounding is a part of its own.
Shares stand before logit scaling and softcap, the named steps. Reads the head's rows and the norm's weights
through `tracer.recording.model.head_rows` and `tracer.recording.model.norms`; runs nothing of the model.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from tracer.recording.model.anatomy import Anatomy, BlockShape, LayerAnatomy
from tracer.recording.model.head_rows import HeadRows, why_unreadable
from tracer.recording.model.norms import Vectors, read_bias, read_gain
from tracer.schema import AccountingInfo

Additions = Sequence[npt.NDArray[np.floating] | None]

_EPSILONS = {
    torch.bfloat16: 2.0**-7,
    torch.float16: 2.0**-10,
    torch.float32: 2.0**-23,
    torch.float64: 2.0**-23,
}
"""Of the dtype the model computes in; arrays of float64 models may reach this module as float32."""

_SMALLEST = 2.0**-24
"""Absolute slack of half precision: float16's smallest subnormal number."""

_MAX_REMAINDER = 1e-3
_MAX_HALF_REMAINDER = 0.1
"""The remainder, relative to the length of the products that are summed, that rounding can explain."""


@dataclass(frozen=True, slots=True)
class AccountedStep:
    """One step: `shares` (rows, parts, tokens) and `remainder` (rows, tokens), float64."""

    shares: Vectors
    remainder: Vectors


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of a step: `streams` is (layers + 1, hidden), `normed` the final norm's output, if known."""

    streams: Vectors
    attention: Sequence[Vectors | None]
    mlp: Sequence[Vectors | None]
    normed: Vectors | None


class Accountant:
    """Accounts for the steps of one call; the first step decides which layers are divided in all of them.

    `missing` is the reason why logits cannot be accounted, or None; it may appear with the first step, when
    norm and head as found do not give the recorded logits. `info` and `notes` (plain sentences about layers
    that turned out undivided) are known from the first step on.
    """

    def __init__(self, model: nn.Module, anatomy: Anatomy, *, logits_dtype: str) -> None:
        self.missing = why_unreadable(anatomy)
        self.info: AccountingInfo | None = None
        self.notes: tuple[str, ...] = ()
        self._anatomy = anatomy
        self._logits_dtype = logits_dtype
        self._dtype = _compute_dtype(model)
        self._is_half = self._dtype in (torch.bfloat16, torch.float16)
        self._divided: tuple[LayerAnatomy | None, ...] = ()
        self._head: HeadRows | None = None
        self._gain: Vectors | None = None
        self._bias: Vectors | None = None

    def account(
        self,
        *,
        streams: npt.NDArray[np.floating],
        attention: Additions,
        mlp: Additions,
        ids: npt.NDArray[np.integer],
        logits: npt.NDArray[np.floating],
    ) -> AccountedStep | None:
        """Returns the shares of the logits of some tokens of one step, or None when `missing` says why not.

        Args:
            streams: (layers + 1, rows, hidden), or one entry more: what the final norm returned. Given in the
                first step of a half-precision model, that makes `norm.rounding` a part.
            attention: per layer what its attention returned, (rows, hidden), or None.
            mlp: the same of its MLP.
            ids: (rows, tokens).
            logits: (rows, tokens), the recorded raw logits of `ids`.
        """
        if self.missing is not None:
            return None
        rows = _rows(streams, attention, mlp, len(self._anatomy.layers))
        is_first = self.info is None
        if is_first:
            self._decide(rows)
        accounted = [self._account_row(row, row_ids) for row, row_ids in zip(rows, ids, strict=True)]
        shares = np.stack([row_shares for row_shares, _ in accounted])
        remainder = np.asarray(logits, np.float64) - self._after(shares.sum(axis=1))
        if is_first:
            self._check(remainder, np.stack([length for _, length in accounted]), logits)
        return AccountedStep(shares, remainder) if self.missing is None else None

    def _decide(self, rows: Sequence[_Row]) -> None:
        """Fixes the parts for the whole call."""
        anatomy = self._anatomy
        assert anatomy.head is not None
        self._head = HeadRows(anatomy.head, anatomy.projection)
        self._gain = read_gain(anatomy.final_norm, anatomy.norm)
        self._bias = read_bias(anatomy.final_norm)
        self._divided = tuple(layer if self._adds_up(layer, rows) else None for layer in anatomy.layers)
        parts = ["embedding"]
        for layer, divided in zip(anatomy.layers, self._divided, strict=True):
            name = f"layer-{layer.index:02d}"
            parts += [name] if divided is None else [f"{name}.attention", f"{name}.mlp"]
            parts += [f"{name}.rounding"] if divided is not None and self._is_half else []
        parts += ["norm.bias"] if self._bias is not None else []
        parts += ["norm.rounding"] if self._is_half and rows[0].normed is not None else []
        parts += ["head.bias"] if self._head.has_bias else []
        steps = {"scaling": anatomy.scaling, "softcap": anatomy.softcap}
        self.notes = self._describe_undivided()
        self.info = AccountingInfo(
            parts=parts,
            steps_after=[name for name, value in steps.items() if value is not None],
            scaling=anatomy.scaling,
            softcap=anatomy.softcap,
            logits_dtype=self._logits_dtype,
        )

    def _adds_up(self, layer: LayerAnatomy, rows: Sequence[_Row]) -> bool:
        """Whether in + multiplier * (attention + mlp) is out in all rows, within rounding."""
        for row in rows:
            terms = _terms(layer, row)
            if layer.shape is BlockShape.UNDIVIDED or terms is None:
                return False
            before, after = row.streams[layer.index], row.streams[layer.index + 1]
            slack = 2 * _EPSILONS[self._dtype] * (np.abs(before) + sum(map(np.abs, terms)))
            slack += _SMALLEST if self._is_half else 0.0
            if not np.all(np.abs(before + sum(terms) - after) <= slack):
                return False
        return True

    def _describe_undivided(self) -> tuple[str, ...]:
        surprising = [
            str(layer.index)
            for layer, divided in zip(self._anatomy.layers, self._divided, strict=True)
            if divided is None and layer.shape is not BlockShape.UNDIVIDED
        ]
        if not surprising:
            return ()
        return (
            f"Accounting: what attention and MLP were seen to add does not make up the output of layers "
            f"{', '.join(surprising)}; each of these layers is one share.",
        )

    def _account_row(self, row: _Row, ids: npt.NDArray[np.integer]) -> tuple[Vectors, Vectors]:
        """Returns shares, (parts, tokens), and the length of the products that are summed, (tokens,)."""
        assert self._head is not None
        norm, last = self._anatomy.norm, row.streams[-1]
        weights, head_bias = self._head.fetch(ids)
        scale = norm.scale(last)
        gained = weights if self._gain is None else weights * self._gain
        readout = gained * scale
        # einsum rather than a matrix product: BLAS would start threads that compete with the generation.
        shares = [np.einsum("ph,th->pt", norm.centered(self._parts(row)), readout)]
        if self._bias is not None:
            shares.append(weights @ self._bias)
        if self._is_half and row.normed is not None:
            exact = norm.centered(last) * scale * (1.0 if self._gain is None else self._gain)
            bias = 0.0 if self._bias is None else self._bias
            shares.append(weights @ (row.normed - exact - bias))
        if self._head.has_bias:
            shares.append(head_bias)
        return np.vstack(shares), np.linalg.norm(readout * norm.centered(last), axis=-1)

    def _parts(self, row: _Row) -> Vectors:
        """Returns the parts of the last stream, (parts, hidden); in half precision they sum to it exactly."""
        parts = [row.streams[0]]
        for index, layer in enumerate(self._divided):
            before, after = row.streams[index], row.streams[index + 1]
            if layer is None:
                parts.append(after - before)
                continue
            terms = _terms(layer, row)
            assert terms is not None  # seen in the first step, so seen in all
            parts += terms
            if self._is_half:
                parts.append(after - (before + sum(terms)))
        return np.stack(parts)

    def _after(self, sums: Vectors) -> Vectors:
        """Returns the sums of the shares after the named steps."""
        scaling, softcap = self._anatomy.scaling, self._anatomy.softcap
        scaled = sums if scaling is None else sums * scaling
        return scaled if softcap is None else softcap * np.tanh(scaled / softcap)

    def _check(self, remainder: Vectors, length: Vectors, logits: npt.NDArray[np.floating]) -> None:
        """Gives accounting up when the remainder is more than rounding: norm or head are not as found."""
        limit = _MAX_HALF_REMAINDER if self._is_half else _MAX_REMAINDER
        unit = length * abs(self._anatomy.scaling or 1.0) + np.abs(logits)
        if not np.linalg.norm(remainder) <= limit * np.linalg.norm(unit):
            self.missing = "the final norm and the output head, as found, do not give the recorded logits"
            self.info = None


def _compute_dtype(model: nn.Module) -> torch.dtype:
    """Returns the coarsest dtype among the parameters, packed and 8-bit ones left out."""
    dtypes = {parameter.dtype for parameter in model.parameters()} & _EPSILONS.keys()
    return max(dtypes, key=lambda dtype: _EPSILONS[dtype], default=torch.float32)


def _rows(
    streams: npt.NDArray[np.floating], attention: Additions, mlp: Additions, num_layers: int
) -> list[_Row]:
    exact = np.asarray(streams, np.float64)
    return [
        _Row(
            streams=exact[: num_layers + 1, row],
            attention=[None if added is None else np.asarray(added[row], np.float64) for added in attention],
            mlp=[None if added is None else np.asarray(added[row], np.float64) for added in mlp],
            normed=exact[num_layers + 1, row] if len(exact) > num_layers + 1 else None,
        )
        for row in range(exact.shape[1])
    ]


def _terms(layer: LayerAnatomy, row: _Row) -> list[Vectors] | None:
    """Returns what attention and MLP add to the stream, or None where one of them was not seen."""
    attention, mlp = row.attention[layer.index], row.mlp[layer.index]
    if attention is None or mlp is None:
        return None
    return [layer.multiplier * attention, layer.multiplier * mlp]
