"""What errors say about a signal or a model that is not there, in the reader's language; code stays as it is.

Errors speak English, being raised below all wording; their texts also travel as values, the reason why a layer has no
attention, for example. So the text itself is recognized: an entry of `catalogue_absence` whose English it is, its
placeholders likewise. A text that no entry has stays English.
"""

import re
from functools import cache

from tracer.wording.catalogue import CATALOGUE
from tracer.wording.composition import Language, Whole, compose

_FAMILIES = ("place", "what", "reason", "cure")
"""Placeholders whose text is an entry of its own, of the part of the catalogue with this name."""


def said_in(text: str, lang: Language) -> str:
    """Returns the text of an error about something missing, in a language."""
    return text if lang == "en" else _said(text, "text", lang) or text


def reason_in(text: str, lang: Language) -> str:
    """Returns a reason alone, as documents keep it, in a language."""
    return text if lang == "en" else _said(text, "reason", lang) or text


def _said(text: str, family: str, lang: Language) -> str | None:
    for key, pattern in _patterns(family):
        if found := pattern.fullmatch(text):
            values = {name: _value(name, value, lang) for name, value in found.groupdict().items()}
            return compose(key, lang, **values)
    return None


def _value(name: str, text: str, lang: Language) -> str:
    if name not in _FAMILIES:
        return Whole(text)
    return _said(text, name, lang) or text


@cache
def _patterns(family: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The entries of a family with the English of each as a pattern; those with most words of their own first."""
    prefix = f"absence.{family}."
    own = {key: message.en for key, message in CATALOGUE.items() if key.startswith(prefix)}
    ordered = sorted(own, key=lambda key: -len(re.sub(r"\{\w+\}", "", own[key])))
    return tuple((key, _pattern(own[key])) for key in ordered)


def _pattern(template: str) -> re.Pattern[str]:
    pieces = re.split(r"\{(\w+)\}", template)
    made = (f"(?P<{piece}>.+?)" if place % 2 else re.escape(piece) for place, piece in enumerate(pieces))
    return re.compile("".join(made), re.DOTALL)
