"""Small values that several pictures of attention hold: the choice of heads, what is missing, a place of the text."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from tracer.analysis.attention_rows import LayerFacts
from tracer.analysis.head_choice import HeadChoice
from tracer.analysis.text_places import TextPlaces
from tracer.wording.absence import said_in
from tracer.wording.attention import choice_name
from tracer.wording.composition import Language

DIGITS = 7
"""Weights are rounded to so many decimals: far finer than any screen."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The heads that are shown; `layers` are all that were asked for, `label` names those that were recorded."""

    layer: int | None
    head: int | None
    over: str
    span: str
    layers: tuple[int, ...]
    label: str


@dataclass(frozen=True, slots=True)
class MissingLayers:
    """Layers of which nothing is there, and why."""

    layers: tuple[int, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class PlaceText:
    """A place of the text and its token, visible."""

    place: int
    text: str


def chosen_of(choice: HeadChoice, facts: Sequence[LayerFacts], lang: Language) -> Chosen:
    """Returns the choice with its name."""
    layers = choice.layers(facts)
    recorded = [layer for layer in layers if facts[layer].is_recorded]
    label = choice_name(choice, recorded or layers, lang)
    return Chosen(choice.layer, choice.head, choice.over, choice.span, layers, label)


def missing_of(facts: Iterable[LayerFacts], lang: Language) -> tuple[MissingLayers, ...]:
    """Returns the layers that are missing, those of one reason together."""
    reasons: dict[str, list[int]] = {}
    for one in facts:
        if one.reason is not None:
            reasons.setdefault(one.reason, []).append(one.layer)
    return tuple(MissingLayers(tuple(layers), said_in(reason, lang)) for reason, layers in reasons.items())


def place_text(places: TextPlaces, place: int) -> PlaceText:
    """Returns a place with its token."""
    return PlaceText(place, places.texts[place])


def require_place(places: TextPlaces, source: int) -> int:
    """Returns a place of the text.

    Raises:
        ValueError: the text has no such place at this step.
    """
    if not 0 <= source < places.size:
        raise ValueError(
            f"source={source!r} is no place of the text at this step: there are 0 to {places.size - 1}. "
            "Type source=0."
        )
    return source


def shade_of(weight: float, largest: float) -> float:
    """Returns 0 to 1: the square root of a weight as a share of the largest."""
    return round(float(np.sqrt(min(1.0, max(0.0, weight / largest)))), 4) if largest > 0 else 0.0
