import logging
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.tiny_model import save_tiny_model
from tracer.errors import MissingExtraError, ModelError
from tracer.live.loading import models
from tracer.live.loading.models import load_model


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("tiny") / "model")


def test_a_local_folder_loads_as_transformers_does(folder: Path) -> None:
    from transformers import AutoModelForCausalLM

    model, tokenizer = load_model(str(folder), device="cpu")
    expected = AutoModelForCausalLM.from_pretrained(folder)

    ids = tokenizer("rain", return_tensors="pt").input_ids
    assert torch.equal(expected.eval()(ids).logits, model(ids).logits)
    assert not model.training


def test_dtype_device_and_attention_are_as_asked(folder: Path) -> None:
    model, _ = load_model(str(folder), dtype="bfloat16", device="cpu", attn_implementation="eager")

    assert (torch.bfloat16, "cpu", "eager") == (
        model.dtype,
        model.device.type,
        model.config._attn_implementation,
    )
    assert torch.float16 == load_model(str(folder), dtype=torch.float16, device="cpu")[0].dtype


def test_progress_is_reported_and_no_bar_printed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reports: list[tuple[str, int, int]] = []
    load_model(str(folder), device="cpu", progress=lambda *report: reports.append(report))

    assert ["loading the tokenizer", "loading weights"] == list(dict.fromkeys(what for what, _, _ in reports))
    assert reports[-1][1] == reports[-1][2] > 0
    assert "" == "".join(capsys.readouterr())


def test_loading_puts_the_hook_for_progress_bars_back(folder: Path) -> None:
    from transformers import modeling_gguf_pytorch_utils
    from transformers.utils import logging as transformers_logging

    def own_hook(factory: Any, args: Any, kwargs: Any) -> Any:
        return factory(*args, **kwargs)

    bar = modeling_gguf_pytorch_utils.tqdm
    outer = transformers_logging.set_tqdm_hook(own_hook)
    try:
        load_model(str(folder), device="cpu")
        assert own_hook is transformers_logging.set_tqdm_hook(None)
        assert bar is modeling_gguf_pytorch_utils.tqdm
    finally:
        transformers_logging.set_tqdm_hook(outer)


def test_a_hub_that_cannot_be_reached_is_an_answer_within_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    def refuse(*args: object, timeout: float, **kwargs: object) -> None:
        assert timeout <= 10
        raise ConnectionError("no network")

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.delenv("TRANSFORMERS_OFFLINE", raising=False)
    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", refuse)

    with pytest.raises(ModelError, match=r"the hub could not be reached \(ConnectionError\)\..*--model demo"):
        load_model("nobody/nothing")


def test_a_model_that_the_hub_does_not_know_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub
    from huggingface_hub.errors import RepositoryNotFoundError

    def answer(*args: object, **kwargs: object) -> None:
        raise RepositoryNotFoundError.__new__(RepositoryNotFoundError)

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.delenv("TRANSFORMERS_OFFLINE", raising=False)
    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", answer)

    with pytest.raises(ModelError, match="There is no model 'nobody/nothing': no folder here has that name"):
        load_model("nobody/nothing")


def test_without_torch_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models.importlib.util, "find_spec", lambda name: None)

    with pytest.raises(
        MissingExtraError, match=r"load_model needs the package 'torch'.*generation-tracer\[record\]"
    ):
        load_model("demo")


def test_the_library_logs_and_does_not_print(
    folder: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG, logger="tracer"):
        load_model(str(folder), device="cpu")

    assert "" == "".join(capsys.readouterr())
