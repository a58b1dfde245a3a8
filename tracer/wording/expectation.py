"""`expected(trace, text)`: an `Expectation` together with its words, ready to print.

All numbers come from `tracer.analysis.expectation`, all words from the catalogue. Sentences are told only about
what was found.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tracer.analysis.expectation import Departure, Expectation, Outcome, compare
from tracer.analysis.explanation import Row
from tracer.analysis.remedies import Adjustment, Choice, Remedies, Remedy
from tracer.self_rendering import RendersItself
from tracer.wording import numbers
from tracer.wording.composition import Language, Whole, chip, compose, join, require_language
from tracer.wording.explanation import setting_name, setting_text
from tracer.wording.table import aligned

if TYPE_CHECKING:
    from tracer.trace.trace import Trace

_MOST_OTHERS = 3
_REST = 24


@dataclass(frozen=True, slots=True)
class Expected(RendersItself):
    """Where a text leaves the expected one. Printing it gives the sentences and the stages, in `lang`."""

    expectation: Expectation
    lang: Language = "en"

    def __str__(self) -> str:
        return self.text()

    def text(self, lang: Language | None = None) -> str:
        """Returns the sentences and, below them, both tokens through the stages; `lang` is "en" or "zh"."""
        departure = self.expectation.departure
        if departure is None:
            return self.sentences(lang)
        return f"{self.sentences(lang)}\n\n{_table(departure, lang or self.lang)}"

    def sentences(self, lang: Language | None = None) -> str:
        """Returns the sentences alone."""
        lang = lang or self.lang
        return ("" if lang == "zh" else " ").join(clauses(self.expectation, lang))

    def describe(self) -> dict[str, Any]:
        """Returns the expectation as JSON-ready values, with its sentences in both languages."""
        spoken = {"en": self.sentences("en"), "zh": self.sentences("zh")}
        return {"sentences": spoken, **self.expectation.describe()}


def expected(
    trace: "Trace", text: str, *, call: int | None = None, row: int | None = None, lang: Language = "en"
) -> Expected:
    """Returns where the generated text leaves the expected one, and what would have kept to it.

    There it gives the expected token's rank and probability at every stage, the stage that removed it, and the
    change that would have chosen it, found by trying on the recorded scores with the recorded luck.

    Args:
        trace: the trace; `call` and `row` name the sequence where it holds several.
        text: the answer as it should have been, from its beginning; it may end anywhere.

    Raises:
        AmbiguousStepError: there are several sequences, and none was named.
        SignalMissingError: the trace holds no vocabulary.
        ValueError: the text is empty, or there is no such call, row or language.
    """
    require_language(lang)
    return Expected(compare(trace.sequence(call=call, row=row), text), lang)


def clauses(expectation: Expectation, lang: Language = "en") -> tuple[str, ...]:
    """Returns the sentences one by one: where, how likely, what removed it, what would have chosen it."""
    departure = expectation.departure
    if departure is None:
        return (_agreement(expectation, lang),)
    chosen, wanted = chip(departure.chosen.token), chip(departure.expected_token)
    said = [compose("expected.left", lang, step=str(departure.step), chosen=chosen, expected=wanted)]
    if departure.expected is not None:
        said += _places(departure, departure.expected, lang)
    if departure.remedies is not None:
        said += _remedies(departure, departure.remedies, lang)
    if departure.missing is not None:
        said.append(compose("expected.missing", lang, reason=Whole(missing_reason(departure, lang))))
    if departure.others:
        said.append(_others(departure, lang))
    return tuple(said)


def missing_reason(departure: Departure, lang: Language) -> str:
    """Returns why the expected token could not be followed; the error's own text is English."""
    if departure.missing is None:
        return ""
    return departure.missing if lang == "en" else compose("expected.missing_scores", lang)


def _agreement(expectation: Expectation, lang: Language) -> str:
    if expectation.outcome is Outcome.ENDED:
        rest = expectation.rest if len(expectation.rest) <= _REST else f"{expectation.rest[:_REST]}…"
        count = numbers.count(expectation.num_steps)
        return compose("expected.ended", lang, count=count, rest=chip(rest.replace("\n", "↵")))
    last = str(expectation.num_steps - 1)
    if expectation.num_more:
        return compose(
            "expected.reached_and_more", lang, last=last, count=numbers.count(expectation.num_more)
        )
    return compose("expected.reached", lang, last=last)


