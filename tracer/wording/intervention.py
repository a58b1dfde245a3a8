"""An `InterventionResult` in words: what became of the chosen token, its rival and the favorite, and how sure it is.

Pure functions of the value and a language; tables and figures are made elsewhere.
"""

from tracer.analysis.intervention import Intervention, InterventionResult, Target
from tracer.wording import numbers
from tracer.wording.composition import Language, chip, compose, join, require_language


def intervention_sentences(result: InterventionResult, lang: Language = "en") -> str:
    """Returns what the interventions did, in five sentences.

    Raises:
        ValueError: the language is neither "en" nor "zh".
    """
    require_language(lang)
    chosen, rival = result.chosen, result.rival
    parts = [
        compose(
            "intervention_chosen",
            lang,
            changes=join([change_text(one, lang) for one in result.interventions], lang),
            chosen=chip(chosen.token),
            before=numbers.percent(chosen.probability_before, lang),
            after=numbers.percent(chosen.probability_after, lang),
        ),
        compose(
            "intervention_rival",
            lang,
            rival=chip(rival.token),
            before=numbers.percent(rival.probability_before, lang),
            after=numbers.percent(rival.probability_after, lang),
        ),
        _favorite(result, lang),
        compose("intervention_kl", lang, kl=_small(result.kl)),
        _certainty(result, lang),
    ]
    return ("" if lang == "zh" else " ").join(parts)


def change_text(one: Intervention, lang: Language) -> str:
    """Returns one intervention in words, such as "L5H2 ablated"."""
    layer = "" if one.layer is None else f"L{one.layer}"
    part = layer if one.head is None else f"{layer}H{one.head}"
    if one.target is Target.EDGE:
        values = {"reader": str(one.query), "source": str(one.key)}
        if not part:
            return compose("intervention_change.block", lang, **values)
        return compose("intervention_change.block_in", lang, part=part, **values)
    if one.target is not Target.HEAD:
        part += f".{one.target}"
    if one.factor == 0.0:
        return compose("intervention_change.ablate", lang, part=part)
    return compose("intervention_change.scale", lang, part=part, factor=numbers.value(one.factor))


def _favorite(result: InterventionResult, lang: Language) -> str:
    before, after = result.favorite_before, result.favorite_after
    if before.token_id == after.token_id:
        return compose("intervention_favorite_same", lang, favorite=chip(after.token))
    return compose("intervention_favorite_new", lang, before=chip(before.token), after=chip(after.token))


def _certainty(result: InterventionResult, lang: Language) -> str:
    if result.gap is None:
        return compose("intervention_unchecked", lang)
    if result.gap == 0.0:
        return compose("intervention_exact", lang)
    return compose("intervention_near", lang, gap=_small(result.gap), tolerance=_small(result.tolerance))


def _small(number: float) -> str:
    """Returns a number with two decimals, or with two digits where that would be 0.00."""
    return f"{number:.2f}" if number >= 0.005 or number == 0.0 else f"{number:.1e}"
