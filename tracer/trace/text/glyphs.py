"""How bytes and characters are shown: unfinished characters as their bytes, invisible ones as signs.

Pure functions on bytes and text. Knows no vocabulary and no markup.

    ⟨E4 BB⟩     bytes that are no whole UTF-8 character (and those of U+FFFD, which looks like a failure)
    ·  ↵  ⇥     space, newline, tab
    ⟨U+202E⟩    any other character that shows nothing or moves other text, and these signs themselves
    ◌           carries a combining mark that would sit on whatever stands before it
"""

import re
import unicodedata
from itertools import groupby

_ESCAPED_BYTES = re.compile("[\udc80-\udcff]+")
_REPLACEMENT = "\ufffd"
_SIGNS = {" ": "·", "\n": "↵", "\t": "⇥"}
_READ_SIGNS = {sign: char for char, sign in _SIGNS.items()}
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zs", "Zl", "Zp"})
_BLANK = frozenset(
    map(chr, (0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), 0x2800, 0x3164, 0xFFA0))
)
_VARIATION_SELECTORS = frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
_OWN_SIGNS = frozenset("·↵⇥⟨⟩◌")
_READABLE = re.compile(r"⟨U\+(10[0-9A-F]{4}|[0-9A-F]{4,5})⟩|[·↵⇥]")


def show_bytes(raw: bytes) -> str:
    """Returns the text of UTF-8 bytes: b" caf\\xc3" → " caf⟨C3⟩"."""
    text = _ESCAPED_BYTES.sub(_chips, raw.decode("utf-8", "surrogateescape"))
    return text.replace(_REPLACEMENT, _chip(_REPLACEMENT.encode())) if _REPLACEMENT in text else text


def show_invisible(text: str | bytes) -> str:
    """Returns the text with nothing hidden and nothing that moves other text: " a\\n" → "·a↵"."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "surrogateescape")
    if text.isascii() and text.isprintable():
        return text.replace(" ", _SIGNS[" "])
    carrier = "◌" if _is_mark(_shown(text[:1])) else ""
    return carrier + _ESCAPED_BYTES.sub(_chips, "".join(map(_shown, text)))


def read_visible(shown: str) -> str:
    """Returns what `show_bytes` gives where `show_invisible` shows this: "·a↵⟨E4⟩" → " a\\n⟨E4⟩"."""
    if shown.startswith("◌") and _is_mark(shown[1:2]):
        shown = shown[1:]
    return _READABLE.sub(_read_sign, shown)


def split_characters(parts: list[bytes]) -> dict[int, str]:
    """Returns, by index of the part, the characters of which it holds some bytes but not all.

    Other parts are left out; a character that never becomes whole is named nowhere.
    """
    characters: dict[int, str] = {}
    # A part that is whole by itself begins and ends a character, so only the runs of the others can share any.
    for is_apart, run in groupby(range(len(parts)), key=lambda index: _is_whole(parts[index])):
        if not is_apart:
            characters |= _split_run(parts, list(run))
    return characters


def _split_run(parts: list[bytes], run: list[int]) -> dict[int, str]:
    holder_of = [index for index in run for _ in parts[index]]
    characters: dict[int, str] = {}
    position = 0
    for char in b"".join(parts[index] for index in run).decode("utf-8", "surrogateescape"):
        length = len(char.encode("utf-8", "surrogateescape"))
        holders = dict.fromkeys(holder_of[position : position + length])
        if len(holders) > 1:
            for index in holders:
                characters[index] = characters.get(index, "") + show_invisible(char)
        position += length
    return characters


def _is_whole(part: bytes) -> bool:
    """Whether it is some characters; an empty part may stand inside of one."""
    try:
        return bool(part.decode())
    except UnicodeDecodeError:
        return False


def _shown(char: str) -> str:
    if char in _SIGNS:
        return _SIGNS[char]
    if _ESCAPED_BYTES.fullmatch(char) or not char:
        return char
    if char == _REPLACEMENT:
        return _chip(char.encode())
    hidden = (
        unicodedata.category(char) in _HIDDEN_CATEGORIES or char in _BLANK or char in _VARIATION_SELECTORS
    )
    return f"⟨U+{ord(char):04X}⟩" if hidden or char in _OWN_SIGNS else char


def _is_mark(char: str) -> bool:
    return len(char) == 1 and unicodedata.category(char).startswith("M")


def _read_sign(match: re.Match[str]) -> str:
    return _READ_SIGNS[match.group()] if match.group(1) is None else chr(int(match.group(1), 16))


def _chips(match: re.Match[str]) -> str:
    return _chip(match.group().encode("utf-8", "surrogateescape"))


def _chip(raw: bytes) -> str:
    return f"⟨{raw.hex(' ').upper()}⟩"
