"""What attention pushed towards the chosen token, by source and by head, where the trace keeps that answer.

One frozen value with its words. Without a kept answer it says what to type; it computes none.
"""

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tracer.analysis.kept_sources import kept_sources
from tracer.analysis.source_shares import SourceShares
from tracer.analysis.text_places import places_of
from tracer.pictures.attention_parts import DIGITS
from tracer.wording.attention import head_name
from tracer.wording.composition import Language, chip, compose
from tracer.wording.source_shares import signed

if TYPE_CHECKING:
    from tracer.trace.step import Step

_MOST_HEADS = 8


@dataclass(frozen=True, slots=True)
class SourcePush:
    """What all heads together read from one token, in logits; `shade` from -1 to 1."""

    place: int
    text: str
    value: float
    label: str
    shade: float


@dataclass(frozen=True, slots=True)
class HeadPush:
    """What one head read from all tokens, in logits."""

    layer: int
    head: int
    value: float
    label: str


@dataclass(frozen=True, slots=True)
class Contribution:
    """Sources in the order of the text, heads by size. Not `available`: `command` computes it."""

    step: int
    available: bool
    reason: str
    command: str
    title: str
    note: str
    token: str
    rival: str
    sources: tuple[SourcePush, ...]
    heads: tuple[HeadPush, ...]
    largest: float


def attention_contribution(
    step: "Step", *, rival_id: int | None = None, lang: Language = "en"
) -> Contribution:
    """Returns what attention pushed at a step, from the first kept answer, or the one about a rival."""
    kept = [one for one in kept_sources(step) if rival_id is None or one.rival_id == rival_id]
    if not kept:
        missing = compose("attention.contribution_missing", lang)
        return Contribution(
            step.index, False, missing, sources_command(step), "", "", _visible(step), "", (), (), 0.0
        )
    shares = kept[0]
    named = {"token": chip(shares.token), "rival": chip(shares.rival)}
    sources, largest = _sources(step, shares)
    return Contribution(
        step=step.index,
        available=True,
        reason="",
        command="",
        title=compose("attention.contribution_title", lang, **named),
        note=compose("attention.contribution_note", lang, **named),
        token=shares.token,
        rival=shares.rival,
        sources=sources,
        heads=_heads(shares, lang),
        largest=largest,
    )


def sources_command(step: "Step") -> str:
    """Returns the command that computes a step's contributions and keeps them in the trace."""
    words = ["tracer", "sources", str(step.call.trace.path), "--step", str(step.index)]
    if len(step.call.trace.calls) > 1:
        words += ["--call", str(step.call.index)]
    if len(step.call.sequences) > 1:
        words += ["--row", str(step.sequence.row)]
    return shlex.join(words)


def _visible(step: "Step") -> str:
    return step.call.trace.vocabulary.visible(step.token_id)


def _sources(step: "Step", shares: SourceShares) -> tuple[tuple[SourcePush, ...], float]:
    first = places_of(step).first_position
    values = {
        position - first: (text, float(value))
        for position, text, value in zip(
            shares.positions, shares.source_tokens, shares.by_source, strict=True
        )
        if position >= first
    }
    largest = max((abs(value) for _, value in values.values()), default=0.0)
    pushes = tuple(
        SourcePush(
            place,
            text,
            round(value, DIGITS),
            signed(value),
            round(value / largest, 4) if largest else 0.0,
        )
        for place, (text, value) in values.items()
    )
    return pushes, round(largest, DIGITS)


def _heads(shares: SourceShares, lang: Language) -> tuple[HeadPush, ...]:
    by_head = shares.by_head
    order = np.argsort(-np.abs(by_head), axis=None, kind="stable")[:_MOST_HEADS]
    places = [(int(one) // by_head.shape[1], int(one) % by_head.shape[1]) for one in order]
    return tuple(
        HeadPush(
            layer,
            head,
            round(float(by_head[layer, head]), DIGITS),
            f"{head_name(layer, head, lang)} · {signed(float(by_head[layer, head]))}",
        )
        for layer, head in places
        if by_head[layer, head]
    )
