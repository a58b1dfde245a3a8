import dataclasses
import json
import math

import pytest

from tests.analysis.chain import PENALTY, TEMPERATURE, TOP_K, log, make_step, rain_step
from tracer.analysis.explanation import MOST_ROWS, Change, explain, json_ready


def test_the_chain_names_every_stage_with_its_setting():
    stages = explain(rain_step()).stages

    assert [None, "repetition_penalty", "temperature", "top_k", "top_p"] == [s.setting.name for s in stages]
    assert [None, 1.1, 0.5, 4, 0.9] == [stage.setting.value for stage in stages]
    assert [8, 8, 8, 4, 2] == [stage.num_left for stage in stages]
    assert [0, 0, 0, 4, 2] == [stage.num_removed for stage in stages]
    assert 0.04 == pytest.approx(stages[3].removed_mass, abs=1e-6)


def test_what_a_stage_did_is_judged_by_what_it_changed():
    step = make_step(
        [2.0, 1.0, -4.0],
        [
            (("NoVowels", {}), [2.0, 1.0, -4.0]),
            (TEMPERATURE, [4.0, 2.0, -8.0]),
            (PENALTY, [3.0, 2.0, -8.0]),
            (TOP_K, [3.0, 2.0, -math.inf]),
        ],
        chosen=0,
    )
    explanation = explain(step)

    expected = [Change.START, Change.NOTHING, Change.RESCALED, Change.CHANGED, Change.REMOVED]
    assert expected == [stage.change for stage in explanation.stages]
    assert ["NoVowels"] == [stage.setting.class_name for stage in explanation.inactive_stages]


def test_a_change_among_tokens_that_are_no_candidates_is_a_change():
    step = make_step([2.0, 1.0, 0.0], [(PENALTY, [2.0, 1.0, -3.0])], chosen=0, candidates=[0, 1])

    assert Change.CHANGED is explain(step).stages[1].change


def test_an_effect_compares_before_and_after():
    penalty = explain(rain_step()).stages[1]

    assert (1, 0, 1) == (
        penalty.on_favorite.token_id,
        penalty.on_favorite.rank_before,
        penalty.on_favorite.rank_after,
    )
    assert 0.526 == pytest.approx(penalty.on_favorite.probability_before, abs=1e-6)
    assert 0.2 == pytest.approx(penalty.on_favorite.probability_after, abs=1e-6)
    assert (2, 2, 0) == (
        penalty.on_chosen.token_id,
        penalty.on_chosen.rank_before,
        penalty.on_chosen.rank_after,
    )
    assert explain(rain_step()).stages[0].on_favorite is None


def test_a_row_says_which_stage_removed_the_token():
    explanation = explain(rain_step())

    assert (3, "TopKLogitsWarper") == (explanation.row(4).removed_at, explanation.row(4).removed_by)
    assert (None, None) == (explanation.row(2).removed_at, explanation.row(2).removed_by)
    assert explanation.row(99) is None


def test_the_favorite_the_winner_and_the_chosen_token_are_told_apart():
    explanation = explain(rain_step(chosen=1))

    assert (1, 1, 2) == (
        explanation.chosen.token_id,
        explanation.favorite.token_id,
        explanation.winner.token_id,
    )
    assert [1, 3, 2, 0, 4, 5, 6, 7] == [row.token_id for row in explanation.rows]
    assert (True, True, False) == tuple(
        getattr(explanation.row(1), f"is_{n}") for n in ("chosen", "favorite", "winner")
    )


def test_a_token_occurs_before_in_the_prompt_or_in_what_was_generated_so_far():
    explanation = explain(make_step(log(*[0.125] * 8), chosen=5, prompt=(1,), generated=(3, 6)))

    assert {1, 3, 6} == {row.token_id for row in explanation.rows if row.occurs_before}


def test_at_most_ten_rows_hold_the_first_by_logits_and_by_scores():
    raw = [float(40 - token) for token in range(40)]
    final = [float(token) for token in range(40)]
    explanation = explain(make_step(raw, [(PENALTY, final)], chosen=20))

    assert MOST_ROWS == len(explanation.rows)
    assert [0, 1, 2, 3, 20, 35, 36, 37, 38, 39] == [row.token_id for row in explanation.rows]


def test_shown_rows_and_others_hold_all_the_probability():
    explanation = explain(make_step([0.0] * 40, chosen=20))
    stage = explanation.stages[0]

    assert 31 == stage.num_others
    assert 31 / 40 == pytest.approx(stage.others_probability)


def test_verdicts_carry_the_limit_and_the_length_so_far():
    step = make_step(
        log(0.5, 0.5),
        chosen=0,
        criteria=[("MaxLengthCriteria", {"max_length": 8}), ("MaxTimeCriteria", {"max_time": 2.5})],
        verdicts={"MaxLengthCriteria": True, "MaxTimeCriteria": False},
        is_finished=True,
    )
    explanation = explain(step)

    assert [(True, 8, 8), (False, 2.5, 8)] == [
        (v.is_stop, v.limit, v.num_tokens) for v in explanation.verdicts
    ]
    assert () == explanation.stop_ids
    assert (4,) == explain(rain_step()).stop_ids


def test_a_description_is_json_without_infinities():
    described = explain(rain_step()).describe()

    assert described == json.loads(json.dumps(described, allow_nan=False))
    assert [None, None] == described["rows"][-1]["scores"][-2:]
    assert "top_k" == described["stages"][3]["setting"]["name"]
    assert "removed" == described["stages"][3]["change"]


def test_dataclasses_become_the_same_json_as_their_dicts() -> None:
    explanation = explain(rain_step())

    assert json_ready(dataclasses.asdict(explanation)) == json_ready(explanation)
