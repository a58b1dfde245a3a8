"""Amounts as people read them: bytes, large counts, shapes. Pure functions of numbers and a language."""

from collections.abc import Sequence

from tracer.wording import numbers
from tracer.wording.composition import Language

_BYTE_UNITS = ("B", "kB", "MB", "GB", "TB")


def byte_size(nbytes: int) -> str:
    """Returns "36.9 kB"; a thousand of one unit is one of the next."""
    value, place = float(nbytes), 0
    while value >= 999.95 and place < len(_BYTE_UNITS) - 1:
        value, place = value / 1000, place + 1
    return f"{nbytes} B" if place == 0 else f"{value:.1f} {_BYTE_UNITS[place]}"


def amount(number: int, lang: Language) -> str:
    """Returns "134.5 M" or "1.35 亿"; small numbers in full."""
    units = ((10**8, " 亿", 2), (10**4, " 万", 1)) if lang == "zh" else ((10**9, " B", 2), (10**6, " M", 1))
    for size, unit, decimals in units:
        if number >= size:
            return f"{number / size:.{decimals}f}{unit}"
    return numbers.count(number)


def shape_text(shape: Sequence[int] | None) -> str:
    """Returns "1 × 24"; "()" of a single number, nothing where there is no shape."""
    if shape is None:
        return ""
    return " × ".join(map(str, shape)) if len(shape) else "()"


def span_text(items: Sequence[int]) -> str:
    """Returns "0–29" for numbers in a row, "0, 2, 4" for others."""
    ordered = list(items)
    if len(ordered) > 1 and ordered == list(range(ordered[0], ordered[-1] + 1)):
        return f"{ordered[0]}–{ordered[-1]}"
    return ", ".join(map(str, ordered))
