"""An `Attribution` in words: what was attributed, from which baseline, and how much the scores leave unexplained.

Pure functions of the value and a language; tables and figures are made elsewhere.
"""

from tracer.analysis.attribution import Attribution, Method
from tracer.wording import numbers
from tracer.wording.composition import Language, chip, compose, require_language


def attribution_sentences(attribution: Attribution, lang: Language = "en") -> str:
    """Returns target, baseline and gap in two to four sentences.

    Raises:
        ValueError: the language is neither "en" nor "zh".
    """
    require_language(lang)
    parts = [_target(attribution, lang), _gap(attribution, lang)]
    change = attribution.value - attribution.baseline_value
    if attribution.method is not Method.INTEGRATED_GRADIENTS:
        parts.append(compose("attribution_not_complete", lang, method=method_name(attribution.method, lang)))
    elif abs(attribution.gap) > abs(change) / 2:
        parts.append(compose("attribution_more_steps", lang))
    num_held = sum(source.is_held for source in attribution.sources)
    if num_held:
        parts.append(compose("attribution_held", lang, count=numbers.count(num_held)))
    return ("" if lang == "zh" else " ").join(parts)


def method_name(method: Method, lang: Language) -> str:
    """Returns a method's name."""
    return compose(f"method.{method}", lang)


def _target(attribution: Attribution, lang: Language) -> str:
    values = {"chosen": chip(attribution.chosen), "value": numbers.decimal(attribution.value)}
    if attribution.rival is None:
        return compose("attribution_target", lang, **values)
    return compose("attribution_contrast", lang, rival=chip(attribution.rival), **values)


def _gap(attribution: Attribution, lang: Language) -> str:
    return compose(
        "attribution_gap",
        lang,
        baseline=compose("attribution_baseline", lang),
        baseline_value=numbers.decimal(attribution.baseline_value),
        total=numbers.decimal(sum(attribution.scores)),
        gap=numbers.decimal(attribution.gap),
    )
