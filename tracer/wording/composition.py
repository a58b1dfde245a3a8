"""Fills the placeholders of one catalogue entry, with the spelling rules of the language.

It chooses no entry and knows no trace. `Whole` text (a token, a finished list of reasons) goes in as it is;
to everything else the rules apply: a sentence starts with a capital, and Chinese has a space only beside
Latin letters and digits.
"""

import re
from collections.abc import Iterable
from typing import Literal

from tracer.wording.catalogue import CATALOGUE
from tracer.wording.markdown import code

Language = Literal["en", "zh"]

LANGUAGES: tuple[Language, ...] = ("en", "zh")

_HAN = "\u3400-\u9fff"
_STOPS = "，。：；（）、！？"
_FIRST_STAND_IN = 0xE000  # the private use area: whole text waits outside while the spelling is put right
_SENTENCE_START = re.compile(r"(?:^|\. )\{(\w+)\}")


class Whole(str):
    """Text that no spelling rule may touch."""

    __slots__ = ()


def chip(token: str) -> Whole:
    """Returns the visible text of a token as sentences show it, between more backticks than it holds itself."""
    return Whole(code(token))


def compose(key: str, lang: Language, **values: str) -> str:
    """Returns the catalogue's text for this key and language with its placeholders filled.

    Raises:
        ValueError: the language is not one of `LANGUAGES`.
    """
    template = _template(key, lang)
    whole = [name for name, value in values.items() if isinstance(value, Whole)]
    stand_ins = {name: chr(_FIRST_STAND_IN + place) for place, name in enumerate(whole)}
    filled = {**values, **stand_ins}
    if lang == "zh":
        text = _spaced(template.format(**filled))
    else:
        starts = _SENTENCE_START.findall(template) if template.endswith(".") else []
        text = template.format(**filled | {name: _capital(filled[name]) for name in starts})
    for name in whole:
        text = text.replace(stand_ins[name], values[name])
    return text


def join(parts: list[str], lang: Language, kind: Literal["list", "clause", "or"] = "list") -> str:
    """Returns a list in words: "top-k, top-p and min-p"; clauses are set apart by semicolons."""
    if len(parts) < 2:
        return "".join(parts)
    text = _template(f"{kind}_pair", lang).format(first=parts[-2], last=parts[-1])
    for part in reversed(parts[:-2]):
        text = _template(f"{kind}_more", lang).format(first=part, rest=text)
    return text


def together(sentences: Iterable[str], lang: Language) -> str:
    """Returns finished sentences as one text; those that are empty are left out."""
    return ("" if lang == "zh" else " ").join(filter(None, sentences))


def require_language(lang: str) -> None:
    """Raises ValueError where the catalogue does not speak the language."""
    if lang not in LANGUAGES:
        raise ValueError(f"lang={lang!r} is none of {', '.join(LANGUAGES)}. Type lang='en'.")


def _template(key: str, lang: Language) -> str:
    require_language(lang)
    return CATALOGUE[key].zh if lang == "zh" else CATALOGUE[key].en


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _spaced(text: str) -> str:
    text = re.sub(rf"(?<=[{_HAN}]) +(?=[{_HAN}])", "", text)
    text = re.sub(rf" +(?=[{_STOPS}])|(?<=[{_STOPS}]) +", "", text)
    return re.sub(rf"(?<=[{_HAN}])(?=[A-Za-z0-9])|(?<=[A-Za-z0-9%])(?=[{_HAN}])", " ", text)
