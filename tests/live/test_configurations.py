from pathlib import Path

import pytest
import torch

from tests.tiny_model import CONTEXT, save_tiny_model
from tracer.errors import ModelError
from tracer.live.loading.configurations import load_configuration


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return save_tiny_model(tmp_path / "model")


def test_a_configuration_needs_no_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "generation_config.json").unlink()
    loaded = load_configuration(str(folder), dtype="bfloat16")

    assert (CONTEXT, torch.bfloat16) == (loaded.config.max_position_embeddings, loaded.config.dtype)
    assert loaded.config.eos_token_id == loaded.generation_config.eos_token_id


def test_a_damaged_configuration_is_named(folder: Path) -> None:
    (folder / "config.json").write_text("{")

    with pytest.raises(ModelError, match=r"The configuration of '.*model' cannot be read: .*--model demo\."):
        load_configuration(str(folder))


def test_the_demo_models_configuration_carries_its_name() -> None:
    loaded = load_configuration("demo")

    assert ("SmolLM2-135M-Instruct", torch.float32) == (loaded.config.name_or_path, loaded.config.dtype)


def test_the_demo_models_configuration_needs_no_copy_of_its_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = load_configuration("demo")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    read = load_configuration("demo")

    assert copied.config.to_dict() == read.config.to_dict()
    assert copied.generation_config.to_dict() == read.generation_config.to_dict()
    assert [] == list(tmp_path.iterdir())
