"""Two runs compared, as the page shows them: both token strips aligned, the sentences, the tables of what differs.

How far apart the predictions are is another picture, made in pieces: `tracer.pictures.distances`.
"""

from dataclasses import dataclass

from tracer.analysis.alignment import AlignedStep, StepSide
from tracer.analysis.comparison import Comparison
from tracer.analysis.run_differences import FactDifference, PartDifference, SettingDifference, SettingValue
from tracer.wording import numbers
from tracer.wording.comparison import (
    cause_sentence,
    caveat,
    headline,
    part_sides,
    prompt_sentence,
    token_sentences,
    value_text,
)
from tracer.wording.composition import Language, compose


@dataclass(frozen=True, slots=True)
class PairToken:
    """One token of one strip; `is_shared`: within the common beginning. The percentages are in words."""

    id: int
    text: str
    model: str
    after: str
    is_shared: bool
    is_forced: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """One step of both strips; None where that text has ended. `mark` is shared, same, other or alone."""

    step: int
    a: PairToken | None
    b: PairToken | None
    mark: str


@dataclass(frozen=True, slots=True)
class DifferenceRow:
    """One line of a table: a name, and what A and B have."""

    name: str
    a: str
    b: str


@dataclass(frozen=True, slots=True)
class DifferenceTable:
    """One table under its title; without rows `note` says so."""

    title: str
    rows: tuple[DifferenceRow, ...]
    note: str


@dataclass(frozen=True, slots=True)
class ComparisonPicture:
    """Everything the page shows at once. `divergence` is the first step that differs, None where none does.

    `other_divergence` is its number in B. `has_kl`: the vocabularies are the same, so KL can be asked for.
    """

    names: tuple[str, str]
    is_same: bool
    headline: str
    cause: str
    caveat: str
    tokens: tuple[str, ...]
    prompt: str
    pairs: tuple[Pair, ...]
    num_shared: int
    divergence: int | None
    other_divergence: int | None
    has_kl: bool
    mark: str
    column: str
    settings: DifferenceTable
    processors: DifferenceTable
    criteria: DifferenceTable
    facts: DifferenceTable

    @property
    def differences(self) -> tuple[tuple[str, tuple[DifferenceRow, ...]], ...]:
        """The title and rows of every table, in the order in which they are shown."""
        tables = (self.settings, self.processors, self.criteria, self.facts)
        return tuple((one.title, one.rows) for one in tables)


def comparison_picture(comparison: Comparison, lang: Language = "en") -> ComparisonPicture:
    """Returns what the page shows of two compared runs."""
    parted = comparison.first_divergence
    sequences = comparison.a, comparison.b
    return ComparisonPicture(
        names=(sequences[0].call.trace.path.name, sequences[1].call.trace.path.name),
        is_same=comparison.is_same,
        headline=headline(comparison, lang),
        cause=cause_sentence(comparison, lang),
        caveat=caveat(comparison, lang),
        tokens=tuple(token_sentences(comparison, lang)),
        prompt=prompt_sentence(comparison, lang),
        pairs=tuple(_pair(one, lang) for one in comparison.steps),
        num_shared=comparison.num_shared,
        divergence=None if parted is None else parted.step,
        other_divergence=None if parted is None else parted.other_step,
        has_kl=comparison.same_vocabulary,
        mark="" if parted is None else compose("compare.mark", lang, step=str(parted.step)),
        column=compose("compare.column_name", lang),
        settings=_table("settings", [_setting_row(one, lang) for one in comparison.settings], lang),
        processors=_table("processors", [_part_row(one, lang) for one in comparison.processors], lang),
        criteria=_table("criteria", [_part_row(one, lang) for one in comparison.criteria], lang),
        facts=_table("facts", [_fact_row(one, lang) for one in comparison.facts], lang),
    )


def _pair(one: AlignedStep, lang: Language) -> Pair:
    if one.a is None or one.b is None:
        mark = "alone"
    elif one.a.is_shared and one.b.is_shared:
        mark = "shared"
    else:
        mark = "same" if one.is_same else "other"
    return Pair(one.step, _token(one.a, lang), _token(one.b, lang), mark)


def _token(side: StepSide | None, lang: Language) -> PairToken | None:
    if side is None:
        return None
    return PairToken(
        id=side.token_id,
        text=side.token,
        model=numbers.percent(side.model_probability, lang),
        after=numbers.percent(side.probability, lang),
        is_shared=side.is_shared,
        is_forced=side.is_forced,
    )


def _table(name: str, rows: list[DifferenceRow], lang: Language) -> DifferenceTable:
    note = "" if rows else compose("compare.none", lang)
    return DifferenceTable(compose(f"compare.{name}_title", lang), tuple(rows), note)


def _setting_row(one: SettingDifference, lang: Language) -> DifferenceRow:
    return DifferenceRow(one.name, _setting(one.a, lang), _setting(one.b, lang))


def _setting(side: SettingValue | None, lang: Language) -> str:
    if side is None or side.value is None:
        return compose("compare.absent", lang)
    origin = compose(f"ui.origin_{side.origin}", lang)
    return f"{value_text(side.value)} · {origin}"


def _part_row(one: PartDifference, lang: Language) -> DifferenceRow:
    return DifferenceRow(one.class_name, *part_sides(one, lang))


def _fact_row(one: FactDifference, lang: Language) -> DifferenceRow:
    name = f"{compose(f'compare.group_{one.group}', lang)}: {one.name}"
    return DifferenceRow(name, *(_fact(value, lang) for value in (one.a, one.b)))


def _fact(value: object, lang: Language) -> str:
    if value is None:
        return compose("compare.absent", lang)
    return value if isinstance(value, str) else value_text(value)
