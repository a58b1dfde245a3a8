import json
import re
import unicodedata

import pytest

from tests.analysis.chain import log, make_step, rain_step
from tests.synthetic import Synthetic, write_trace
from tracer.trace.opening import open_trace
from tracer.wording.reasons import why


def lines(step, lang="en"):
    return why(step).text(lang).splitlines()


def test_printing_shows_the_sentences_and_the_table():
    shown = lines(rain_step())

    assert why(rain_step()).sentences() == shown[0]
    columns = ["token", "Model", "repetition penalty 1.1", "temperature 0.5", "top-k 4", "top-p 0.9", "Draw"]
    assert columns == re.split(" {2,}", shown[2])
    assert str(why(rain_step())) == why(rain_step()).text("en")


def test_why_speaks_the_language_asked_for_or_says_which_it_knows():
    assert why(rain_step()).text("zh") == str(why(rain_step(), lang="zh"))
    with pytest.raises(ValueError, match=r"^lang='de' is none of en, zh\. Type lang='en'\.$"):
        why(rain_step(), lang="de")


def test_a_cell_holds_probability_score_and_rank():
    favorite = next(line for line in lines(rain_step()) if "○ ·rain" in line)

    assert "52.6 % −0.64 #1" in favorite
    assert "30.7 % −1.47 #2" in favorite


def test_a_removed_token_says_so_once_and_stays_blank_after():
    removed = next(line for line in lines(rain_step()) if "<|im_end|>" in line and "#4" in line)

    assert 1 == removed.count("removed")
    assert removed.endswith("removed")


def test_columns_line_up_in_chinese_too():
    for lang, draw in (("en", "Draw"), ("zh", "抽样")):
        shown = lines(rain_step(), lang)
        header = shown[2]
        start = cells(header[: header.index(draw)])
        row = next(line for line in shown if "✓" in line and "·ra" in line)
        assert start == cells(row[: row.rindex("−")]), lang


def cells(text):
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def test_a_setting_that_did_nothing_has_no_column_but_is_named():
    shown = lines(make_step(log(0.5, 0.5), [(("TopKLogitsWarper", {"top_k": 50}), log(0.5, 0.5))], chosen=0))

    assert "top-k 50" not in shown[2]
    assert "No effect at this step: top-k 50." in shown


def test_the_draw_names_the_runner_up_and_what_greedy_would_have_done():
    shown = lines(rain_step(chosen=1, noise={1: 0.1, 2: 1.0}))

    assert (
        "Draw: each token has ln p + luck, the highest wins. `·rain` has 1.12, 1.49 more than `·ra`." in shown
    )
    assert "Greedy decoding would have chosen `·ra` (69.3 %)." in shown


def test_a_draw_that_contradicts_its_noise_says_so():
    shown = lines(rain_step(chosen=1, noise={1: 1.0, 2: 0.1}))

    assert "The recorded luck points to `·ra`, but the recorded token is `·rain`: check this trace." in shown


def test_a_second_place_that_is_not_certain_says_so():
    step = make_step(
        log(0.5, 0.3, 0.2), chosen=0, noise={0: 0.1, 1: 1.0, 2: 0.1}, candidates=[0, 1], is_light=True
    )

    assert "the second among the tokens whose luck was recorded." in why(step).text()


def test_a_draw_without_noise_says_that_the_luck_is_unknown():
    shown = lines(make_step(log(0.5, 0.5), chosen=0, mode="sample"))

    assert "Draw: the luck of the tokens was not recorded." in shown


def test_the_tokens_that_are_not_shown_are_counted():
    shown = lines(make_step([0.0] * 40, chosen=20))

    assert any(line.startswith("other tokens    77.5 %, 31 tokens") for line in shown)


def test_a_single_token_that_is_not_shown_is_one_token():
    shown = lines(make_step([0.0] * 9, chosen=0))

    assert any(line.startswith("other tokens") and line.endswith("1 token") for line in shown)


def test_the_verdicts_say_why_it_went_on_or_stopped():
    criteria = [
        ("MaxLengthCriteria", {"max_length": 64}),
        ("EosTokenCriteria", {"eos_token_id": [4]}),
        ("MaxTimeCriteria", {"max_time": 2.5}),
        ("StopStringCriteria", {}),
        ("Curfew", {}),
    ]
    went_on = make_step(
        log(0.5, 0.5), chosen=0, criteria=criteria, verdicts={name: False for name, _ in criteria}
    )
    stopped = make_step(
        log(0.5, 0.5),
        chosen=0,
        criteria=criteria,
        verdicts={name: True for name, _ in criteria},
        is_finished=True,
    )

    assert (
        "Why it went on: 8 of at most 64 tokens; `·sun` is no stop token; the limit of 2.5 s is not reached; "
        "no stop string has appeared; Curfew lets it go on."
    ) == lines(went_on)[-1]
    assert (
        "为什么停止：已到最大长度 64 个 token；`·sun` 是结束符；已到 2.5 秒的时限；"
        "出现了停止字符串；Curfew 要求停止。"
    ) == lines(stopped, "zh")[-1]


def test_every_step_of_a_trace_on_disk_is_explained(tmp_path):
    trace = open_trace(write_trace(tmp_path / "x.trace", Synthetic(rows=2, steps=3)))

    for sequence in trace.calls[0].sequences:
        for step in sequence.steps:
            explanation = why(step).explanation
            assert step.probability == pytest.approx(explanation.chosen.probabilities[-1])
            assert [12, 12, 4] == [stage.num_left for stage in explanation.stages]
            assert f"`#{step.token_id}`" in str(why(step))


def test_a_description_holds_the_sentences_in_both_languages():
    described = why(rain_step()).describe()

    assert {"en", "zh"} == described["sentences"].keys()
    assert described == json.loads(json.dumps(described, allow_nan=False))
