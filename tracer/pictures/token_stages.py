"""Some tokens of one step through every stage, as a table: score, rank and probability, whether candidate or not.

Answers "what became of this token?" for any token of the vocabulary.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracer.analysis.expectation import candidate_of
from tracer.analysis.explanation import Row, row_of, settings_of
from tracer.errors import SignalMissingError
from tracer.wording import numbers
from tracer.wording.absence import said_in
from tracer.wording.composition import Language, compose
from tracer.wording.explanation import setting_text

if TYPE_CHECKING:
    from tracer.trace.step import Step


@dataclass(frozen=True, slots=True)
class TokenCell:
    """One token at one stage, in words; all empty where the token was cut off before."""

    probability: str
    rank: str
    score: str
    is_removed: bool


@dataclass(frozen=True, slots=True)
class TokenRow:
    """One token; without `cells` its scores were not recorded, and `missing` says what to do."""

    token_id: int
    token: str
    is_chosen: bool
    cells: tuple[TokenCell, ...]
    missing: str


@dataclass(frozen=True, slots=True)
class TokenTable:
    """The tokens in the order asked for, under the titles of all stages."""

    titles: tuple[str, ...]
    rows: tuple[TokenRow, ...]


def token_table(step: "Step", token_ids: tuple[int, ...], lang: Language = "en") -> TokenTable:
    """Returns how the tokens fared at every stage of a step."""
    titles = [compose("column_model", lang)]
    titles += [setting_text(setting, lang) for setting in settings_of(step)[1:]]
    return TokenTable(tuple(titles), tuple(_row(step, token_id, lang) for token_id in token_ids))


def _row(step: "Step", token_id: int, lang: Language) -> TokenRow:
    token, is_chosen = step.call.trace.vocabulary.visible(token_id), token_id == step.token_id
    try:
        row = row_of(step, candidate_of(step, token_id))
    except SignalMissingError as error:
        return TokenRow(token_id, token, is_chosen, (), said_in(str(error), lang))
    cells = tuple(_cell(row, stage, lang) for stage in range(len(row.scores)))
    return TokenRow(token_id, token, is_chosen, cells, "")


def _cell(row: Row, stage: int, lang: Language) -> TokenCell:
    if row.removed_at is not None and row.removed_at <= stage:
        removed = compose("removed_cell", lang) if row.removed_at == stage else ""
        return TokenCell(removed, "", "", row.removed_at == stage)
    return TokenCell(
        probability=numbers.percent(row.probabilities[stage], lang),
        rank=numbers.ordinal(row.ranks[stage], lang),
        score=numbers.decimal(row.scores[stage]),
        is_removed=False,
    )
