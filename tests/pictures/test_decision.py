"""The decision picture is the explanation in rows and columns: same order, same numbers, nothing of its own."""

import contextlib
import dataclasses
import io
import json
import math
from pathlib import Path

import pytest

from tests.analysis.chain import PENALTY, Words, log, make_step, rain_step
from tests.synthetic import write_trace
from tracer.analysis.explanation import Change, explain, json_ready
from tracer.pictures.decision import DecisionPicture, decision_picture, picture_of
from tracer.pictures.sentence_parts import LONGEST, Part, parts_of
from tracer.pictures.what_if_decision import picture_of_what_if
from tracer.replay.counterfactual import what_if
from tracer.samples import sample_paths
from tracer.trace.opening import open_trace
from tracer.trace.step import Step
from tracer.wording.reasons import why


def rain_sample() -> Path:
    return next(path for path in sample_paths() if path.stem == "rain")


def picture(**changes: object) -> DecisionPicture:
    return picture_of(explain(rain_step(**changes)))


def printed(shown: DecisionPicture, python: str) -> float:
    """Returns what the copied lines print."""
    with contextlib.redirect_stdout(io.StringIO()) as output:
        exec(f"{shown.python}\nprint({python})", {})
    return float(output.getvalue())


def test_rows_columns_and_numbers_are_those_of_the_explanation() -> None:
    explanation, shown = explain(rain_step()), picture()
    stages = [stage for stage in explanation.stages if stage.change is not Change.NOTHING]

    assert [row.token for row in explanation.rows] == [row.token for row in shown.rows]
    assert [stage.stage for stage in stages] == [column.stage for column in shown.columns]
    for stage, column in zip(stages, shown.columns, strict=True):
        for row, cell in zip(explanation.rows, column.cells, strict=True):
            is_gone = row.removed_at is not None and row.removed_at < stage.stage
            at = stage.stage - (row.removed_at == stage.stage)
            assert (None if is_gone else row.probabilities[at]) == cell.bar
    assert [shown.rows.index(row) for row in shown.rows if row.is_chosen] == [shown.chosen]


def test_each_column_says_what_it_left_and_cut_off() -> None:
    assert [
        ("Model", "8 left", ""),
        ("repetition penalty 1.1", "8 left", ""),
        ("temperature 0.5", "8 left", ""),
        ("top-k 4", "4 left", "4.0 % cut off"),
        ("top-p 0.9", "2 left", "21.9 % cut off"),
    ] == [(column.title, column.left, column.cut) for column in picture().columns]


def test_a_removed_cell_keeps_its_place_and_names_the_setting_once() -> None:
    shown = picture()
    place = [row.token for row in shown.rows].index("·a")
    cells = [column.cells[place] for column in shown.columns]

    assert [False, False, False, True, False] == [cell.is_removed for cell in cells]
    assert ["", "", "", "top-k", ""] == [cell.removed_by for cell in cells]
    assert "removed by top-k · before: 1.0 %, 5th · id 6" == cells[3].hover
    assert (None, "", "") == (cells[4].bar, cells[4].percent, cells[4].hover)


def test_ranks_that_change_and_the_arithmetic_stand_in_the_cell() -> None:
    step = make_step([2.0, 1.9, -1.0], [(PENALTY, [2.0 / 1.1, 1.9, -1.1])], chosen=1)
    cells = picture_of(explain(step)).columns[1].cells

    assert [-1, 1, 0] == [cell.rank_change for cell in cells]
    assert ["2.00 ÷ 1.1 = 1.82", "", "−1.00 × 1.1 = −1.10"] == [cell.arithmetic for cell in cells]
    assert "1st · score 1.90 · id 1" == cells[1].hover


def test_every_clause_knows_the_columns_that_it_tells_about() -> None:
    shown = picture()

    assert why(rain_step()).sentences("en") == " ".join(shown.sentences)
    assert [(0,), (1,), (1, 3, 4), (5,)] == [clause.columns for clause in shown.clauses]
    assert [Part("·ra", True)] == [part for part in shown.clauses[-1].parts if part.is_token]
    greedy = picture_of(explain(make_step(log(0.7, 0.3), chosen=0)))
    assert [(0,), (1,)] == [clause.columns for clause in greedy.clauses]


def test_the_favorite_is_marked_where_another_token_was_chosen() -> None:
    assert [("·rain", ("favorite",))] == [(row.token, row.marks) for row in picture().rows if row.marks]
    assert () == picture_of(explain(make_step(log(0.7, 0.3), chosen=0))).rows[0].marks


def test_a_removed_favorite_keeps_its_row() -> None:
    step = make_step(log(0.6, 0.4), [(("NoBadWordsLogitsProcessor", {}), log(0, 1.0))], chosen=1)
    favorite, chosen = picture_of(explain(step)).rows

    assert (True, True) == (favorite.is_favorite, chosen.is_chosen)
    assert picture_of(explain(step)).columns[1].cells[0].is_removed


def test_a_sampled_draw_ends_at_ln_p_plus_luck() -> None:
    draw = picture().draw
    assert draw is not None
    rain, chosen = draw.cells[0], draw.cells[2]

    assert ("sample", True, "furthest right wins") == (draw.mode, draw.has_luck, draw.note)
    assert rain is not None
    assert chosen is not None
    assert pytest.approx(math.log(0.23 / 0.75) - math.log(0.5)) == rain.finish
    assert pytest.approx(math.log(0.52 / 0.75)) == chosen.finish
    assert "ahead by 0.12" == draw.margin
    assert [None] * 6 == [cell for cell in draw.cells if cell is None]
    assert draw.low < min(rain.log_probability, chosen.finish) < draw.high
    assert draw.ticks[0].at >= draw.low


