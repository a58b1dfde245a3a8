import re
from string import Formatter

import pytest

from tracer.analysis.settings import SETTING_NAMES
from tracer.wording.catalogue import CATALOGUE

HAN = "[\u3400-\u9fff]"

FORBIDDEN = ("单词", "令牌", "您", "词元", "模型权重文件", "被")


def placeholders(text):
    return sorted(name for _, name, _, _ in Formatter().parse(text) if name)


each_message = pytest.mark.parametrize("key", CATALOGUE)


@each_message
def test_both_languages_have_text_and_the_same_placeholders(key):
    message = CATALOGUE[key]

    assert message.en
    assert message.zh
    assert placeholders(message.en) == placeholders(message.zh)


@each_message
def test_chinese_has_no_half_width_comma_or_parenthesis_beside_chinese(key):
    assert re.search(rf"{HAN} ?[,;:()]|[,;:()] ?{HAN}", CATALOGUE[key].zh) is None


@each_message
def test_chinese_has_a_space_beside_latin_letters_and_digits_and_none_before_full_stops(key):
    filled = re.sub(r"\{\w+\}", "a1", CATALOGUE[key].zh)

    assert re.search(rf"{HAN}[A-Za-z0-9]|[A-Za-z0-9]{HAN}", filled) is None
    assert re.search(" [，。：；（）%]|[，。：；（）] ", filled) is None


@each_message
def test_no_chinese_sentence_is_longer_than_sixty_characters(key):
    for sentence in re.split("[。！？]", CATALOGUE[key].zh):
        assert 60 >= len(re.findall(f"{HAN}|[，；：（）]", sentence))


@each_message
def test_no_forbidden_word_is_used(key):
    assert [] == [word for word in FORBIDDEN if word in CATALOGUE[key].zh]


@each_message
def test_english_uses_no_full_width_sign(key):
    assert re.search(f"{HAN}|[，。：；（）]", CATALOGUE[key].en) is None


def test_every_setting_has_a_name_in_the_catalogue_and_every_name_a_setting():
    assert {f"setting.{name}" for name in SETTING_NAMES} == {
        key for key in CATALOGUE if key.startswith("setting.")
    }
