"""What the layers of one step can show: what the trace holds, and for the rest what to type.

Gathers, from the trace alone: the tokens to compare with, the waterfall of contributions, kept answers of `sources`,
`lens` and `attribute`, and the norms of the residual stream. A damaged kept answer becomes a note, not an error.
"""

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from tracer.analysis.attribution import Attribution, kept_attributions
from tracer.analysis.kept_lens import kept_lens
from tracer.analysis.kept_sources import kept_sources
from tracer.analysis.logit_lens import Lens
from tracer.analysis.source_shares import SourceShares, rival_of
from tracer.analysis.stream_norms import StreamNorms, stream_norms
from tracer.errors import SignalMissingError, TraceFormatError
from tracer.pictures.contributions import Waterfall, waterfall_of
from tracer.wording import numbers
from tracer.wording.absence import said_in
from tracer.wording.composition import Language, Whole, chip, compose, require_language
from tracer.wording.layer_predictions import lens_sentences

if TYPE_CHECKING:
    from tracer.trace.step import Step

_Found = TypeVar("_Found")

_TOP = 3


@dataclass(frozen=True, slots=True)
class Rival:
    """A token that the chosen one can be compared with."""

    token_id: int
    token: str


@dataclass(frozen=True, slots=True, eq=False)
class InsideLayers:
    """The parts of the page; each is None (or empty) where the trace has it not, and its note says what to type.

    `rival_id` is the token that the waterfall and `sources` compare with; `rivals` those with recorded
    contributions. `decided` says where the lens sees the token decided, `norms_sentence` how the stream grew.
    """

    rivals: tuple[Rival, ...]
    rival_id: int | None
    waterfall: Waterfall | None
    waterfall_note: str
    sources: SourceShares | None
    sources_note: str
    lens: Lens | None
    decided: str
    lens_note: str
    attributions: tuple[Attribution, ...]
    attribution_note: str
    norms: StreamNorms | None
    norms_sentence: str
    norms_note: str


def inside_layers(
    step: "Step", lang: Language = "en", *, rival_id: int | None = None, most_bars: int | None = None
) -> InsideLayers:
    """Returns what there is about the layers of a step.

    Args:
        rival_id: the token to compare with; default: the runner-up of the final scores, of a greedy step by logits.
        most_bars: bars of the waterfall, see `waterfall_of`.
    """
    require_language(lang)
    rivals = _rivals(step)
    rival_id = _default_rival(step, rivals) if rival_id is None else rival_id
    shares, shares_note = _kept(lambda: list(kept_sources(step)), list[SourceShares]())
    sources = next((one for one in shares if one.rival_id == rival_id), None)
    waterfall, waterfall_note = _waterfall(step, rival_id, sources, most_bars, lang)
    lens, lens_note = _kept(lambda: kept_lens(step, top=_TOP) or kept_lens(step, top=1), None)
    attributions, attribution_note = _kept(lambda: _attributions(step), list[Attribution]())
    norms = stream_norms(step)
    return InsideLayers(
        rivals=rivals,
        rival_id=rival_id,
        waterfall=waterfall,
        waterfall_note=waterfall_note,
        sources=sources,
        sources_note=shares_note or ("" if sources else _ask("sources", step, lang, rival_id)),
        lens=lens,
        decided=lens_sentences(lens, lang) if lens else "",
        lens_note=lens_note or ("" if lens else _ask_for_lens(step, norms, lang)),
        attributions=tuple(attributions),
        attribution_note=attribution_note or ("" if attributions else _ask("attribution", step, lang)),
        norms=None if norms.is_empty else norms,
        norms_sentence=_norms_sentence(norms, lang),
        norms_note=compose("layers_norms_missing", lang) if norms.is_empty else "",
    )


def _rivals(step: "Step") -> tuple[Rival, ...]:
    visible = step.call.trace.vocabulary.visible
    try:
        ids = step.accounting.ids
    except (SignalMissingError, TraceFormatError):
        return ()
    return tuple(Rival(one, visible(one)) for one in ids if one != step.token_id)


def _default_rival(step: "Step", rivals: tuple[Rival, ...]) -> int | None:
    try:
        return rival_of(step)
    except (SignalMissingError, TraceFormatError):
        return rivals[0].token_id if rivals else None


def _waterfall(
    step: "Step", rival_id: int | None, sources: SourceShares | None, most_bars: int | None, lang: Language
) -> tuple[Waterfall | None, str]:
    try:
        accounting = step.accounting
    except (SignalMissingError, TraceFormatError) as error:
        if sources is not None:
            return waterfall_of(sources, most_bars=most_bars, lang=lang), ""
        return None, compose("layers_accounting_missing", lang, reason=Whole(said_in(str(error), lang)))
    if rival_id is not None and {rival_id, step.token_id} <= set(accounting.ids):
        return waterfall_of(step, rival_id=rival_id, most_bars=most_bars, lang=lang), ""
    if sources is not None:
        return waterfall_of(sources, most_bars=most_bars, lang=lang), ""
    rival = "?" if rival_id is None else step.call.trace.vocabulary.visible(rival_id)
    command = _command("sources", step, rival_id)
    return None, compose("layers_rival_missing", lang, rival=chip(rival), command=command)


def _attributions(step: "Step") -> list[Attribution]:
    place = (step.call.index, step.sequence.row, step.index)
    return [
        one
        for one in kept_attributions(step.call.trace)
        if (one.call, one.row, one.step) == place and one.chosen_id == step.token_id
    ]


def _kept(read: Callable[[], _Found], nothing: _Found) -> tuple[_Found, str]:
    """Returns what is kept, and why it cannot be read where it cannot."""
    try:
        return read(), ""
    except TraceFormatError as error:
        return nothing, str(error)


def _ask(what: str, step: "Step", lang: Language, rival_id: int | None = None) -> str:
    command = {"attribution": "attribute"}.get(what, what)
    return compose(f"layers_{what}_missing", lang, command=_command(command, step, rival_id))


def _ask_for_lens(step: "Step", norms: StreamNorms, lang: Language) -> str:
    return compose("layers_norms_missing", lang) if norms.is_empty else _ask("lens", step, lang)


def _command(name: str, step: "Step", rival_id: int | None = None) -> Whole:
    trace = step.call.trace
    parts = [name, str(trace.path), "--step", str(step.index)]
    if len(trace.calls) > 1 or len(step.call.sequences) > 1:
        parts += ["--call", str(step.call.index), "--row", str(step.sequence.row)]
    if rival_id is not None:
        parts += ["--rival", f"#{rival_id}"]
    return chip(f"tracer {shlex.join(parts)}")


def _norms_sentence(norms: StreamNorms, lang: Language) -> str:
    if norms.is_empty or norms.stream[0] is None or norms.stream[-1] is None:
        return ""
    added = [(value, layer) for layer, value in enumerate(norms.added) if value is not None]
    if not added:
        return ""
    most, layer = max(added, key=lambda one: (one[0], -one[1]))
    return compose(
        "norms_sentence",
        lang,
        first=numbers.decimal(norms.stream[0]),
        last=numbers.decimal(norms.stream[-1]),
        layer=str(layer),
        most=numbers.decimal(most),
    )
