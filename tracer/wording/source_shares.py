"""What pushed a token ahead of its rival, in sentences: the difference, the largest push, the sums by kind.

Pure functions of `SourceShares` and a language; all numbers are those of the value, in units of the logit.
"""

from tracer.analysis.source_shares import SourceShares
from tracer.wording import numbers
from tracer.wording.composition import Language, chip, compose, join

_SMALLEST = 0.005
"""A sum below this would be shown as zero, and is not said."""


def source_sentences(shares: SourceShares, lang: Language = "en") -> str:
    """Returns what pushed the chosen token, in a few short sentences."""
    clauses = [_difference(shares, lang), *_largest_push(shares, lang), *_kinds(shares, lang)]
    for step in shares.steps_after:
        constant, after = numbers.value(step.constant), numbers.decimal(step.difference)
        clauses.append(compose(f"sources_{step.name}", lang, constant=constant, after=after))
    if shares.undivided:
        layers = join([str(layer) for layer in shares.undivided], lang)
        clauses.append(compose("sources_undivided", lang, layers=layers))
    return ("" if lang == "zh" else " ").join(clauses)


def source_note(shares: SourceShares, lang: Language = "en") -> str:
    """Returns how the numbers are to be read, with the remainder."""
    names = {"chosen": chip(shares.token), "rival": chip(shares.rival)}
    remainder = f"{shares.remainder:.1e}".replace("-", "−")
    return compose("sources_note", lang, **names, remainder=remainder)


def signed(value: float) -> str:
    """Returns "+1.25" or "−0.30"."""
    text = numbers.decimal(value)
    return text if text.startswith("−") else f"+{text}"


def _difference(shares: SourceShares, lang: Language) -> str:
    key = "sources_leads" if shares.difference >= 0 else "sources_trails"
    lead = numbers.decimal(abs(shares.difference))
    return compose(key, lang, chosen=chip(shares.token), rival=chip(shares.rival), difference=lead)


def _largest_push(shares: SourceShares, lang: Language) -> list[str]:
    return [
        compose(
            "sources_pushed",
            lang,
            token=chip(one.token),
            position=str(one.position),
            layer=str(one.layer),
            head=str(one.head),
            value=numbers.decimal(abs(one.value)),
            favored=chip(shares.token if one.value > 0 else shares.rival),
        )
        for one in shares.top(1)
    ]


def _kinds(shares: SourceShares, lang: Language) -> list[str]:
    sums = {
        "embedding": shares.embedding,
        "attention": float(shares.attention.sum()),
        "mlp": float(shares.mlp.sum()),
        "biases": float(shares.biases_by_layer.sum()) + shares.norm_bias + shares.head_bias,
        "rounding": shares.rounding,
    }
    shown = {name: signed(value) for name, value in sums.items() if abs(value) >= _SMALLEST}
    parts = [compose(f"sources_{name}", lang, value=value) for name, value in shown.items()]
    if not parts:
        return []
    return [compose("sources_kinds", lang, parts=join(parts, lang), total=signed(shares.total))]
