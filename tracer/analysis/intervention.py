"""What to change inside the model at one step, written as text, and what came of it.

`Intervention` is one change, `InterventionResult` the distribution before and after. Runs no model and knows no
module: `tracer.live.interventions` does both.
"""

import dataclasses
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tracer.analysis.statistics import ranks, stage_statistics, top_ids
from tracer.self_rendering import RendersItself

if TYPE_CHECKING:
    from tracer.trace.step import Step

Scores = npt.NDArray[np.float32]

BEST = 5
"""So many of the best tokens before, and after, are among the rows of a result."""

_PART = re.compile(r"L(?P<layer>\d+)(?:H(?P<head>\d+)|\.(?P<name>attention|mlp))")
_SCALED = re.compile(r"(?P<part>[^=]+)=(?P<factor>[^=]+)")
_EDGE = re.compile(r"(?:L(?P<layer>\d+)(?:H(?P<head>\d+))?\.)?(?P<query>\d+):(?P<key>\d+)")


class Target(StrEnum):
    """What an intervention changes."""

    HEAD = "head"
    ATTENTION = "attention"
    MLP = "mlp"
    EDGE = "edge"  # what one position reads from another


@dataclass(frozen=True, slots=True)
class Intervention:
    """One change. `layer` None: every layer with attention; `head` None: every head.

    A head, an attention or an MLP is multiplied by `factor` (0 ablates it) at the step's last position. An edge
    hides the absolute position `key` from the attention of the absolute position `query`, padding counted.
    """

    target: Target
    layer: int | None = None
    head: int | None = None
    factor: float = 0.0
    query: int | None = None
    key: int | None = None

    def __str__(self) -> str:
        layer = "" if self.layer is None else f"L{self.layer}"
        part = layer if self.head is None else f"{layer}H{self.head}"
        if self.target is Target.EDGE:
            return f"block {part}{'.' if part else ''}{self.query}:{self.key}"
        if self.target is not Target.HEAD:
            part += f".{self.target}"
        return f"ablate {part}" if self.factor == 0.0 else f"scale {part}={self.factor:g}"


def parse_intervention(text: str) -> Intervention:
    """Returns the intervention of "ablate L5H2", "scale L5.mlp=0.5", "block 17:4" or "block L5H2.17:4".

    Raises:
        ValueError: the text is none of these forms.
    """
    action, _, rest = text.strip().partition(" ")
    match action:
        case "ablate":
            return _part(rest.strip(), 0.0, text)
        case "scale":
            return _scaled(rest.strip(), text)
        case "block":
            return _edge(rest.strip(), text)
    raise ValueError(
        f"{text!r} is no intervention: it begins with none of ablate, scale, block. Type for example 'ablate L5H2'."
    )


def _part(part: str, factor: float, text: str) -> Intervention:
    found = _PART.fullmatch(part)
    if found is None:
        raise ValueError(
            f"{text!r} names no part of a model: a head is L5H2, a layer's attention L5.attention, its MLP L5.mlp. "
            "Type for example 'ablate L5H2'."
        )
    layer, head = int(found["layer"]), found["head"]
    if head is not None:
        return Intervention(Target.HEAD, layer, int(head), factor)
    return Intervention(Target(found["name"]), layer, None, factor)


def _scaled(rest: str, text: str) -> Intervention:
    found = _SCALED.fullmatch(rest)
    try:
        factor = float(found["factor"]) if found else np.nan
    except ValueError:
        factor = np.nan
    if found is None or not np.isfinite(factor):
        raise ValueError(
            f"{text!r} is not PART=FACTOR with a finite factor. Type for example 'scale L5H2=0.5'."
        )
    return _part(found["part"].strip(), factor, text)


def _edge(rest: str, text: str) -> Intervention:
    found = _EDGE.fullmatch(rest)
    if found is None:
        raise ValueError(
            f"{text!r} is not FROM:TO, two positions, optionally behind a layer or a head. "
            "Type for example 'block 17:4' or 'block L5H2.17:4'."
        )
    layer, head = (None if found[name] is None else int(found[name]) for name in ("layer", "head"))
    query, key = int(found["query"]), int(found["key"])
    if query < key:
        raise ValueError(
            f"{text!r}: position {query} comes before {key} and cannot see it. "
            f"Type 'block {key}:{query}' for the other direction."
        )
    return Intervention(Target.EDGE, layer, head, 0.0, query, key)


