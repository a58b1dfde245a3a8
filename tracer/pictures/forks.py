"""The forks of a sequence in words: at which steps the runner-up was nearly as probable as the first.

Finds nothing itself: that is `tracer.analysis.forks`.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracer.analysis.forks import Contender, Fork, forks_of
from tracer.wording import numbers
from tracer.wording.composition import Language, chip, compose

if TYPE_CHECKING:
    from tracer.trace.sequence import Sequence


@dataclass(frozen=True, slots=True)
class ForkRow:
    """One fork: the token that was chosen there, and who was how near, in words."""

    step: int
    token: str
    reason: str


@dataclass(frozen=True, slots=True)
class ForksPicture:
    """All forks in the order of their steps, under a title; `none` is what to say without any."""

    title: str
    none: str
    rows: tuple[ForkRow, ...]


def forks_picture(sequence: "Sequence", lang: Language = "en") -> ForksPicture:
    """Returns the forks of a sequence.

    Raises:
        SignalMissingError: the first two of a step are no candidates, and its scores were not recorded.
    """
    forks = forks_of(sequence)
    return ForksPicture(
        title=compose("bar.forks_title", lang, count=numbers.count(len(forks))),
        none=compose("bar.forks_none", lang),
        rows=tuple(ForkRow(fork.step, fork.chosen.token, _reason(fork, lang)) for fork in forks),
    )


def _reason(fork: Fork, lang: Language) -> str:
    return compose(
        "bar.fork", lang, **_named("first", fork.first, lang), **_named("second", fork.runner_up, lang)
    )


def _named(name: str, contender: Contender, lang: Language) -> dict[str, str]:
    return {
        name: chip(contender.token),
        f"{name}_probability": numbers.percent(contender.probability, lang),
    }
