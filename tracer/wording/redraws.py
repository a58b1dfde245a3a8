"""Many simulated draws of a step, in words: how often the chosen token came, and how often it should have.

Numbers come from `tracer.analysis.redraws`, words from the catalogue.
"""

from tracer.analysis.redraws import Redraws
from tracer.wording import numbers
from tracer.wording.composition import Language, chip, compose


def times(number: int, lang: Language) -> str:
    """Returns "once" or "1,000 times"."""
    if number == 1:
        return compose("redraws_once", lang)
    return compose("redraws_times", lang, number=numbers.count(number))


def redraws_sentence(redraws: Redraws, lang: Language) -> str:
    """Returns how often the chosen token came, beside its probability."""
    chosen = next((row for row in redraws.rows if row.is_chosen), None)
    if chosen is None:
        return compose("redraws_none", lang)
    return compose(
        "redraws_chosen",
        lang,
        total=times(redraws.num_redraws, lang),
        chosen=chip(chosen.token),
        times=times(chosen.count, lang),
        probability=numbers.percent(chosen.probability, lang),
    )
