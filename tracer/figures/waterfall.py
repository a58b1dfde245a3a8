"""How the difference of two logits came together: embedding, each layer's attention and MLP, biases, rounding.

`waterfall_of` does the thinking, from the shares by source or from a step's recorded accounting alone;
`contribution_waterfall` turns the value into a figure. Bars to the right push the chosen token.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from tracer.analysis.source_shares import SourceShares, rival_of
from tracer.errors import SignalMissingError
from tracer.figures.labels import CHOSEN, OTHER, base_layout, empty_note, escape
from tracer.wording.source_shares import signed

if TYPE_CHECKING:
    from tracer.trace.step import Step

_TOTAL = "#1A1D21"


@dataclass(frozen=True, slots=True)
class Waterfall:
    """Bars from the top: what each adds, or where `is_total`, all until there. In units of the logit."""

    title: str
    labels: tuple[str, ...]
    values: tuple[float, ...]
    is_total: tuple[bool, ...]


def waterfall_of(found: "SourceShares | Step", *, rival_id: int | None = None) -> Waterfall:
    """Returns what the waterfall shows.

    Args:
        rival_id: of a step's accounting, the token to compare with; default: the runner-up.

    Raises:
        SignalMissingError: a step without accounting, or whose accounting has not this rival.
        ValueError: a rival together with shares, which have their own.
    """
    if not isinstance(found, SourceShares):
        return _of_step(found, rival_of(found) if rival_id is None else rival_id)
    if rival_id not in (None, found.rival_id):
        raise ValueError(
            f"rival_id={rival_id!r} was given with shares against {found.rival_id}. Leave rival_id out."
        )
    return _of_shares(found)


def contribution_waterfall(found: "SourceShares | Step", *, rival_id: int | None = None) -> go.Figure:
    """Returns the parts of the difference as a waterfall, from the embedding down to the recorded difference."""
    waterfall = waterfall_of(found, rival_id=rival_id)
    figure = go.Figure()
    rows = len(waterfall.labels)
    figure.update_layout(base_layout(waterfall.title, x="difference of the logits", rows=rows))
    if not any(waterfall.values):
        figure.add_annotation(**empty_note("Nothing sets the two tokens apart."))
        return figure
    figure.add_trace(
        go.Waterfall(
            orientation="h",
            y=list(range(rows)),
            x=list(waterfall.values),
            measure=["absolute" if is_total else "relative" for is_total in waterfall.is_total],
            text=[signed(value) for value in waterfall.values],
            textposition="outside",
            customdata=list(waterfall.labels),
            hovertemplate="%{customdata}: %{text}<extra></extra>",
            increasing={"marker": {"color": CHOSEN}},
            decreasing={"marker": {"color": OTHER}},
            totals={"marker": {"color": _TOTAL}},
            connector={"line": {"color": OTHER, "width": 1}},
            cliponaxis=False,
        )
    )
    figure.update_yaxes(
        tickvals=list(range(rows)),
        ticktext=list(waterfall.labels),
        range=[rows - 0.5, -0.5],
        automargin=True,
    )
    return figure


def _of_shares(shares: SourceShares) -> Waterfall:
    bars = [("embedding", shares.embedding, False)]
    attention = shares.attention.sum(axis=(1, 2))
    for layer, mlp in enumerate(shares.mlp.tolist()):
        if layer in shares.undivided:
            bars.append((f"layer {layer}", mlp, False))
            continue
        bars.append((f"layer {layer} attention", float(attention[layer]), False))
        bars.append((f"layer {layer} MLP", mlp, False))
    biases = {
        "attention biases": float(shares.biases_by_layer.sum()),
        "norm bias": shares.norm_bias,
        "head bias": shares.head_bias,
    }
    bars += [(name, value, False) for name, value in biases.items() if value != 0.0]
    bars.append(("rounding", shares.rounding, False))
    steps = [(step.name, step.constant, step.difference) for step in shares.steps_after]
    bars += _ending(shares.total, steps, shares.difference)
    return _waterfall((shares.step, shares.token, shares.rival), bars)


def _of_step(step: "Step", rival_id: int) -> Waterfall:
    accounting, visible = step.accounting, step.call.trace.vocabulary.visible
    pair = (step.token_id, rival_id)
    if rival_id not in accounting.ids:
        raise SignalMissingError(
            f"Step {step.index} of {str(step.call.trace.path)!r} has no accounting of {visible(rival_id)!r}: only "
            "the leading tokens were accounted for while recording. `tracer.sources(step, rival=...)` has any."
        )
    columns = [accounting.ids.index(token_id) for token_id in pair]
    both = accounting.shares[:, columns]
    bars = [
        (_spoken(name), float(row[0] - row[1]), False)
        for name, row in zip(accounting.parts, both, strict=True)
    ]
    logits, steps = both.sum(axis=0), []
    for name in accounting.steps_after:
        if name == "scaling" and accounting.scaling is not None:
            logits = logits * accounting.scaling
            steps.append((name, accounting.scaling, float(logits[0] - logits[1])))
        elif name == "softcap" and accounting.softcap is not None:
            logits = accounting.softcap * np.tanh(logits / accounting.softcap)
            steps.append((name, accounting.softcap, float(logits[0] - logits[1])))
    recorded = logits + accounting.remainder[columns]
    bars += _ending(float(both[:, 0].sum() - both[:, 1].sum()), steps, float(recorded[0] - recorded[1]))
    return _waterfall((step.index, visible(step.token_id), visible(rival_id)), bars)


def _spoken(part: str) -> str:
    """ "layer-03.attention" as "layer 3 attention"."""
    layer, _, rest = part.partition(".")
    name = f"layer {int(layer.removeprefix('layer-'))}" if layer.startswith("layer-") else layer
    return f"{name} {rest.replace('mlp', 'MLP')}".rstrip()


def _ending(
    total: float, steps: list[tuple[str, float, float]], difference: float
) -> list[tuple[str, float, bool]]:
    """The sum where steps follow it, what each step changes, the remainder, and the recorded difference."""
    bars = [("sum", total, True)] if steps else []
    before = total
    for name, constant, after in steps:
        bars.append((f"{name} {constant:g}", after - before, False))
        before = after
    return [*bars, ("remainder", difference - before, False), ("recorded difference", difference, True)]


def _waterfall(named: tuple[int, str, str], bars: list[tuple[str, float, bool]]) -> Waterfall:
    step, token, rival = named
    labels, values, is_total = zip(*bars, strict=True)
    title = f"Step {step}: what set {escape(token)} apart from {escape(rival)}"
    return Waterfall(title, labels, values, is_total)
