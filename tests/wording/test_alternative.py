"""What other settings would have given, in both languages; nothing undecided is told as a fact."""

import pytest

from tests.answers import make_answer, make_undecided
from tracer.analysis.alternative import ChangedSetting, Luck, WhatIfText
from tracer.analysis.choice import Undecided
from tracer.wording.alternative import settings_asked, step_sentences, text_sentences

FRAME = "Not what happened: computed from the recording."


def test_another_token_is_told_with_both_probabilities():
    assert (
        "With temperature 0.5, this step would give `·rain` (60.0 %), not `·ra` (40.0 %). "
        f"What would follow is unknown: the later tokens would come after another text. {FRAME}"
        == step_sentences(make_answer(), "en")
    )
    assert (
        "假如温度 0.5，这一步会得到 `·rain`（60.0%），而不是 `·ra`（40.0%）。"
        "之后的内容未知：后面的 token 会接在另一段文字之后。并非实际发生的结果：由记录推算。"
        == step_sentences(make_answer(), "zh")
    )


def test_the_same_token_is_told_with_its_probability_before_and_after():
    same = make_answer(token_id=2, token="·ra", probability=0.4, changed=False)

    assert (
        f"With temperature 0.5, this step would give `·ra` all the same (50.0 % → 40.0 %). {FRAME}"
        == step_sentences(same, "en")
    )
    assert step_sentences(same, "zh").startswith("假如温度 0.5，这一步仍是 `·ra`（50.0% → 40.0%）。")


@pytest.mark.parametrize("undecided", Undecided)
def test_an_open_step_names_its_reason_and_no_token(undecided):
    for lang, start in (
        ("en", "With temperature 0.5, the token of this step is not known: "),
        ("zh", "假如"),
    ):
        told = step_sentences(make_undecided(undecided), lang)
        assert told.startswith(start)
        assert "`" not in told


def test_settings_are_named_as_people_say_them():
    asked = (
        ChangedSetting("temperature", 0.8, 1.2),
        ChangedSetting("top_k", 50, 0),
        ChangedSetting("min_p", None, 0.05),
        ChangedSetting("bad_words_ids", None, [[1]]),
        ChangedSetting("typical_p", 0.5, None),
        ChangedSetting("do_sample", False, True),
        ChangedSetting("seed", None, 4),
    )

    assert (
        "temperature 1.2, top-k off, min-p 0.05, the bad-words list, typical-p off, sampling and "
        "a new draw (seed 4)" == settings_asked(asked, "en")
    )
    assert (
        "温度 1.2、关闭 top-k、min-p 0.05、禁用词表、关闭 typical-p、改用采样、另抽一次（种子 4）"
        == settings_asked(asked, "zh")
    )
    assert "greedy decoding" == settings_asked((ChangedSetting("do_sample", True, False),), "en")
    assert "the recorded settings" == settings_asked((), "en")


def test_a_new_draw_says_whose_luck_it_is():
    told = step_sentences(make_answer(luck=Luck.NEW), "en")

    assert "The luck is a new draw of numpy's; torch would draw otherwise from this seed." in told


def text_of(*steps):
    return WhatIfText(make_answer().settings, steps)


def test_a_text_names_its_first_change_and_how_much_is_open():
    same = make_answer(step=0, token_id=2, token="·ra", changed=False)
    opened = make_undecided(Undecided.UNKNOWN_LUCK, step=1)
    text = text_of(same, opened, make_answer(step=2), make_answer(step=3))

    assert (2, 1) == (text.first_change, text.first_undecided)
    assert (
        "With temperature 0.5, step 2 is the first with another token: `·rain` (60.0 %), not `·ra`. "
        "The answers after it hold for the recorded text only. "
        "Not known: 1 of 4 tokens, the first at step 1: a token whose luck was not recorded could have won. "
        f"{FRAME}" == text_sentences(text, "en")
    )
    assert text_sentences(text, "zh").startswith("假如温度 0.5，第 2 步起不同：会得到 `·rain`（60.0%）")


def test_a_text_that_stays_the_same_says_how_many_tokens_that_are():
    same = make_answer(step=0, token_id=2, token="·ra", changed=False)

    assert (
        "With temperature 0.5, 2 of 2 tokens stay the same, each after the recorded text before it. "
        f"{FRAME}" == text_sentences(text_of(same, same), "en")
    )


def test_a_text_of_open_steps_only_claims_nothing_else():
    told = text_sentences(text_of(make_undecided(Undecided.NOTHING_DRAWN, step=0)), "en")

    assert told.startswith("Not known: 1 of 1 tokens, the first at step 0: the recorded call was greedy")
