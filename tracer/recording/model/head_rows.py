"""The rows of a head that accounting needs, fetched from the model once each and kept on the host.

Only reads weights, and may do so from another thread than the one that generates. A head whose weights cannot
be read as plain numbers (offloaded, sharded, quantized, not a linear map) has a reason and no rows.
"""

from collections import OrderedDict

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from tracer.recording.model.anatomy import Anatomy
from tracer.recording.model.norms import NormKind, Vectors

MAX_ROWS = 4096
MAX_BYTES = 64 * 10**6

_PLAIN_DTYPES = (torch.float64, torch.float32, torch.float16, torch.bfloat16)


def why_unreadable(anatomy: Anatomy) -> str | None:
    """Returns why logits cannot be traced back through the head and the final norm, or None when they can."""
    if anatomy.head is None:
        return "the model names no output head"
    if not anatomy.layers:
        return "no list of decoder layers was found"
    if anatomy.norm.kind is NormKind.OTHER:
        return f"the final norm {type(anatomy.final_norm).__name__!r} follows no known formula"
    for part, module in (("output head", anatomy.head), ("projection before the head", anatomy.projection)):
        reason = None if module is None else _why_not_linear(module)
        if reason is not None:
            return f"the {part} {reason}"
    parameters = [] if anatomy.final_norm is None else list(anatomy.final_norm.parameters(recurse=False))
    reasons = (_why_not_plain(parameter) for parameter in parameters)
    reason = next((reason for reason in reasons if reason is not None), None)
    return None if reason is None else f"the final norm {reason}"


def _why_not_linear(module: nn.Module) -> str | None:
    if type(module).forward is not nn.Linear.forward:
        return f"is a {type(module).__name__!r}, which is not a plain linear map"
    parameters = (getattr(module, "weight", None), getattr(module, "bias", None))
    reasons = (_why_not_plain(parameter) for parameter in parameters if parameter is not None)
    return next((reason for reason in reasons if reason is not None), None)


def _why_not_plain(tensor: torch.Tensor) -> str | None:
    if tensor.is_meta:
        return "is offloaded: its weights are not in memory between forwards"
    if type(tensor) not in (torch.Tensor, nn.Parameter):
        return f"holds its weights as a {type(tensor).__name__!r}"
    if tensor.dtype not in _PLAIN_DTYPES:
        return f"is quantized: its weights are {str(tensor.dtype).removeprefix('torch.')}"
    return None


class HeadRows:
    """What each token's logit reads from the normed stream, and its bias; keeps the rows used last."""

    def __init__(self, head: nn.Module, projection: nn.Module | None) -> None:
        self._weight, self._bias = _tensors(head)
        self._projection = None if projection is None else _tensors(projection)
        width = self._weight.shape[1] if self._projection is None else self._projection[0].shape[1]
        self._capacity = max(1, min(MAX_ROWS, MAX_BYTES // (8 * (int(width) + 1))))
        self._rows: OrderedDict[int, Vectors] = OrderedDict()
        self.has_bias = self._bias is not None or (
            self._projection is not None and self._projection[1] is not None
        )

    def fetch(self, ids: npt.NDArray[np.integer]) -> tuple[Vectors, Vectors]:
        """Returns weights, (tokens, hidden), and biases, (tokens,), of 1-D `ids`, in float64."""
        wanted = [int(token_id) for token_id in ids]
        absent = sorted(set(wanted) - self._rows.keys())
        fresh = dict(zip(absent, self._read(absent), strict=True)) if absent else {}
        rows = np.stack(
            [fresh[token_id] if token_id in fresh else self._rows[token_id] for token_id in wanted]
        )
        self._rows.update(fresh)
        for token_id in wanted:
            self._rows.move_to_end(token_id)
        while len(self._rows) > self._capacity:
            self._rows.popitem(last=False)
        return rows[:, :-1], rows[:, -1]

    def _read(self, ids: list[int]) -> Vectors:
        """Reads rows from the model: weights through the projection, then the bias."""
        with torch.no_grad():
            index = torch.tensor(ids, device=self._weight.device)
            weights = _to_host(self._weight[index])
            biases = np.zeros(len(ids)) if self._bias is None else _to_host(self._bias[index])
        if self._projection is not None:
            inner_weight, inner_bias = self._projection
            biases = biases + (0.0 if inner_bias is None else weights @ _to_host(inner_bias))
            weights = weights @ _to_host(inner_weight)
        return np.concatenate([weights, biases[:, None]], axis=1)


def _tensors(module: nn.Module) -> tuple[torch.Tensor, torch.Tensor | None]:
    weight, bias = module.weight, module.bias
    assert isinstance(weight, torch.Tensor)
    return weight.detach(), bias.detach() if isinstance(bias, torch.Tensor) else None


def _to_host(tensor: torch.Tensor) -> Vectors:
    values: Vectors = tensor.to("cpu").double().numpy()
    return values
