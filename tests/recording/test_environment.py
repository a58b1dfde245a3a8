"""The manifest says which model ran where, whatever the model is wrapped in."""

import json
import platform
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
import transformers

from tests import zoo
from tracer.recording.description.environment import describe_environment, describe_model
from tracer.recording.description.json_values import to_json


class _Wrapper(torch.nn.Module):
    """Looks like a PeftModel: adapters by name, the active ones as an attribute, the model inside."""

    def __init__(self, inner: Any, active: Any) -> None:
        super().__init__()
        self.base_model = inner
        self.peft_config = {"style": SimpleNamespace(r=8), "facts": SimpleNamespace(r=4)}
        self.active_adapters = active

    def get_base_model(self) -> Any:
        return self.base_model


def _raises() -> list[str]:
    raise ValueError("No adapter loaded.")


@pytest.mark.parametrize("name", zoo.ARCHITECTURES)
def test_every_architecture_is_described(name: str) -> None:
    model = zoo.shared(name)
    info = describe_model(model)
    assert type(model).__name__ == info.class_name == info.name
    assert model.config.model_type == info.architecture
    assert (3, zoo.VOCAB_SIZE) == (info.num_hidden_layers, info.vocab_size)
    assert sum(parameter.numel() for parameter in model.parameters()) == info.num_parameters
    assert 3 == len(info.layer_types)
    assert ("float32", "cpu", [], None) == (info.dtype, info.device, info.adapters, info.quantization)
    json.dumps(info.model_dump(), allow_nan=False)


def test_the_shape_of_attention_is_told() -> None:
    info = describe_model(zoo.shared("llama"))
    assert (4, 2, 16, 48) == (
        info.num_attention_heads,
        info.num_key_value_heads,
        info.head_dim,
        info.hidden_size,
    )
    assert ["LlamaDecoderLayer"] * 3 == info.layer_types
    assert "eager" == info.attn_implementation
    assert None is describe_model(zoo.shared("mamba")).num_attention_heads


def test_the_name_is_where_the_model_came_from() -> None:
    model = zoo.build("llama")
    model.config.name_or_path = "org/model"
    assert "org/model" == describe_model(model).name


def test_a_model_on_meta_is_described() -> None:
    with torch.device("meta"):
        model = transformers.AutoModelForCausalLM.from_config(zoo.shared("llama").config)
    info = describe_model(model)
    assert ("meta", "float32") == (info.device, info.dtype)
    assert describe_model(zoo.shared("llama")).num_parameters == info.num_parameters
    assert ("meta", None) == (
        describe_environment(model).device_type,
        describe_environment(model).device_name,
    )


def test_an_offloaded_model_is_on_the_device_where_it_runs() -> None:
    with torch.device("meta"):
        model = transformers.AutoModelForCausalLM.from_config(zoo.shared("llama").config)
    model.lm_head._hf_hook = SimpleNamespace(execution_device="cpu")
    assert "cpu" == describe_model(model).device
    model.lm_head.weight = torch.nn.Parameter(torch.zeros(zoo.VOCAB_SIZE, 48))
    del model.lm_head._hf_hook
    assert "cpu" == describe_model(model).device


def test_the_dtype_is_the_one_of_most_numbers() -> None:
    model = zoo.build("llama", dtype=torch.bfloat16)
    model.model.norm.to(torch.float32)
    assert "bfloat16" == describe_model(model).dtype


@pytest.mark.parametrize(
    ("active", "names"),
    [
        (["facts"], ["facts"]),
        ("style", ["style"]),
        (lambda: ["facts"], ["facts"]),
        (_raises, ["style", "facts"]),
        (None, ["style", "facts"]),
    ],
)
def test_active_adapters_are_named(active: Any, names: list[str]) -> None:
    info = describe_model(_Wrapper(zoo.shared("llama"), active))
    assert names == info.adapters
    assert "LlamaForCausalLM" == info.class_name


def test_something_that_cannot_generate_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Linear holds no transformers model that can generate"):
        describe_model(torch.nn.Linear(1, 1))


@pytest.mark.parametrize(
    ("quantization", "method"),
    [
        ({"quant_method": "gptq", "bits": 4}, "gptq"),
        (transformers.BitsAndBytesConfig(load_in_4bit=True), "bitsandbytes"),
        ({}, "dict"),
    ],
)
def test_the_quantization_is_named(quantization: Any, method: str) -> None:
    model = zoo.build("llama")
    model.config.quantization_config = quantization
    info = describe_model(model)
    assert method == info.quantization
    json.dumps(info.config, allow_nan=False)


def test_a_configuration_that_cannot_be_compared_is_kept_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    model = zoo.build("llama")

    def fail(self: Any) -> dict[str, Any]:
        raise TypeError("unhashable")

    monkeypatch.setattr(type(model.config), "to_diff_dict", fail)
    info = describe_model(model)
    assert 48 == info.config["hidden_size"]
    json.dumps(info.config, allow_nan=False)


def test_the_environment_names_versions_and_machine() -> None:
    environment = describe_environment(zoo.shared("llama"))
    assert (torch.__version__, transformers.__version__) == (environment.torch, environment.transformers)
    assert (platform.python_version(), "cpu") == (environment.python, environment.device_type)
    assert environment.tracer[0].isdigit()
    assert environment.device_name is not None
    assert torch.backends.cpu.get_cpu_capability() in environment.device_name


class _Odd:
    def __str__(self) -> str:
        raise RuntimeError("cannot be shown")


_OWN: list[Any] = []
_OWN.append(_OWN)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ((1, True, None, "a", 0.5), [1, True, None, "a", 0.5]),
        ({1: {2.5: float("nan")}}, {"1": {"2.5": "nan"}}),
        ({"b", "a"}, ["a", "b"]),
        (range(3), [0, 1, 2]),
        (torch.bfloat16, "bfloat16"),
        (torch.tensor([1.0, float("inf")]), [1.0, "inf"]),
        (np.int64(3), 3),
        (np.float32(0.5), 0.5),
        (torch.device("cpu"), "cpu"),
        (object(), "<object object>"),
        (_Odd(), "<_Odd>"),
        (torch.zeros(2, device="meta"), "tensor(..., device='meta', size=(2,))"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_any_value_becomes_json(value: Any, expected: Any) -> None:
    assert expected == to_json(value)
    json.dumps(to_json(value), allow_nan=False)


def test_a_value_that_holds_itself_ends() -> None:
    json.dumps(to_json(_OWN), allow_nan=False)
