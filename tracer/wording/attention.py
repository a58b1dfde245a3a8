"""The words that all views of attention share: weights, which heads were chosen, what is missing, a layer's flags.

Pure functions of values and a language; arranges no picture.
"""

from collections.abc import Sequence

from tracer.analysis.attention_patterns import Pattern
from tracer.analysis.attention_rows import LayerFacts
from tracer.analysis.head_choice import HeadChoice
from tracer.wording import numbers
from tracer.wording.composition import Language, compose

_MOST_NAMED = 6


def weight_text(weight: float, lang: Language) -> str:
    """Returns "71 %", "3.2 %", "below 0.1 %"."""
    if 0 < weight < 0.001:
        return compose("attention.below", lang, number="0.1")
    if 0.1 <= weight < 0.9995:
        return compose("percent", lang, number=f"{weight * 100:.0f}" if weight < 0.995 else "99.5")
    return numbers.percent(weight, lang)


def head_name(layer: int, head: int, lang: Language) -> str:
    """Returns "L11 H4"."""
    return compose("attention.short_head", lang, layer=str(layer), head=str(head))


def choice_name(choice: HeadChoice, layers: Sequence[int], lang: Language) -> str:
    """Returns "layer 3, head 2" or "mean over the heads of layers 20–29"."""
    if choice.head is not None:
        return compose("attention.head", lang, layer=str(choice.layer), head=str(choice.head))
    if len(layers) == 1:
        return compose(f"attention.{choice.over}_layer", lang, layer=str(layers[0]))
    is_gapless = layers[-1] - layers[0] == len(layers) - 1
    named = (
        f"{layers[0]}–{layers[-1]}"
        if is_gapless or len(layers) > _MOST_NAMED
        else ", ".join(map(str, layers))
    )
    return compose(f"attention.{choice.over}_layers", lang, layers=named)


def pattern_name(pattern: Pattern, lang: Language) -> str:
    """Returns "previous token"."""
    return compose(f"attention.pattern.{pattern}", lang)


def layer_flags(facts: LayerFacts, lang: Language) -> tuple[str, ...]:
    """Returns what is special about a layer's attention: window, mask, sinks, softcap; or that it is missing."""
    if facts.reason is not None or facts.constants is None:
        return (compose("attention.flag.missing", lang),)
    constants = facts.constants
    flags = []
    if constants.sliding_window is not None:
        count = numbers.count(constants.sliding_window)
        flags.append(compose("attention.flag.sliding", lang, count=count))
    if facts.mask != "causal":
        flags.append(compose(f"attention.flag.{facts.mask}", lang))
    if constants.has_sinks:
        flags.append(compose("attention.flag.sinks", lang))
    if constants.softcap is not None:
        flags.append(compose("attention.flag.softcap", lang, value=numbers.value(constants.softcap)))
    return tuple(flags)