def _places(departure: Departure, row: Row, lang: Language) -> list[str]:
    """Rank and probability under the logits; then what removed it, or where it stood in the end."""
    said = [
        compose(
            "expected.by_model",
            lang,
            expected=chip(row.token),
            rank=numbers.ordinal(row.ranks[0], lang),
            total=numbers.count(departure.num_tokens),
            probability=numbers.percent(row.probabilities[0], lang),
        )
    ]
    if row.removed_at is not None:
        setting, before = departure.settings[row.removed_at], row.removed_at - 1
        said.append(
            compose(
                "expected.removed",
                lang,
                setting=setting_text(setting, lang),
                rank=numbers.ordinal(row.ranks[before], lang),
                probability=numbers.percent(row.probabilities[before], lang),
            )
        )
    elif len(departure.settings) > 1:
        said.append(
            compose(
                "expected.after_settings",
                lang,
                rank=numbers.ordinal(row.ranks[-1], lang),
                left=numbers.count(departure.num_left[-1]),
                probability=numbers.percent(row.probabilities[-1], lang),
                chosen=chip(departure.chosen.token),
                chosen_probability=numbers.percent(departure.chosen.probabilities[-1], lang),
            )
        )
    return said


def _remedies(departure: Departure, remedies: Remedies, lang: Language) -> list[str]:
    said = []
    if remedies.keep and remedies.probability is not None:
        kept = join([_kept(one, lang) for one in remedies.keep], lang)
        probability = numbers.percent(remedies.probability, lang)
        said.append(compose("expected.keep", lang, adjustments=kept, probability=probability))
    for choice, key in ((Choice.LUCK, "expected.luck"), (Choice.GREEDY, "expected.greedy_with")):
        found = [remedy for remedy in remedies.found if remedy.choice is choice]
        if any(not remedy.adjustments for remedy in found):
            said.append(compose("expected.greedy", lang))
        elif found:
            said.append(compose(key, lang, ways=_ways(found, lang)))
    if remedies.needs_another_draw and remedies.probability is not None:
        probability = numbers.percent(remedies.probability, lang)
        said.append(compose("expected.another_draw", lang, probability=probability))
    if remedies.mode == "greedy" and not remedies.found and remedies.probability is not None:
        probability = numbers.percent(remedies.probability, lang)
        key = "expected.greedy_never" if len(departure.settings) > 1 else "expected.only_sampling"
        said.append(compose(key, lang, probability=probability))
    if remedies.undecided:
        said.append(compose("expected.undecided", lang, ways=_ways(list(remedies.undecided), lang)))
    if remedies.untriable:
        said.append(compose("expected.untriable", lang, classes=join(list(remedies.untriable), lang)))
    return said


def _ways(found: list[Remedy], lang: Language) -> str:
    """The ways by "or"; a setting is not left out where another value of it does."""
    given = {one.setting for remedy in found for one in remedy.adjustments if one.value is not None}
    found = [
        remedy
        for remedy in found
        if not any(a.value is None and a.setting in given for a in remedy.adjustments)
    ]
    ways = (join([_adjusted(one, lang) for one in remedy.adjustments], lang) for remedy in found)
    return join(list(dict.fromkeys(ways)), lang, "or")


def _kept(adjustment: Adjustment, lang: Language) -> str:
    """The least a filter must be changed by: "top-k at least 61"."""
    if adjustment.value is None:
        return compose("adjust.left_out", lang, setting=setting_text(adjustment.setting, lang))
    key = "adjust.at_most" if adjustment.setting.name == "min_p" else "adjust.at_least"
    name = setting_name(adjustment.setting, lang)
    return compose(key, lang, name=name, value=numbers.value(adjustment.value))


def _adjusted(adjustment: Adjustment, lang: Language) -> str:
    if adjustment.value is None:
        return compose("adjust.left_out", lang, setting=setting_text(adjustment.setting, lang))
    return compose(
        "adjust.to",
        lang,
        name=setting_name(adjustment.setting, lang),
        value=numbers.value(adjustment.value),
        recorded=numbers.value(adjustment.setting.value),
    )


def _others(departure: Departure, lang: Language) -> str:
    tokens = [
        compose(
            "expected.token_with_probability",
            lang,
            token=chip(row.token),
            probability=numbers.percent(row.probabilities[0], lang),
        )
        for row in departure.others[:_MOST_OTHERS]
    ]
    return compose("expected.others", lang, tokens=Whole(join(tokens, lang)))


def _table(departure: Departure, lang: Language) -> str:
    """Both tokens at every stage: probability, score and rank."""
    names = [compose("column_model", lang), *(setting_text(one, lang) for one in departure.settings[1:])]
    left = [compose("tokens_left", lang, count=numbers.count(count)) for count in departure.num_left]
    columns = [[compose("expected.column_stage", lang), *names], ["", *left]]
    for row in (departure.expected, departure.chosen):
        if row is not None:
            mark = "✓ " if row.is_chosen else ""
            cells = [_cell(row, stage, lang) for stage in range(len(departure.settings))]
            columns.append([f"{mark}{row.token}", *cells])
    return "\n".join(line.rstrip() for line in map("   ".join, zip(*map(aligned, columns), strict=True)))


def _cell(row: Row, stage: int, lang: Language) -> str:
    if row.removed_at is not None and row.removed_at <= stage:
        return compose("removed_cell", lang) if row.removed_at == stage else ""
    probability = numbers.percent(row.probabilities[stage], lang)
    return f"{probability}  {numbers.decimal(row.scores[stage])}  #{numbers.count(row.ranks[stage] + 1)}"
