"""One entry of the catalogue: a text in both languages. Holds no text itself."""

from typing import NamedTuple


class Message(NamedTuple):
    """One text in both languages."""

    en: str
    zh: str
