"""What other settings would have given, in words: the settings asked for, one step, a whole text.

Numbers come from `tracer.analysis.alternative`, words from the catalogue.
"""

from tracer.analysis.alternative import ChangedSetting, Luck, WhatIf, WhatIfText
from tracer.analysis.settings import Setting
from tracer.wording import numbers
from tracer.wording.composition import Language, Whole, chip, compose, join
from tracer.wording.explanation import setting_text

_OFF = {"temperature": 1.0, "repetition_penalty": 1.0, "top_k": 0, "top_p": 1.0}


def settings_asked(settings: tuple[ChangedSetting, ...], lang: Language) -> str:
    """Returns the settings asked for: "temperature 1.2, top-k off and greedy decoding"."""
    if not settings:
        return compose("asked_nothing", lang)
    return join([_asked(setting, lang) for setting in settings], lang)


def _asked(setting: ChangedSetting, lang: Language) -> str:
    name, value = setting.name, setting.asked
    if name == "do_sample":
        return compose("asked_sampling" if value else "asked_greedy", lang)
    if name == "seed":
        return compose("asked_seed", lang, number=str(value))
    if value is None or _OFF.get(name) == value:
        return compose("asked_off", lang, name=compose(f"setting.{name}", lang))
    is_plain = isinstance(value, int | float | str)
    return setting_text(Setting("", name, value if is_plain else None), lang)


def step_sentences(answer: WhatIf, lang: Language) -> str:
    """Returns what one step would have given."""
    settings = settings_asked(answer.settings, lang)
    found = [_step_sentence(answer, settings, lang)]
    if answer.changed:
        found.append(compose("what_if_later", lang))
    return _joined([*found, *_notes(answer.luck, lang)], lang)


def _step_sentence(answer: WhatIf, settings: str, lang: Language) -> str:
    if answer.undecided is not None or answer.token is None or answer.probability is None:
        return compose("what_if_undecided", lang, settings=settings, reason=_reason(answer, lang))
    after = numbers.percent(answer.probability, lang)
    values = {"settings": settings, "token": chip(answer.token), "after": after}
    if not answer.changed:
        before = numbers.percent(answer.chosen_before, lang)
        return compose("what_if_same", lang, before=before, **values)
    chosen_after = numbers.percent(answer.chosen_after, lang)
    return compose("what_if_changed", lang, chosen=chip(answer.chosen), chosen_after=chosen_after, **values)


def text_sentences(text: WhatIfText, lang: Language) -> str:
    """Returns what a whole text would have given: the first step with another token, and what is unknown."""
    settings = settings_asked(text.settings, lang)
    total = numbers.count(len(text.steps))
    undecided = [answer for answer in text.steps if answer.undecided is not None]
    first = next((answer for answer in text.steps if answer.changed), None)
    found = []
    if first is not None and first.token is not None and first.probability is not None:
        after = numbers.percent(first.probability, lang)
        words = {"token": chip(first.token), "chosen": chip(first.chosen), "after": after}
        found.append(compose("what_if_text_changed", lang, settings=settings, step=str(first.step), **words))
        found.append(compose("what_if_text_rest", lang))
    elif len(undecided) < len(text.steps) or not text.steps:
        same = numbers.count(len(text.steps) - len(undecided))
        found.append(compose("what_if_text_same", lang, settings=settings, count=same, total=total))
    if undecided:
        count, step = numbers.count(len(undecided)), str(undecided[0].step)
        reason = _reason(undecided[0], lang)
        values = {"count": count, "total": total, "step": step, "reason": reason}
        found.append(compose("what_if_text_undecided", lang, **values))
    return _joined([*found, *_notes(text.steps[0].luck if text.steps else Luck.NONE, lang)], lang)


def _reason(answer: WhatIf, lang: Language) -> str:
    return Whole(compose(f"undecided.{answer.undecided}", lang)) if answer.undecided else ""


def _notes(luck: Luck, lang: Language) -> list[str]:
    notes = [compose("what_if_frame", lang)]
    return notes if luck is not Luck.NEW else [compose("what_if_new_luck", lang), *notes]


def _joined(sentences: list[str], lang: Language) -> str:
    return ("" if lang == "zh" else " ").join(sentences)
