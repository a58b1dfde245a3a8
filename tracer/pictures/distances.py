"""How far apart two predictions are over the steps, as a curve in nats, in words; made for any range of steps.

One frozen value, from distances that were computed elsewhere. An infinite KL has no height: its step is listed.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracer.analysis.distances import Distance
from tracer.wording import numbers
from tracer.wording.comparison import nats, small
from tracer.wording.composition import Language, compose

if TYPE_CHECKING:
    from tracer.analysis.comparison import Comparison


@dataclass(frozen=True, slots=True)
class DistanceCurve:
    """One curve: a value for each step, None where it is infinite or unknown, with its text."""

    name: str
    values: tuple[float | None, ...]
    texts: tuple[str, ...]
    infinite: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DistancePicture:
    """Both curves over `steps`; `deltas` are the largest differences of logits. `mark` stands at `divergence`.

    `note` says what is unknown or what the curve means behind the divergence; without steps, why there are none.
    """

    title: str
    axis: str
    step_axis: str
    steps: tuple[int, ...]
    model: DistanceCurve
    final: DistanceCurve
    deltas: tuple[str, ...]
    divergence: int | None
    mark: str
    note: str
    infinite: str


def distance_picture(
    comparison: "Comparison", distances: Iterable[Distance], lang: Language = "en"
) -> DistancePicture:
    """Returns the curves of these distances, which are of the compared sequences."""
    found = tuple(distances) if comparison.same_vocabulary else ()
    parted = comparison.first_divergence
    return DistancePicture(
        title=compose("compare.kl_title", lang),
        axis=compose("compare.kl_axis", lang),
        step_axis=compose("lint.strip_steps", lang),
        steps=tuple(one.step for one in found),
        model=_curve("model", found, tuple(one.kl_model for one in found), lang),
        final=_curve("final", found, tuple(one.kl_final for one in found), lang),
        deltas=tuple("" if one.max_delta is None else small(one.max_delta) for one in found),
        divergence=None if parted is None else parted.step,
        mark="" if parted is None else compose("compare.mark", lang, step=str(parted.step)),
        note=_note(comparison, found, lang),
        infinite=compose("compare.kl_infinite", lang),
    )


def _curve(
    name: str, found: tuple[Distance, ...], values: tuple[float | None, ...], lang: Language
) -> DistanceCurve:
    return DistanceCurve(
        name=compose(f"compare.kl_{name}", lang),
        values=tuple(None if value is None or not math.isfinite(value) else value for value in values),
        texts=tuple("" if value is None else nats(value, lang) for value in values),
        infinite=tuple(
            one.step
            for one, value in zip(found, values, strict=True)
            if value is not None and math.isinf(value)
        ),
    )


def _note(comparison: "Comparison", found: tuple[Distance, ...], lang: Language) -> str:
    if not comparison.same_vocabulary:
        return compose("compare.kl_impossible", lang)
    if not found:
        return compose("compare.no_steps", lang)
    unknown = sum(one.kl_model is None for one in found)
    if unknown == len(found):
        return compose("compare.kl_unknown", lang)
    if unknown:
        return compose("compare.kl_partly", lang, count=numbers.count(unknown))
    parted = comparison.first_divergence
    if parted is not None and parted.step < found[-1].step:
        return compose("compare.kl_after", lang, step=str(parted.step + 1))
    return ""
