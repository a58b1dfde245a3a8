"""Which heads a view of attention takes together: one, a layer's, those of the last third, or all.

Only the choice and its bounds; what is done with the weights is elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tracer.analysis.attention_rows import AttentionRows, LayerFacts, Weights, require_layer
from tracer.errors import SignalMissingError

Over = Literal["mean", "max"]
Span = Literal["last_third", "all"]


@dataclass(frozen=True, slots=True)
class HeadChoice:
    """`layer` None: `span` names the layers. `head` None: all heads of these, put together by `over`.

    Where none of the last third was recorded, "last_third" are all layers.

    Raises:
        ValueError: a head without a layer, or another `over` or `span`.
    """

    layer: int | None = None
    head: int | None = None
    over: Over = "mean"
    span: Span = "last_third"

    def __post_init__(self) -> None:
        if self.head is not None and self.layer is None:
            raise ValueError(f"head={self.head!r} was given without a layer. Type layer=0 as well.")
        for name, options in (("over", ("mean", "max")), ("span", ("last_third", "all"))):
            if getattr(self, name) not in options:
                given = getattr(self, name)
                raise ValueError(
                    f"{name}={given!r} is none of {', '.join(options)}. Type {name}={options[0]!r}."
                )

    def layers(self, facts: Sequence[LayerFacts]) -> tuple[int, ...]:
        """Returns the chosen layers, recorded or not.

        Raises:
            ValueError: the model has no such layer, or the layer has no such head.
        """
        count = len(facts)
        if self.layer is None:
            late = tuple(range(count - max(1, -(-count // 3)), count))
            is_late = self.span == "last_third" and any(facts[layer].is_recorded for layer in late)
            return late if is_late else tuple(range(count))
        if not 0 <= self.layer < count:
            raise ValueError(
                f"layer={self.layer!r} is no layer of this model: there are 0 to {count - 1}. Type layer=0."
            )
        constants = facts[self.layer].constants
        if self.head is not None and constants is not None and not 0 <= self.head < constants.num_heads:
            raise ValueError(
                f"head={self.head!r} is no head of layer {self.layer}: there are 0 to "
                f"{constants.num_heads - 1}. Type head=0."
            )
        return (self.layer,)


def chosen_row(rows: AttentionRows, choice: HeadChoice) -> Weights:
    """Returns the weights of the chosen heads put together, (places,).

    Raises:
        SignalMissingError: none of the chosen layers was recorded.
    """
    layers = choice.layers(rows.layers)
    recorded = [layer for layer in layers if rows.layers[layer].is_recorded]
    if not recorded:
        require_layer(rows, layers[-1])
        raise SignalMissingError(rows.layers[layers[-1]].reason or "")
    if choice.head is not None:
        return np.asarray(rows.weights[recorded[0], choice.head])
    weights = rows.weights[recorded].reshape(-1, rows.places.size)
    weights = weights[~np.isnan(weights[:, 0])]
    return np.asarray(weights.mean(axis=0) if choice.over == "mean" else weights.max(axis=0))
