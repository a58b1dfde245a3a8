"""What pushed one token ahead of a rival: the difference of their logits, to the last source.

The values only: embedding, every (layer, head, source token), the biases, every MLP and rounding, which sum to the
difference. Computes nothing of it: `tracer.live.source_accounting` does. What a part gives is measured with the
scale of every norm on its way frozen at its real value; layers, heads and positions count from 0.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tracer.analysis.intervention import default_rival
from tracer.analysis.statistics import top_ids
from tracer.self_rendering import RendersItself

if TYPE_CHECKING:
    from tracer.trace.step import Step

Shares = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Part:
    """A named part of the difference, in units of the logit; positive pushes the chosen token."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class StepAfter:
    """What the model does behind the sum: `scaling` multiplies, `softcap` bounds; the difference after it."""

    name: str
    constant: float
    difference: float


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one head read from one source token; `token_id` is None where the token is not known."""

    layer: int
    head: int
    position: int
    token_id: int | None
    token: str
    value: float


@dataclass(frozen=True, slots=True, eq=False)
class SourceShares(RendersItself):
    """The parts of `logit[token] - logit[rival]` at one step, float64.

    `attention` is (layers, heads, positions); `value_bias`, `output_bias` (also of a norm behind the attention)
    and `mlp` are (layers,). `positions` are absolute, padding counted. In a layer of `undivided` the model's
    parts do not make up what the layer adds: there `mlp` is all of it. `difference` is the recorded one, after
    `steps_after`; without such steps `total` + `remainder` is `difference`.

    Where both tokens were accounted for while recording, `mlp` is what was recorded and `rounding` what the parts
    leave of it. For another rival `mlp` is what the layer added besides its attention, its rounding included.
    """

    call: int
    row: int
    step: int
    token_id: int
    token: str
    rival_id: int
    rival: str
    positions: tuple[int, ...]
    source_ids: tuple[int | None, ...]
    source_tokens: tuple[str, ...]
    attention: Shares
    value_bias: Shares
    output_bias: Shares
    mlp: Shares
    embedding: float
    norm_bias: float
    head_bias: float
    rounding: float
    steps_after: tuple[StepAfter, ...]
    difference: float
    remainder: float
    undivided: tuple[int, ...]
    weights_from: str

    @property
    def parts(self) -> tuple[Part, ...]:
        """All parts in the model's order, attention summed over heads and sources; zero biases left out."""
        parts = [Part("embedding", self.embedding)]
        sums = self.attention.sum(axis=(1, 2))
        for layer, mlp in enumerate(self.mlp):
            name = f"layer-{layer:02d}"
            if layer in self.undivided:
                parts.append(Part(name, float(mlp)))
                continue
            parts.append(Part(f"{name}.attention", float(sums[layer])))
            biases = {"value_bias": self.value_bias[layer], "output_bias": self.output_bias[layer]}
            parts += [Part(f"{name}.{bias}", float(value)) for bias, value in biases.items() if value]
            parts.append(Part(f"{name}.mlp", float(mlp)))
        ends = {"norm.bias": self.norm_bias, "head.bias": self.head_bias, "rounding": self.rounding}
        return (*parts, *(Part(name, value) for name, value in ends.items() if value))

    @property
    def total(self) -> float:
        """The sum of all parts: the difference before the steps after the sum."""
        ends = self.embedding + self.norm_bias + self.head_bias + self.rounding
        return float(self.attention.sum() + self.mlp.sum() + self.biases_by_layer.sum() + ends)

    @property
    def biases_by_layer(self) -> Shares:
        """Value bias and output bias of each layer's attention, (layers,)."""
        return self.value_bias + self.output_bias

    @property
    def attention_by_layer(self) -> Shares:
        """All that each layer's attention gave, its biases included, (layers,)."""
        summed: Shares = self.attention.sum(axis=(1, 2)) + self.biases_by_layer
        return summed

    @property
    def by_head(self) -> Shares:
        """What each head read from all sources, (layers, heads)."""
        summed: Shares = self.attention.sum(axis=2)
        return summed

    @property
    def by_source(self) -> Shares:
        """What all heads read from each source token, (positions,)."""
        summed: Shares = self.attention.sum(axis=(0, 1))
        return summed

    def top(self, n: int = 15) -> tuple[Contribution, ...]:
        """Returns the n largest contributions in absolute value: which token, through which head, how much.

        Raises:
            ValueError: n is below 1.
        """
        if n < 1:
            raise ValueError(f"n={n!r} is below 1. Type n=15.")
        flat = self.attention.ravel()
        order = np.argsort(-np.abs(flat), kind="stable")[:n]
        places = zip(*np.unravel_index(order, self.attention.shape), strict=True)
        return tuple(self._contribution(*map(int, place)) for place in places if self.attention[place])

    def describe(self, top: int = 15) -> dict[str, Any]:
        """Returns the parts, the sums and the `top` contributions, JSON-ready."""
        plain = (
            "call",
            "row",
            "step",
            "token_id",
            "token",
            "rival_id",
            "rival",
            "difference",
            "total",
            "remainder",
        )
        sources = zip(
            self.positions, self.source_ids, self.source_tokens, self.by_source.tolist(), strict=True
        )
        return {
            **{name: getattr(self, name) for name in plain},
            "weights_from": self.weights_from,
            "steps_after": [_fields(step) for step in self.steps_after],
            "undivided": list(self.undivided),
            "parts": [_fields(part) for part in self.parts],
            "top": [_fields(one) for one in self.top(top)],
            "by_head": self.by_head.tolist(),
            "by_source": [
                {"position": position, "token_id": token_id, "token": token, "value": value}
                for position, token_id, token, value in sources
            ],
        }

    def _contribution(self, layer: int, head: int, place: int) -> Contribution:
        return Contribution(
            layer=layer,
            head=head,
            position=self.positions[place],
            token_id=self.source_ids[place],
            token=self.source_tokens[place],
            value=float(self.attention[layer, head, place]),
        )


def rival_of(step: "Step") -> int:
    """Returns the token that nearly stood here: the runner-up of the final scores; in a greedy step, by logits.

    Raises:
        SignalMissingError: the logits of the step were not recorded.
    """
    if step.call.info.mode != "greedy":
        return default_rival(step, step.logits)
    return next(int(token_id) for token_id in top_ids(step.logits, 2) if token_id != step.token_id)


def ids_at(step: "Step", positions: tuple[int, ...]) -> tuple[int | None, ...]:
    """Returns the token at each absolute position, padding included; None where it was not given as a token."""
    info, sequence = step.call.info, step.sequence
    prompts = info.prompt_ids
    own = sequence.row if len(prompts) == info.num_rows else sequence.row // info.num_return_sequences
    ids = [*(prompts[own] if prompts else ()), *sequence.token_ids]
    start = sequence.steps[0].position - (len(ids) - len(sequence.token_ids))
    return tuple(ids[place - start] if 0 <= place - start < len(ids) else None for place in positions)


def _fields(value: Part | StepAfter | Contribution) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}
