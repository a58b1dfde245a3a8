"""The candidates of one step of two runs beside each other, in words: probability and rank of each token in both."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracer.analysis.candidate_pairs import CandidateSide, Standing, candidates_beside
from tracer.wording import numbers
from tracer.wording.composition import Language, compose

if TYPE_CHECKING:
    from tracer.trace.step import Step


@dataclass(frozen=True, slots=True)
class PairCell:
    """One token in one trace at one stage; `probability` is None where it is not known, and `text` says why."""

    probability: float | None
    text: str
    is_removed: bool


@dataclass(frozen=True, slots=True)
class PairRow:
    """One token: its cells in A and B under the raw logits (`model_…`) and the final scores (`final_…`)."""

    token: str
    id_a: int | None
    id_b: int | None
    is_chosen_a: bool
    is_chosen_b: bool
    model_a: PairCell
    model_b: PairCell
    final_a: PairCell
    final_b: PairCell


@dataclass(frozen=True, slots=True)
class PairPicture:
    """All rows; `columns` are the names of the two stages, `note` says why there are no rows."""

    title: str
    columns: tuple[str, str]
    axis: str
    rows: tuple[PairRow, ...]
    note: str


def pair_picture(a: "Step", b: "Step", lang: Language = "en", *, by_text: bool = False) -> PairPicture:
    """Returns the leading tokens of two steps beside each other; `by_text` where the vocabularies differ."""
    rows = tuple(_row(pair.token, pair.a, pair.b, lang) for pair in candidates_beside(a, b, by_text=by_text))
    key = "compare.beside_title" if a.index == b.index else "compare.beside_title_two"
    values = {"step": str(a.index)} | ({} if a.index == b.index else {"other_step": str(b.index)})
    return PairPicture(
        title=compose(key, lang, **values),
        columns=(compose("compare.beside_model", lang), compose("compare.beside_final", lang)),
        axis=compose("picture.probability_axis", lang),
        rows=rows,
        note="" if rows else compose("compare.beside_empty", lang),
    )


def ended_picture(step: "Step", num_steps: int, lang: Language = "en") -> PairPicture:
    """Returns what stands there at a step of A behind the last of the `num_steps` of B: no rows, and why."""
    return PairPicture(
        title=compose("compare.beside_title", lang, step=str(step.index)),
        columns=(compose("compare.beside_model", lang), compose("compare.beside_final", lang)),
        axis=compose("picture.probability_axis", lang),
        rows=(),
        note=compose("compare.beside_ended", lang, count=numbers.count(num_steps)),
    )


def _row(token: str, a: CandidateSide | None, b: CandidateSide | None, lang: Language) -> PairRow:
    return PairRow(
        token=token,
        id_a=None if a is None else a.token_id,
        id_b=None if b is None else b.token_id,
        is_chosen_a=a is not None and a.is_chosen,
        is_chosen_b=b is not None and b.is_chosen,
        model_a=_cell(None if a is None else a.model, lang),
        model_b=_cell(None if b is None else b.model, lang),
        final_a=_cell(None if a is None else a.final, lang),
        final_b=_cell(None if b is None else b.final, lang),
    )


def _cell(standing: Standing | None, lang: Language) -> PairCell:
    if standing is None:
        return PairCell(None, compose("compare.beside_unknown", lang), False)
    if standing.is_removed:
        return PairCell(0.0, compose("compare.beside_removed", lang), True)
    text = f"{numbers.percent(standing.probability, lang)} · {numbers.ordinal(standing.rank, lang)}"
    return PairCell(standing.probability, text, False)
