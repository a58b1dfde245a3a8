import math

import pytest

from tests.analysis.chain import PENALTY, TEMPERATURE, TOP_K, log, make_step, rain_step
from tracer.analysis.explanation import explain
from tracer.wording.effects import arithmetic, effect_lines, luck_line
from tracer.wording.reasons import why


def test_each_active_setting_says_what_it_did_to_the_favorite_and_the_winner():
    step = make_step(
        [2.0, 1.9, -1.0],
        [(PENALTY, [2.0 / 1.1, 1.9, -1.1]), (TOP_K, [2.0 / 1.1, 1.9, -1.1])],
        chosen=1,
    )

    assert [
        "Repetition penalty 1.1: `·sun` 51.2 % → 46.7 % (2.00 ÷ 1.1 = 1.82) and `·rain` 46.3 % → 50.7 %."
    ] == effect_lines(explain(step), "en")
    assert [
        "重复惩罚 1.1：`·sun` 51.2% → 46.7%（2.00 ÷ 1.1 = 1.82）、`·rain` 46.3% → 50.7%。"
    ] == effect_lines(explain(step), "zh")


def test_a_removed_token_is_told_once():
    step = make_step(
        log(0.5, 0.3, 0.2), [(("Own", {}), log(0, 0.3, 0.2)), (TEMPERATURE, log(0, 0.6, 0.4))], chosen=1
    )
    removed, after = effect_lines(explain(step), "en")

    assert removed.startswith("Own: `·sun` 50.0 % → removed and `·rain`")
    assert "·sun" not in after


def test_a_negative_score_is_multiplied_by_the_penalty():
    step = make_step([1.0, -2.0], [(PENALTY, [1.0, -2.2])], chosen=0)
    explanation = explain(step)

    assert "−2.00 × 1.1 = −2.20" == arithmetic(explanation.row(1), explanation.stages[1])
    assert arithmetic(explanation.row(0), explanation.stages[1]) is None


def test_luck_is_told_with_how_often_it_is_as_large():
    line = luck_line(explain(rain_step(noise={1: 1.0, 2: 0.5})), "en")

    share = 100 * (1 - math.exp(-0.5))  # P(q ≤ 0.5) for q ~ Exp(1)
    assert f"Luck: `·ra` had 0.69; a token has at least that in {share:.1f} % of draws." == line


def test_the_lead_that_luck_made_up_for_is_told():
    line = luck_line(explain(rain_step(chosen=1, noise={1: 0.1, 2: 1.0})), "en")

    assert line.endswith("`·ra` led by 0.82 in ln p and had 0.00.")


@pytest.mark.parametrize(
    "step", [make_step(log(0.5, 0.5), chosen=0), make_step(log(0.5, 0.5), chosen=0, mode="sample")]
)
def test_without_recorded_luck_none_is_told(step):
    assert luck_line(explain(step), "en") is None


def test_what_greedy_decoding_would_do_is_told_without_recorded_luck_too():
    step = make_step(log(0.4, 0.6), chosen=0, mode="sample")

    assert "Greedy decoding would have chosen `·rain` (60.0 %)." in why(step).text().splitlines()


def test_every_stage_compares_the_winner_before_and_after():
    penalty = explain(rain_step(chosen=1)).stages[1]

    assert (2, 2, 0) == (
        penalty.on_winner.token_id,
        penalty.on_winner.rank_before,
        penalty.on_winner.rank_after,
    )
