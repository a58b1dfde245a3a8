"""The decision picture: the leading tokens through the model and every active setting, then the draw.

`decision_picture` gives it for a step, `picture_of` for an `Explanation`: one frozen value, its words in one language,
for the browser module and the plotly figure. Probabilities are shares of 1. Draws nothing.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tracer.analysis.explanation import Change, Explanation, Row, Stage, explain
from tracer.pictures.decision_draw import DrawColumn, Tick, draw_column, probability_ticks
from tracer.pictures.sentence_parts import Part, parts_of, shortened
from tracer.wording import numbers
from tracer.wording.composition import Language, compose, join
from tracer.wording.effects import arithmetic
from tracer.wording.explanation import Told, Topic, setting_name, setting_text, told

if TYPE_CHECKING:
    from tracer.trace.step import Step


@dataclass(frozen=True, slots=True)
class PictureRow:
    """One token; the texts of `marks` say beside it what it is: the favorite, or the answer of a what-if."""

    token_id: int
    token: str
    is_special: bool
    is_chosen: bool
    is_favorite: bool
    is_answer: bool
    marks: tuple[str, ...]
    tooltip: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One token at one stage. `bar` is a probability; where the stage removed the token, the one before.

    None where the token is gone already; the texts are empty then. `rank_change` is positive for a better rank.
    `hover` is all that is known, `python` the expression that gives the number from `step`.
    """

    bar: float | None
    percent: str
    rank_change: int
    rank: str
    arithmetic: str
    is_removed: bool
    removed_by: str
    hover: str
    python: str


