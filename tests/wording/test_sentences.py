import math
import re

import pytest

from tests.analysis.chain import PENALTY, TEMPERATURE, TOP_K, log, make_step, rain_step
from tracer.analysis.explanation import explain
from tracer.wording.explanation import clauses, sentences

EOS_AND_LENGTH = [("MaxLengthCriteria", {"max_length": 8}), ("EosTokenCriteria", {"eos_token_id": 4})]


def even(count):
    """The same noise for every token."""
    return dict.fromkeys(range(count), 1.0)


def said(step, lang="en"):
    return sentences(explain(step), lang)


def test_a_favorite_that_a_penalty_turned_and_a_draw_among_the_rest():
    assert (
        "The model favored `·rain` (52.6 %). It already occurs in the text, so repetition penalty 1.1 cut it "
        "to 20.0 %. Top-k and top-p left 2 of 8 tokens. The draw took `·ra` (69.3 %)."
    ) == said(rain_step())
    assert (
        "模型最看好 `·rain`（52.6%）。它在前文出现过，重复惩罚 1.1 将其降到 20.0%；"
        "经 top-k、top-p 筛选，8 个 token 只剩 2 个。最终抽中 `·ra`（69.3%）。"
    ) == said(rain_step(), "zh")


def test_a_stop_token_of_the_prompt_that_lost_by_the_penalty():
    step = make_step(
        log(0.08, 0.02, 0.01, 0.01, 0.88),
        [(PENALTY, log(0.3, 0.1, 0.05, 0.05, 0.5))],
        chosen=0,
        noise={0: 0.1, 4: 2.0},
        prompt=(4, 3),
    )

    assert (
        "The model wanted to stop: it favored `<|im_end|>` (88.0 %). The prompt already contains it, so "
        "repetition penalty 1.1 cut it to 50.0 %. "
        "By luck the draw took `·sun` (30.0 %), not `<|im_end|>` (50.0 %)."
    ) == said(step)
    assert (
        "模型想在这里结束，最看好 `<|im_end|>`（88.0%）。提示词里已有它，重复惩罚 1.1 将其降到 50.0%。"
        "抽样碰巧选中 `·sun`（30.0%），而不是 `<|im_end|>`（50.0%）。"
    ) == said(step, "zh")


def test_greedy_without_settings_names_the_runner_up():
    step = make_step(log(0.1, 0.6, 0.2, 0.1), chosen=1)

    assert (
        "The model favored `·rain` (60.0 %). "
        "Greedy decoding took the favorite (60.0 %), ahead of `·ra` (20.0 %)."
    ) == said(step)
    assert "模型最看好 `·rain`（60.0%）。贪心解码选了它（60.0%），第二名是 `·ra`（20.0%）。" == said(
        step, "zh"
    )


def after(name, parameters, scores, chosen, **values):
    """The second sentence of a step with one processor."""
    step = make_step(
        log(0.2, 0.5, 0.2, 0.1), [((name, parameters), scores)], chosen=chosen, noise=even(4), **values
    )
    return clauses(explain(step))[1]


@pytest.mark.parametrize(
    ("processor", "scores", "chosen", "expected"),
    [
        (TEMPERATURE, [2 * s for s in log(0.2, 0.5, 0.2, 0.1)], 1, "Temperature 0.5 raised it to 73.5 %."),
        (PENALTY, log(0.3, 0.3, 0.3, 0.1), 0, "Repetition penalty 1.1 cut it to 30.0 %."),
        (("NoVowels", {}), log(0.4, 0, 0.4, 0.2), 0, "NoVowels ruled it out."),
        (("NoBadWordsLogitsProcessor", {}), log(0.4, 0, 0.4, 0.2), 0, "The bad-words list ruled it out."),
        (
            ("SequenceBiasLogitsProcessor", {}),
            log(0.1, 0.7, 0.1, 0.1),
            1,
            "Sequence bias raised it to 70.0 %.",
        ),
        (
            PENALTY,
            log(0.1, 0.5, 0.1, 0.05),
            1,
            "Repetition penalty 1.1 cut other tokens, which raised it to 66.7 %.",
        ),
        (
            ("SequenceBiasLogitsProcessor", {}),
            log(0.4, 0.5, 0.05, 0.05),
            0,
            "Sequence bias raised `·sun` from 20.0 % to 40.0 %.",
        ),
        (TOP_K, log(0.2, 0.5, 0, 0), 1, "Top-k left 2 of 4 tokens."),
        (TOP_K, log(0, 0.5, 0, 0), 1, "Top-k left only `·rain` of 4 tokens."),
    ],
)
def test_each_effect_has_its_own_words(processor, scores, chosen, expected):
    assert expected == after(*processor, scores, chosen)


def test_forcing_a_token_leaves_only_that_one():
    step = make_step(
        log(0.2, 0.5, 0.3), [(("ForcedEOSTokenLogitsProcessor", {}), [-math.inf, -math.inf, 0.0])], chosen=2
    )

    assert "The model favored `·rain` (50.0 %). Forced last token ruled it out. Only `·ra` was left." == said(
        step
    )


def test_settings_without_effect_are_not_mentioned():
    step = make_step(log(0.2, 0.5, 0.3), [(("NoVowels", {}), log(0.2, 0.5, 0.3))], chosen=1, noise=even(3))

    assert "The model favored `·rain` (50.0 %). The draw took the favorite (50.0 %)." == said(step)


@pytest.mark.parametrize(
    ("chosen", "verdicts", "en", "zh"),
    [
        (4, {"MaxLengthCriteria": False, "EosTokenCriteria": True},
         "Generation stopped: `<|im_end|>` ends the text.", "`<|im_end|>` 是结束符，生成到此停止。"),
        (0, {"MaxLengthCriteria": True, "EosTokenCriteria": False},
         "Generation stopped at the maximum length of 8 tokens.",
         "已达到最大长度 8 个 token，生成到此停止。"),
        (0, {"Curfew": True}, "Generation stopped: Curfew asked for it.", "Curfew 要求停止，生成到此结束。"),
    ],
)  # fmt: skip
def test_the_end_is_told_with_its_reason(chosen, verdicts, en, zh):
    step = make_step(
        [0.0] * 5, chosen=chosen, noise=even(5), verdicts=verdicts, is_finished=True, criteria=EOS_AND_LENGTH
    )

    assert en == clauses(explain(step), "en")[-1]
    assert zh == clauses(explain(step), "zh")[-1]


def test_the_typical_sentence_stays_short():
    assert 45 >= len(said(rain_step()).split())
    for sentence in said(rain_step(), "zh").split("。"):
        assert 60 >= len(re.findall("[\u3400-\u9fff，；：（）]", sentence))
        assert re.search("[\u3400-\u9fff][,;()]|[,;()][\u3400-\u9fff]", sentence) is None
