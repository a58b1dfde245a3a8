import pytest

from tracer.wording.composition import chip, compose, join


def test_a_sentence_starts_with_a_capital():
    text = compose(
        "cut_then_left", "en", setting="temperature 2", after="1 %", filters="top-k", left="2", total="9"
    )

    assert "Temperature 2 cut it to 1 %. Top-k left 2 of 9 tokens." == text


def test_a_token_is_never_respelled():
    assert "抽样：只剩下 `水 果a`。" == compose("draw_race_alone", "zh", first=chip("水 果a"))
    assert "`a`: 1 in" not in compose("only_one", "en", chosen=chip("a"))
    assert "Only `{x}` was left." == compose("only_one", "en", chosen=chip("{x}"))


def test_chinese_words_stand_without_a_space_and_latin_ones_with():
    assert "水印把它排除了。" == compose("removed", "zh", setting="水印")
    assert "top-k 把它排除了。" == compose("removed", "zh", setting="top-k")
    assert "温度 0.8 将其升到 9%。" == compose("raised", "zh", setting="温度 0.8", after="9%")


def test_lists_are_written_as_each_language_does():
    assert ["", "a", "a and b", "a, b and c"] == [join(list("abc"[:n]), "en") for n in range(4)]
    assert "a、b、c" == join(list("abc"), "zh")
    assert "a; b; c" == join(list("abc"), "en", "clause")


def test_another_language_is_refused():
    with pytest.raises(ValueError, match=r"^lang='de' is none of en, zh\. Type lang='en'\.$"):
        compose("only_one", "de", chosen="a")