@dataclass(frozen=True, slots=True)
class Column:
    """One stage: its name, how many tokens it left, what it cut off, a cell for each row, and the other tokens."""

    stage: int
    title: str
    left: str
    cut: str
    cells: tuple[Cell, ...]
    others: str
    others_probability: float | None


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause, and the columns it tells about; the draw is the column behind the last stage.

    It is to be read once the last of these has been seen.
    """

    text: str
    parts: tuple[Part, ...]
    columns: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DecisionPicture:
    """Everything that is shown. `largest` is the end of the probability axis; empty texts are not shown.

    `num_more` candidates have no row; `python` opens the trace and finds the `step` that the cells' lines start from.
    `frame`: what a dashed frame around a picture says that did not happen.
    """

    step: int
    clauses: tuple[Clause, ...]
    rows: tuple[PictureRow, ...]
    chosen: int
    columns: tuple[Column, ...]
    draw: DrawColumn | None
    largest: float
    ticks: tuple[Tick, ...]
    axis: str
    others_title: str
    no_effect: str
    num_more: int
    badges: tuple[str, ...]
    frame: str
    python: str

    @property
    def sentences(self) -> tuple[str, ...]:
        """The clauses as they stand in `why`."""
        return tuple(clause.text for clause in self.clauses)


def decision_picture(step: "Step", lang: Language = "en", *, has_all_rows: bool = False) -> DecisionPicture:
    """Returns the decision picture of a step; `has_all_rows`: with a row for every candidate."""
    opening = (
        "import math",
        "import tracer",
        f"trace = tracer.open_trace({str(step.call.trace.path)!r})",
        f"step = trace.step({step.index}, call={step.call.index}, row={step.sequence.row})",
    )
    picture = picture_of(explain(step, has_all_rows=has_all_rows), lang)
    return replace(picture, python="\n".join(opening))


def picture_of(explanation: Explanation, lang: Language = "en") -> DecisionPicture:
    """Returns the rows, columns and texts of the decision picture."""
    rows = explanation.rows
    stages = [stage for stage in explanation.stages if stage.change is not Change.NOTHING]
    has_others = any(stage.num_others > 0 for stage in stages)
    idle = [setting_text(stage.setting, lang) for stage in explanation.inactive_stages]
    largest = max(row.probabilities[stage.stage] for row in rows for stage in stages)
    draw = draw_column(explanation, lang)
    return DecisionPicture(
        step=explanation.step,
        clauses=_clauses(explanation, [stage.stage for stage in stages], lang),
        rows=tuple(_row(row, lang) for row in rows),
        chosen=next(place for place, row in enumerate(rows) if row.is_chosen),
        columns=tuple(_column(rows, stage, lang) for stage in stages),
        draw=draw,
        largest=largest,
        ticks=probability_ticks(largest),
        axis=compose("picture.probability_axis", lang),
        others_title=compose("other_tokens", lang) if has_others else "",
        no_effect=compose("no_effect", lang, settings=join(idle, lang)) if idle else "",
        num_more=explanation.num_candidates - len(rows),
        badges=(
            compose("picture.badge_recorded", lang),
            *([compose("picture.badge_draw", lang)] if draw.has_luck else []),
        ),
        frame="",
        python="",
    )


def _clauses(explanation: Explanation, stages: list[int], lang: Language) -> tuple[Clause, ...]:
    known = [row.token for row in (*explanation.rows, explanation.chosen, explanation.favorite)]
    known += [racer.token for racer in explanation.draw.racers]
    return tuple(
        Clause(one.text, parts_of(one.text, known), _columns_of(one, stages))
        for one in told(explanation, lang)
    )


def _columns_of(clause: Told, stages: list[int]) -> tuple[int, ...]:
    match clause.topic:
        case Topic.MODEL:
            return (0,)
        case Topic.SETTINGS:
            return tuple(place for place, stage in enumerate(stages) if stage in clause.stages)
        case Topic.DRAW | Topic.END:
            return (len(stages),)


def _row(row: Row, lang: Language) -> PictureRow:
    marks = (compose("picture.favorite", lang),) if row.is_favorite and not row.is_chosen else ()
    facts = [compose("picture.id", lang, id=str(row.token_id))]
    facts += [compose("picture.special", lang)] if row.is_special else []
    facts += [compose("picture.chosen", lang)] if row.is_chosen else []
    facts += [compose("picture.favorite", lang)] if row.is_favorite else []
    return PictureRow(
        token_id=row.token_id,
        token=shortened(row.token),
        is_special=row.is_special,
        is_chosen=row.is_chosen,
        is_favorite=row.is_favorite,
        is_answer=False,
        marks=marks,
        tooltip=" · ".join(facts),
    )


def _column(rows: tuple[Row, ...], stage: Stage, lang: Language) -> Column:
    cut = numbers.percent(stage.removed_mass, lang) if stage.num_removed > 0 else ""
    has_others = stage.num_others > 0
    return Column(
        stage=stage.stage,
        title=setting_text(stage.setting, lang) if stage.stage else compose("column_model", lang),
        left=compose("tokens_left", lang, count=numbers.count(stage.num_left)),
        cut=compose("mass_removed", lang, mass=cut) if cut else "",
        cells=tuple(_cell(row, stage, lang) for row in rows),
        others=_others(stage, lang),
        others_probability=stage.others_probability if has_others else None,
    )


def _cell(row: Row, stage: Stage, lang: Language) -> Cell:
    at = stage.stage
    if row.removed_at is not None and row.removed_at < at:
        return Cell(None, "", 0, "", "", is_removed=False, removed_by="", hover="", python="")
    if row.removed_at == at:
        return _removed_cell(row, stage, lang)
    rank = numbers.ordinal(row.ranks[at], lang)
    calculated = (arithmetic(row, stage) if at else None) or ""
    score = compose("picture.score", lang, score=numbers.decimal(row.scores[at]))
    facts = (rank, calculated or score, compose("picture.id", lang, id=str(row.token_id)))
    return Cell(
        bar=row.probabilities[at],
        percent=numbers.percent(row.probabilities[at], lang),
        rank_change=row.ranks[at - 1] - row.ranks[at] if at else 0,
        rank=rank,
        arithmetic=calculated,
        is_removed=False,
        removed_by="",
        hover=" · ".join(facts),
        python=_python(row, at),
    )


def _removed_cell(row: Row, stage: Stage, lang: Language) -> Cell:
    before = row.probabilities[stage.stage - 1]
    name, rank = setting_name(stage.setting, lang), numbers.ordinal(row.ranks[stage.stage - 1], lang)
    facts = (
        compose("picture.removed_by", lang, setting=name),
        compose("picture.before_removal", lang, mass=numbers.percent(before, lang), rank=rank),
        compose("picture.id", lang, id=str(row.token_id)),
    )
    return Cell(
        bar=before,
        percent=numbers.percent(before, lang),
        rank_change=0,
        rank="",
        arithmetic="",
        is_removed=True,
        removed_by=name,
        hover=" · ".join(facts),
        python=_python(row, stage.stage - 1),
    )


def _python(row: Row, stage: int) -> str:
    return f"next(c for c in step.candidates if c.token_id == {row.token_id}).probability[{stage}]"


def _others(stage: Stage, lang: Language) -> str:
    if stage.num_others <= 0:
        return ""
    mass = numbers.percent(stage.others_probability, lang)
    if stage.num_others == 1:
        return compose("other_cell", lang, mass=mass)
    return compose("others_cell", lang, mass=mass, count=numbers.count(stage.num_others))
