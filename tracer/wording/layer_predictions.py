"""A `Lens` in words: where the chosen token was decided, who led before, what the model's favorite did.

Pure functions of a lens and a language; tables and figures are made elsewhere.
"""

from tracer.analysis.logit_lens import Lens, LensLayer
from tracer.wording import numbers
from tracer.wording.composition import Language, chip, compose, require_language


def lens_sentences(lens: Lens, lang: Language = "en") -> str:
    """Returns where the chosen token was decided, in one to three sentences.

    Raises:
        ValueError: the language is neither "en" nor "zh".
    """
    require_language(lang)
    parts = (_decided(lens, lang), _before(lens, lang), _favorite(lens, lang), _partial(lens, lang))
    return ("" if lang == "zh" else " ").join(part for part in parts if part)


def layer_name(stream: int, lang: Language) -> str:
    """Returns "layer 7" or "the embedding" for the stream after it."""
    if stream == 0:
        return compose("lens_embedding", lang)
    return compose("lens_layer", lang, number=str(stream - 1))


def _last(lens: Lens) -> LensLayer | None:
    return lens.layer_of(lens.num_streams - 1)


def _decided(lens: Lens, lang: Language) -> str:
    chosen, last = chip(lens.chosen), _last(lens)
    if last is None:
        return compose("lens_no_end", lang, chosen=chosen)
    probability = numbers.percent(last.probability, lang)
    if lens.decided_at is None:
        rank = numbers.ordinal(last.rank, lang)
        return compose("lens_undecided", lang, chosen=chosen, rank=rank, probability=probability)
    if lens.decided_at == last.stream:
        return compose("lens_decided_last", lang, chosen=chosen, probability=probability)
    layer = layer_name(lens.decided_at, lang)
    return compose("lens_decided", lang, layer=layer, chosen=chosen, probability=probability)


def _before(lens: Lens, lang: Language) -> str:
    """Who led one layer earlier, where that layer was recorded and another token led."""
    before = lens.layer_of(lens.decided_at - 1) if lens.decided_at else None
    if before is None or before.rank == 0:
        return ""
    return compose(
        "lens_leader_before",
        lang,
        leader=chip(before.top[0].token),
        chosen=chip(lens.chosen),
        rank=numbers.ordinal(before.rank, lang),
    )


def _favorite(lens: Lens, lang: Language) -> str:
    """Where the favorite was decided, where it is another token than the chosen one."""
    last = _last(lens)
    if last is None or lens.favorite_decided_at is None or lens.favorite_id == lens.chosen_id:
        return ""
    return compose(
        "lens_favorite",
        lang,
        favorite=chip(lens.favorite),
        layer=layer_name(lens.favorite_decided_at, lang),
        probability=numbers.percent(last.top[0].probability, lang),
    )


def _partial(lens: Lens, lang: Language) -> str:
    if len(lens.layers) == lens.num_streams:
        return ""
    counts = {"count": str(len(lens.layers)), "total": str(lens.num_streams)}
    return compose("lens_partial", lang, **counts)
