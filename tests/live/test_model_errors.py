"""Why a model or a prompt cannot be used is told in the reader's language, with the same names and numbers."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
from huggingface_hub.errors import RepositoryNotFoundError

from tests.tiny_model import save_tiny_model
from tracer.errors import ModelError
from tracer.live.loading.configurations import load_configuration
from tracer.live.loading.models import find_model, load_model
from tracer.live.loading.prompts import check_context, context_length, prepare_prompt
from tracer.wording.absence import said_in

Raise = Callable[[], object]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    """Returns a model and a tokenizer without a chat template."""
    model, tokenizer = load_model(str(save_tiny_model(tmp_path_factory.mktemp("tiny"))))
    tokenizer.chat_template = None
    return model, tokenizer


def told(raise_error: Raise) -> tuple[str, str]:
    """Returns the error's own text and the same in Chinese."""
    with pytest.raises(ModelError) as caught:
        raise_error()
    return str(caught.value), said_in(str(caught.value), "zh")


def check(english: str, chinese: str) -> None:
    """Asserts that every quoted name and every number stands in both, and that the second is Chinese."""
    assert english != chinese
    assert re.search("[一-鿿]", chinese)
    shown = [one for one in re.findall(r"'[^']*'|\d+(?:,\d{3})*", english) if one != "'Hello'"]
    assert shown
    for one in shown:
        assert one in chinese


def test_of_folders_and_files(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "config.json").write_text("{", encoding="utf-8")

    for name in ("", "notes.txt", "not/there/at all"):
        check(*told(lambda name=name: find_model(str(tmp_path / name))))  # type: ignore[misc]
    for read in (load_configuration, load_model):
        english, chinese = told(lambda read=read: read(str(tmp_path / "broken")))  # type: ignore[misc]
        assert str(tmp_path / "broken") in chinese
        assert english != chinese


def test_of_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    check(*told(lambda: find_model("nobody/nothing")))

    def unknown(*_: object, **__: object) -> None:
        raise RepositoryNotFoundError.__new__(RepositoryNotFoundError)

    def unreached(*_: object, **__: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.delenv("TRANSFORMERS_OFFLINE", raising=False)
    for answer in (unknown, unreached):
        monkeypatch.setattr(huggingface_hub.HfApi, "model_info", answer)
        check(*told(lambda: find_model("nobody/nothing")))


def test_of_prompts(tiny: tuple[Any, Any]) -> None:
    model, _ = tiny
    context = context_length(model)
    assert context is not None

    check(*told(lambda: prepare_prompt(*tiny, "  ")))
    check(*told(lambda: prepare_prompt(*tiny, "rain", system="Be brief")))
    check(*told(lambda: prepare_prompt(*tiny, "rain", system="Be brief", raw=True)))
    for count in (3, 2 * context):
        prompt = prepare_prompt(*tiny, "x" * count, raw=True)
        check(*told(lambda prompt=prompt: check_context(model, prompt, context)))  # type: ignore[misc]