def test_greedy_forced_and_unknown_draws_show_less() -> None:
    greedy = picture_of(explain(make_step(log(0.7, 0.3), chosen=0))).draw
    assert greedy is not None
    assert ("Greedy", "highest wins, by 0.85", "", False) == (
        greedy.title,
        greedy.note,
        greedy.margin,
        greedy.has_luck,
    )
    assert ["−0.36", "−1.20"] == [cell.text for cell in greedy.cells if cell]

    step = rain_step(chosen=1, noise={1: 3.0, 2: 0.1})
    step.is_forced = True
    forced = picture_of(explain(step)).draw
    assert forced is not None
    assert ("forced", "token was set", {None}, ()) == (
        forced.mode,
        forced.note,
        set(forced.cells),
        forced.ticks,
    )

    unknown = picture_of(explain(make_step(log(0.5, 0.5), chosen=0, mode="sample"))).draw
    assert unknown is not None
    assert ("luck not recorded", {None}, "") == (unknown.note, set(unknown.cells), unknown.axis)


@pytest.mark.parametrize(
    ("largest", "labels"),
    [
        (0.526, ["0", "25", "50"]),
        (1.0, ["0", "25", "50", "75", "100"]),
        (0.07, ["0", "2", "4", "6"]),
        (0.003, ["0", "0.1", "0.2", "0.3"]),
    ],
)
def test_the_axis_goes_from_0_to_the_largest_probability(largest: float, labels: list[str]) -> None:
    rest = [(1 - largest) / 2000] * 2000 if largest < 1 else []
    shown = picture_of(explain(make_step(log(largest, *rest), chosen=0, candidates=[0])))

    assert pytest.approx(largest) == shown.largest
    assert labels == [tick.label for tick in shown.ticks]


def test_more_rows_come_on_request() -> None:
    step = make_step([0.0] * 40, chosen=20)
    few, all_ = picture_of(explain(step)), picture_of(explain(step, has_all_rows=True))

    assert (9, 31) == (len(few.rows), few.num_more)
    assert (40, 0) == (len(all_.rows), all_.num_more)
    assert "77.5 %, 31 tokens" == few.columns[0].others
    assert ("", "") == (all_.columns[0].others, all_.others_title)


def steps_of_every_kind(folder: Path) -> list[Step]:
    light = write_trace(folder / "light.trace", without=("logits", "stage-1", "stage-2"))
    return [open_trace(rain_sample()).step(10), open_trace(light).step(1, call=0, row=0)]


def test_the_copied_python_prints_the_number_that_is_shown(tmp_path: Path) -> None:
    for step in steps_of_every_kind(tmp_path):
        shown = decision_picture(step)
        for column in shown.columns:
            for cell in column.cells[:3]:
                if cell.python:
                    assert cell.bar is not None
                    assert pytest.approx(cell.bar) == printed(shown, cell.python)
        assert shown.draw is not None
        for drawn in shown.draw.cells[:3]:
            if drawn is not None:
                assert pytest.approx(drawn.finish, abs=1e-4) == printed(shown, drawn.python)


def test_both_languages_have_the_same_shape(tmp_path: Path) -> None:
    for step in steps_of_every_kind(tmp_path):
        english, chinese = decision_picture(step, "en"), decision_picture(step, "zh")
        assert [column.cells[0].bar for column in english.columns] == [
            column.cells[0].bar for column in chinese.columns
        ]
        assert [clause.columns for clause in english.clauses] == [
            clause.columns for clause in chinese.clauses
        ]
        assert "模型" == chinese.columns[0].title


def test_the_value_is_json_even_where_luck_is_infinite() -> None:
    shown = picture(noise={1: 0.5, 2: 0.0, 3: 2.0})
    described = json.dumps(json_ready(dataclasses.asdict(shown)), allow_nan=False)

    assert json.loads(described)["draw"]["cells"][2]["finish"] is None
    assert shown.draw is not None
    assert math.isfinite(shown.draw.high)


def test_tokens_stay_whole_in_the_sentence_whatever_they_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    words = {0: "`", 1: "x" * 3000}
    monkeypatch.setattr(Words, "visible", lambda _, token: words[token])
    shown = picture_of(explain(make_step(log(0.6, 0.4), chosen=0)))

    tokens = [part.text for clause in shown.clauses for part in clause.parts if part.is_token]
    assert ["`", "x" * (LONGEST - 1) + "…"] == list(dict.fromkeys(tokens))
    assert LONGEST == len(shown.rows[1].token)


def test_a_sentence_without_known_tokens_is_one_text() -> None:
    assert (Part("no token here", False),) == parts_of("no token here", [])


def test_a_what_if_is_the_same_value_in_a_frame() -> None:
    answer = what_if(open_trace(rain_sample()).step(35), repetition_penalty=1.0, top_k=3)
    shown = picture_of_what_if(answer)

    assert "simulated, not what happened" == shown.frame
    assert ["as recorded", "what if"] == [column.title for column in shown.columns]
    assert [row.token for row in answer.rows] == [row.token for row in shown.rows]
    for row, before, after in zip(answer.rows, *(column.cells for column in shown.columns), strict=True):
        assert (row.probability_before or None) == before.bar
        assert (
            before.bar is None
            or (row.probability_before if after.is_removed else row.probability_after) == after.bar
        )
        assert after.is_removed == (row.removed_at is not None and before.bar is not None)
    assert {"top-k", "top-p"} == {cell.removed_by for cell in shown.columns[1].cells if cell.is_removed}
    assert [row.token_id for row in answer.rows if row.is_answer] == [
        row.token_id for row in shown.rows if row.marks
    ]
    assert shown.draw is None