@dataclass(frozen=True, slots=True)
class TokenChange:
    """One token under the model's own logits, before and after; ranks count from 0."""

    token_id: int
    token: str
    logit_before: float
    logit_after: float
    probability_before: float
    probability_after: float
    rank_before: int
    rank_after: int


@dataclass(frozen=True, slots=True)
class InterventionResult(RendersItself):
    """What interventions did to the model's own distribution at one step, before any logits processor.

    `rows` holds the best tokens before and after, the chosen one and the rival, in the order before. `kl` is
    KL(before ‖ after), entropies likewise in nats. "before" is a new, unchanged run: `replay` says which
    ("cached": forward by forward as recorded; "full": one forward without a cache), `gap` is the largest
    difference of its logits from the recorded ones (0.0: the same bits; None: no logits were recorded), and
    `tolerance` what it had to stay within.
    """

    call: int
    row: int
    step: int
    interventions: tuple[Intervention, ...]
    chosen_id: int
    rival_id: int
    rows: tuple[TokenChange, ...]
    kl: float
    entropy_before: float
    entropy_after: float
    replay: str
    gap: float | None
    tolerance: float

    @property
    def chosen(self) -> TokenChange:
        """The token that was chosen when the trace was recorded."""
        return self._change(self.chosen_id)

    @property
    def rival(self) -> TokenChange:
        """The token it is compared with."""
        return self._change(self.rival_id)

    @property
    def favorite_before(self) -> TokenChange:
        """The token with the highest logit before."""
        return min(self.rows, key=lambda row: row.rank_before)

    @property
    def favorite_after(self) -> TokenChange:
        """The token with the highest logit after."""
        return min(self.rows, key=lambda row: row.rank_after)

    def describe(self) -> dict[str, Any]:
        """Returns all of it as JSON-ready values; interventions as they are typed."""
        described = dataclasses.asdict(self)
        return described | {"interventions": [str(one) for one in self.interventions]}

    def _change(self, token_id: int) -> TokenChange:
        return next(row for row in self.rows if row.token_id == token_id)


def default_rival(step: "Step", logits: Scores) -> int:
    """Returns the runner-up: the best other token by final scores, or by logits where only one was left."""
    others = [candidate for candidate in step.candidates if candidate.token_id != step.token_id]
    alive = [candidate for candidate in others if not any(candidate.removed)]
    ordered = sorted(alive, key=lambda one: one.rank[-1]) or sorted(others, key=lambda one: one.rank[0])
    if ordered:
        return ordered[0].token_id
    return next(int(token_id) for token_id in top_ids(logits, 2) if token_id != step.token_id)


def compare_logits(
    before: Scores, after: Scores, named: tuple[int, ...], step: "Step"
) -> tuple[TokenChange, ...]:
    """Returns how the best tokens of two rows of logits, and the `named` ones, changed; (vocab,) float32."""
    leading = np.concatenate([top_ids(before, BEST), top_ids(after, BEST)])
    ids = np.array(list(dict.fromkeys([*map(int, leading), *named])), dtype=np.int64)
    probabilities = [np.exp(_log_probabilities(row)[ids]) for row in (before, after)]
    places = [ranks(row, ids) for row in (before, after)]
    visible = step.call.trace.vocabulary.visible
    changes = (
        TokenChange(
            token_id=int(token_id),
            token=visible(int(token_id)),
            logit_before=float(before[token_id]),
            logit_after=float(after[token_id]),
            probability_before=float(probabilities[0][place]),
            probability_after=float(probabilities[1][place]),
            rank_before=int(places[0][place]),
            rank_after=int(places[1][place]),
        )
        for place, token_id in enumerate(ids)
    )
    return tuple(sorted(changes, key=lambda change: (change.rank_before, change.token_id)))


def divergence(before: Scores, after: Scores) -> float:
    """Returns KL(before ‖ after) in nats, never below 0, of two rows of logits, (vocab,) float32."""
    first, second = _log_probabilities(before), _log_probabilities(after)
    weights = np.exp(first)
    is_possible = weights > 0.0
    return max(0.0, float((weights[is_possible] * (first - second)[is_possible]).sum()))


def _log_probabilities(row: Scores) -> npt.NDArray[np.float64]:
    logs: npt.NDArray[np.float64] = row.astype(np.float64) - _logsumexp(row)
    return logs


def _logsumexp(row: Scores) -> float:
    shifted = row.astype(np.float64) - float(row.max())
    return float(row.max()) + float(np.log(np.exp(shifted).sum()))


def entropy_of(row: Scores) -> float:
    """Returns the entropy of a row of logits, in nats."""
    return stage_statistics(row).entropy
