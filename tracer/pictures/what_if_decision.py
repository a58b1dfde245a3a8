"""The decision picture of a what-if: each token as recorded and with the settings asked for.

The same value as that of a recorded step, so that the same module draws it, in a frame that says it did not happen.
There is no column for the draw: its luck is the recorded one, or new. Draws nothing.
"""

from tracer.analysis.alternative import AlternativeRow, WhatIf
from tracer.pictures.decision import Cell, Clause, Column, DecisionPicture, PictureRow
from tracer.pictures.decision_draw import probability_ticks
from tracer.pictures.sentence_parts import parts_of, shortened
from tracer.wording import numbers
from tracer.wording.alternative import step_sentences
from tracer.wording.composition import Language, compose
from tracer.wording.explanation import setting_name


def picture_of_what_if(answer: WhatIf, lang: Language = "en") -> DecisionPicture:
    """Returns the picture of an answer; its rows stand in the order of the new scores."""
    rows = answer.rows
    largest = max((max(row.probability_before, row.probability_after) for row in rows), default=1.0) or 1.0
    text = step_sentences(answer, lang)
    left = compose("tokens_left", lang, count=numbers.count(answer.stages[-1].num_left))
    before = tuple(_before(row, lang) for row in rows)
    after = tuple(_after(row, answer, lang) for row in rows)
    return DecisionPicture(
        step=answer.step,
        clauses=(Clause(text, parts_of(text, [row.token for row in rows]), (0, 1)),),
        rows=tuple(_row(row, lang) for row in rows),
        chosen=next(place for place, row in enumerate(rows) if row.is_chosen),
        columns=(
            Column(0, compose("column_recorded", lang), "", "", before, "", None),
            Column(1, compose("column_asked", lang), left, "", after, "", None),
        ),
        draw=None,
        largest=largest,
        ticks=probability_ticks(largest),
        axis=compose("picture.probability_axis", lang),
        others_title="",
        no_effect="",
        num_more=0,
        badges=(),
        frame=compose("ui.badge_simulated", lang),
        python="",
    )


def _row(row: AlternativeRow, lang: Language) -> PictureRow:
    facts = [compose("picture.id", lang, id=str(row.token_id))]
    facts += [compose("picture.chosen", lang)] if row.is_chosen else []
    facts += [compose("picture.answer", lang)] if row.is_answer else []
    return PictureRow(
        token_id=row.token_id,
        token=shortened(row.token),
        is_special=False,
        is_chosen=row.is_chosen,
        is_favorite=False,
        is_answer=row.is_answer,
        marks=(compose("picture.answer", lang),) if row.is_answer else (),
        tooltip=" · ".join(facts),
    )


def _before(row: AlternativeRow, lang: Language) -> Cell:
    if row.probability_before == 0.0:
        return _cell(row, None, compose("removed_cell", lang), "", 0)
    rank = numbers.ordinal(row.rank_before, lang)
    return _cell(row, row.probability_before, numbers.percent(row.probability_before, lang), rank, 0)


def _after(row: AlternativeRow, answer: WhatIf, lang: Language) -> Cell:
    if row.removed_at is None:
        rank, change = numbers.ordinal(row.rank_after, lang), row.rank_before - row.rank_after
        return _cell(row, row.probability_after, numbers.percent(row.probability_after, lang), rank, change)
    name = setting_name(answer.stages[row.removed_at].setting, lang)
    if row.probability_before == 0.0:
        return _cell(
            row, None, compose("removed_cell", lang), compose("picture.removed_by", lang, setting=name), 0
        )
    return Cell(
        bar=row.probability_before,
        percent=numbers.percent(row.probability_before, lang),
        rank_change=0,
        rank="",
        arithmetic="",
        is_removed=True,
        removed_by=name,
        hover=compose("picture.removed_by", lang, setting=name),
        python="",
    )


def _cell(row: AlternativeRow, bar: float | None, percent: str, rank: str, change: int) -> Cell:
    return Cell(
        bar=bar,
        percent=percent,
        rank_change=change,
        rank=rank,
        arithmetic="",
        is_removed=False,
        removed_by="",
        hover=" · ".join(filter(None, (rank, percent, f"id {row.token_id}"))),
        python="",
    )
