"""Numbers as people read them, in English and Chinese: percentages, counts, settings' values, ordinals.

Pure functions of a number and a language.
"""

from tracer.wording.composition import Language, compose

_SMALLEST = 1e-9


def percent(probability: float, lang: Language) -> str:
    """Returns "52.6 %" or "52.6%"; below 0.1 % "1 in 4,000"."""
    if probability == 0.0:
        return compose("percent", lang, number="0")
    if probability < _SMALLEST:
        return compose("less_than_one_in", lang, number=count(round(1 / _SMALLEST)))
    if probability < 0.001:
        return compose("one_in", lang, number=count(_two_digits(1 / probability)))
    if 0.9995 <= probability < 1.0:
        return compose("almost_all", lang)
    return compose("percent", lang, number="100" if probability >= 1.0 else f"{probability * 100:.1f}")


def _two_digits(number: float) -> int:
    return int(float(f"{number:.2g}"))


def count(number: int) -> str:
    """Returns "49,152"."""
    return f"{number:,}"


def decimal(number: float) -> str:
    """Returns a score or a difference with two decimals and a real minus sign."""
    return f"{round(number, 2) + 0.0:.2f}".replace("-", "−")  # + 0.0: never "−0.00"


def value(number: object) -> str:
    """Returns a setting's value without the noise of float32: 1.1, 50."""
    return f"{number:.6g}" if isinstance(number, float) else str(number)


def ordinal(rank: int, lang: Language) -> str:
    """Returns "1st" or "第 1 名" for rank 0."""
    place = rank + 1
    if lang == "zh":
        return f"第 {count(place)} 名"
    ending = "th" if 10 <= place % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{count(place)}{ending}"
