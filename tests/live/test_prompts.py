from types import SimpleNamespace
from typing import Any

import pytest

from tests.tiny_model import CONTEXT, save_tiny_model
from tracer.errors import ModelError
from tracer.live.loading.models import load_model
from tracer.live.loading.prompts import check_context, context_length, prepare_prompt


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    return load_model(str(save_tiny_model(tmp_path_factory.mktemp("tiny") / "model")), device="cpu")


def test_the_chat_template_is_used_where_there_is_one(tiny: tuple[Any, Any]) -> None:
    prompt = prepare_prompt(*tiny, "rain")

    assert "<user>u:rain" == tiny[1].decode(prompt.inputs["input_ids"][0])
    assert ({"role": "user", "content": "rain"},) == prompt.messages
    assert prompt.inputs["input_ids"].shape == prompt.inputs["attention_mask"].shape == (1, prompt.prompt_len)


def test_without_a_template_or_raw_the_prompt_is_sent_as_it_is(
    tiny: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert prepare_prompt(*tiny, "rain", raw=True).messages is None
    monkeypatch.setattr(tiny[1], "chat_template", None)

    assert "rain" == tiny[1].decode(prepare_prompt(*tiny, "rain").inputs["input_ids"][0])
    with pytest.raises(ModelError, match=r"this tokenizer has no chat template\. Leave out --system\."):
        prepare_prompt(*tiny, "rain", system="be wet")


@pytest.mark.parametrize(("num_tokens", "max_new_tokens"), [(CONTEXT - 1, 1), (1, CONTEXT - 1)])
def test_what_just_fits_the_context_is_accepted(
    tiny: tuple[Any, Any], num_tokens: int, max_new_tokens: int
) -> None:
    assert CONTEXT == context_length(tiny[0])
    check_context(tiny[0], prepare_prompt(*tiny, "x" * num_tokens, raw=True), max_new_tokens)


def test_a_model_that_does_not_say_its_context_is_not_judged(tiny: tuple[Any, Any]) -> None:
    model = SimpleNamespace(config=SimpleNamespace(get_text_config=SimpleNamespace))

    assert context_length(model) is None
    check_context(model, prepare_prompt(*tiny, "x" * 3 * CONTEXT, raw=True), 5)
