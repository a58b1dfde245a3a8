"""How the difference of two logits came together: embedding, each layer's attention and MLP, biases, rounding.

One frozen value with its words, from the shares by source or from a step's recorded accounting alone. It sums
what was measured and computes nothing new; `tracer.figures.contribution_waterfall` draws it.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tracer.analysis.source_shares import SourceShares, rival_of
from tracer.errors import SignalMissingError
from tracer.wording.composition import Language, Whole, compose, require_language

if TYPE_CHECKING:
    from tracer.trace.step import Step


@dataclass(frozen=True, slots=True)
class Waterfall:
    """Bars from the top: what each adds, or where `is_total`, all until there. In units of the logit."""

    title: str
    labels: tuple[str, ...]
    values: tuple[float, ...]
    is_total: tuple[bool, ...]
    axis: str
    nothing: str


@dataclass(frozen=True, slots=True)
class _Bar:
    label: str
    value: float
    is_total: bool = False


def waterfall_of(
    found: "SourceShares | Step",
    *,
    rival_id: int | None = None,
    most_bars: int | None = None,
    lang: Language = "en",
) -> Waterfall:
    """Returns what the waterfall shows.

    Args:
        rival_id: of a step's accounting, the token to compare with; default: the runner-up.
        most_bars: so many of the largest parts keep a bar of their own; the ones between are summed in one.
            None: every part.

    Raises:
        SignalMissingError: a step without accounting, or whose accounting has not this rival.
        ValueError: a rival together with shares, which have their own; `most_bars` is below 1.
    """
    require_language(lang)
    if most_bars is not None and most_bars < 1:
        raise ValueError(f"most_bars={most_bars!r} is below 1. Type most_bars=12.")
    if isinstance(found, SourceShares):
        if rival_id not in (None, found.rival_id):
            raise ValueError(
                f"rival_id={rival_id!r} was given with shares against {found.rival_id}. Leave rival_id out."
            )
        named, bars = (found.step, found.token, found.rival), _of_shares(found, lang)
    else:
        rival_id = rival_of(found) if rival_id is None else rival_id
        visible = found.call.trace.vocabulary.visible
        named = (found.index, visible(found.token_id), visible(rival_id))
        bars = _of_step(found, rival_id, lang)
    bars = bars if most_bars is None else _gathered(bars, most_bars, lang)
    return Waterfall(
        title=compose(
            "waterfall_title", lang, step=str(named[0]), token=Whole(named[1]), rival=Whole(named[2])
        ),
        labels=tuple(bar.label for bar in bars),
        values=tuple(bar.value for bar in bars),
        is_total=tuple(bar.is_total for bar in bars),
        axis=compose("waterfall_axis", lang),
        nothing=compose("waterfall_nothing", lang),
    )


def _word(key: str, lang: Language, **values: str) -> str:
    return compose(f"waterfall_{key}", lang, **values)


def _of_shares(shares: SourceShares, lang: Language) -> list[_Bar]:
    bars = [_Bar(_word("embedding", lang), shares.embedding)]
    attention = shares.attention.sum(axis=(1, 2))
    for layer, mlp in enumerate(shares.mlp.tolist()):
        if layer in shares.undivided:
            bars.append(_Bar(_word("layer", lang, layer=str(layer)), mlp))
            continue
        bars.append(_Bar(_word("attention", lang, layer=str(layer)), float(attention[layer])))
        bars.append(_Bar(_word("mlp", lang, layer=str(layer)), mlp))
    biases = {
        "attention_biases": float(shares.biases_by_layer.sum()),
        "norm_bias": shares.norm_bias,
        "head_bias": shares.head_bias,
    }
    bars += [_Bar(_word(name, lang), value) for name, value in biases.items() if value != 0.0]
    bars.append(_Bar(_word("rounding", lang), shares.rounding))
    steps = [(step.name, step.constant, step.difference) for step in shares.steps_after]
    return [*bars, *_ending(shares.total, steps, shares.difference, lang)]


def _of_step(step: "Step", rival_id: int, lang: Language) -> list[_Bar]:
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
        _Bar(_spoken(name, lang), float(row[0] - row[1]))
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
    total = float(both[:, 0].sum() - both[:, 1].sum())
    return [*bars, *_ending(total, steps, float(recorded[0] - recorded[1]), lang)]


def _spoken(part: str, lang: Language) -> str:
    """ "layer-03.attention" as "layer 3 attention"; a part that has no words keeps its name."""
    layer, _, rest = part.partition(".")
    if layer == "embedding":
        return _word("embedding", lang)
    if not layer.startswith("layer-"):
        return f"{layer} {rest}".rstrip()
    number = str(int(layer.removeprefix("layer-")))
    if rest in ("attention", "mlp", ""):
        return _word(rest or "layer", lang, layer=number)
    return f"{_word('layer', lang, layer=number)} {rest}"


def _ending(
    total: float, steps: list[tuple[str, float, float]], difference: float, lang: Language
) -> list[_Bar]:
    """The sum where steps follow it, what each step changes, the remainder, and the recorded difference."""
    bars = [_Bar(_word("sum", lang), total, True)] if steps else []
    before = total
    for name, constant, after in steps:
        bars.append(_Bar(f"{name} {constant:g}", after - before))
        before = after
    remainder = _Bar(_word("remainder", lang), difference - before)
    return [*bars, remainder, _Bar(_word("difference", lang), difference, True)]


def _gathered(bars: list[_Bar], most_bars: int, lang: Language) -> list[_Bar]:
    """Returns the largest parts and every total, and one bar for each run of others between them."""
    parts = [place for place, bar in enumerate(bars) if not bar.is_total]
    kept = set(sorted(parts, key=lambda place: -abs(bars[place].value))[:most_bars])
    gathered: list[_Bar] = []
    run: list[_Bar] = []
    for place, bar in enumerate([*bars, _Bar("", 0.0, True)]):
        if not bar.is_total and place not in kept:
            run.append(bar)
            continue
        if run:
            several = _word("several", lang, first=run[0].label, last=run[-1].label)
            label = run[0].label if len(run) == 1 else several
            gathered.append(_Bar(label, sum(one.value for one in run)))
            run = []
        gathered.append(bar)
    return gathered[:-1]
