"""The text itself, every token shaded by how much of the attention it got when one token was chosen.

One frozen value with its words. The first token, and on request those of the chat template, are set aside: they keep
their weight and have no shade, so that the others can be told apart. Draws nothing; which heads is a `HeadChoice`.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from tracer.analysis.attention_rows import AttentionRows, Weights, attention_rows
from tracer.analysis.head_choice import HeadChoice, chosen_row
from tracer.analysis.text_places import places_of_template
from tracer.pictures.attention_parts import (
    DIGITS,
    Chosen,
    MissingLayers,
    chosen_of,
    missing_of,
    shade_of,
)
from tracer.wording.absence import said_in
from tracer.wording.attention import weight_text
from tracer.wording.composition import Language, Whole, chip, compose, join

if TYPE_CHECKING:
    from tracer.trace.step import Step

_NAMED = 3
_TICKS = (0.25, 0.5, 1.0)

Kind = Literal["first", "template", "special", "prompt", "generated"]


@dataclass(frozen=True, slots=True)
class Source:
    """One token that could be read; `shade` is 0 to 1, the square root of its share of the largest, or None: aside."""

    place: int
    text: str
    kind: Kind
    weight: float
    label: str
    shade: float | None


@dataclass(frozen=True, slots=True)
class Aside:
    """Tokens that are left out of the color scale, with the weight of all of them."""

    kind: Literal["first", "template"]
    places: tuple[int, ...]
    weight: float
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Tick:
    """One mark of the legend."""

    weight: float
    label: str
    shade: float


@dataclass(frozen=True, slots=True)
class AttentionText:
    """All places in the order of the text. `largest` is the weight of the darkest shade, `total` the sum of all."""

    step: int
    place: int
    size: int
    first_position: int
    token: str
    title: str
    summary: str
    note: str
    badge: str
    choice: Chosen
    sources: tuple[Source, ...]
    aside: tuple[Aside, ...]
    largest: float
    total: float
    sink: str
    template_known: bool
    template_note: str
    missing: tuple[MissingLayers, ...]
    ticks: tuple[Tick, ...]

    @property
    def strongest(self) -> tuple[Source, ...]:
        """The tokens with a shade, by weight."""
        shaded = [one for one in self.sources if one.shade is not None and one.weight > 0]
        return tuple(sorted(shaded, key=lambda one: -one.weight))


def attention_text(
    step: "Step",
    choice: HeadChoice | None = None,
    *,
    lang: Language = "en",
    skip_template: bool = False,
    rows: AttentionRows | None = None,
) -> AttentionText:
    """Returns the text up to a step, shaded by the weights of its sampled position.

    Args:
        choice: which heads; default: the mean over the last third of the layers.
        skip_template: sets the chat template's tokens aside too, where they are known.
        rows: the step's `attention_rows`, where they are at hand.

    Raises:
        SignalMissingError: none of the chosen layers was recorded at this step.
        ValueError: there is no such layer or head.
    """
    rows = rows or attention_rows(step)
    choice = choice or HeadChoice()
    weights = chosen_row(rows, choice)
    chosen = chosen_of(choice, rows.layers, lang)
    template, reason = places_of_template(step)
    aside = {0, *(template if skip_template else ())}
    kept = np.array([place for place in range(rows.places.size) if place not in aside], dtype=np.int64)
    largest = float(weights[kept].max(initial=0.0))
    sources = tuple(
        _source(
            step, rows, place, template, lang, weight, None if place in aside else shade_of(weight, largest)
        )
        for place, weight in enumerate(weights.tolist())
    )
    total = float(weights.sum())
    return AttentionText(
        step=step.index,
        place=rows.places.size - 1,
        size=rows.places.size,
        first_position=rows.places.first_position,
        token=step.call.trace.vocabulary.visible(step.token_id),
        title=compose("attention.title", lang, token=chip(step.call.trace.vocabulary.visible(step.token_id))),
        summary=_summary(step, sources, chosen, lang),
        note=compose("attention.note", lang),
        badge=compose("attention.badge", lang),
        choice=chosen,
        sources=sources,
        aside=_aside(weights, template if skip_template else frozenset(), lang),
        largest=round(largest, DIGITS),
        total=round(total, DIGITS),
        sink=_sink(rows, chosen, total, lang),
        template_known=reason is None,
        template_note=said_in(reason or "", lang),
        missing=missing_of((rows.layers[layer] for layer in chosen.layers), lang),
        ticks=tuple(_tick(largest, part, lang) for part in _TICKS) if largest > 0 else (),
    )


def _sink(rows: AttentionRows, chosen: Chosen, total: float, lang: Language) -> str:
    """Returns what the model's own sinks take of a mean; nothing where there are none."""
    constants = [rows.layers[layer].constants for layer in chosen.layers]
    if chosen.over != "mean" or not any(one is not None and one.has_sinks for one in constants):
        return ""
    return compose("attention.sink", lang, weight=weight_text(max(0.0, 1 - total), lang))


def _source(
    step: "Step",
    rows: AttentionRows,
    place: int,
    template: frozenset[int],
    lang: Language,
    weight: float,
    shade: float | None,
) -> Source:
    places = rows.places
    token_id = places.token_ids[place]
    kind: Kind = "prompt"
    if place == 0:
        kind = "first"
    elif place >= places.num_prompt:
        kind = "generated"
    elif place in template:
        kind = "template"
    elif token_id is not None and step.call.trace.vocabulary.special(token_id):
        kind = "special"
    return Source(place, places.texts[place], kind, round(weight, DIGITS), weight_text(weight, lang), shade)


def _aside(weights: Weights, template: frozenset[int], lang: Language) -> tuple[Aside, ...]:
    parts = [_one_aside("first", (0,), weights, lang)]
    others = tuple(sorted(template - {0}))
    return (*parts, _one_aside("template", others, weights, lang)) if others else tuple(parts)


def _one_aside(
    kind: Literal["first", "template"], places: tuple[int, ...], weights: Weights, lang: Language
) -> Aside:
    weight = float(weights[list(places)].sum())
    label = weight_text(weight, lang)
    text = compose(f"attention.{kind}_aside", lang, weight=label)
    return Aside(kind, places, round(weight, DIGITS), label, text)


def _summary(step: "Step", sources: tuple[Source, ...], chosen: Chosen, lang: Language) -> str:
    shaded = [one for one in sources if one.shade is not None and one.weight > 0]
    leading = sorted(shaded, key=lambda one: -one.weight)[:_NAMED]
    if not leading:
        return compose("attention.summary_first", lang, step=str(step.index), choice=chosen.label)
    named = [
        compose("attention.summary_source", lang, token=chip(one.text), weight=one.label) for one in leading
    ]
    return compose(
        "attention.summary",
        lang,
        step=str(step.index),
        choice=chosen.label,
        sources=Whole(join(named, lang)),
    )


def _tick(largest: float, part: float, lang: Language) -> Tick:
    weight = largest * part
    return Tick(round(weight, DIGITS), weight_text(weight, lang), shade_of(weight, largest))
