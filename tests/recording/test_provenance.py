"""The origin told for a parameter is the one whose value transformers took."""

import json
from itertools import product
from typing import Any

import pytest
import torch
from transformers import CompileConfig, GenerationConfig, LlamaForCausalLM, WatermarkingConfig

from tests import zoo
from tracer.recording.description.provenance import describe_generation_config
from tracer.schema import ConfigParameter

ORIGINS = ("argument", "generation_config", "model")
VALUES = {
    "temperature": (0.5, 0.6, 0.7),
    "top_k": (5, 6, 7),
    "repetition_penalty": (1.1, 1.2, 1.3),
    "max_new_tokens": (3, 4, 5),
    "min_length": (1, 2, 3),
    "eos_token_id": ([11], [12], [13]),
    "sequence_bias": ([[[1, 2], 1.0]], [[[3], 2.0]], [[[4], 3.0]]),
    "bad_words_ids": ([[1]], [[2]], [[3]]),
}
"""One value for each origin, so that the resolved value tells where it came from."""


@pytest.fixture
def model() -> Any:
    built = zoo.build("llama")
    built.generation_config = GenerationConfig()
    return built


def _describe(
    model: Any, given: GenerationConfig | None, arguments: dict[str, Any]
) -> dict[str, ConfigParameter]:
    resolved, _ = model._prepare_generation_config(given, **arguments)
    described = describe_generation_config(
        resolved, arguments=arguments, given=given, model_config=model.generation_config
    )
    public = {name for name, value in vars(resolved).items() if value is not None and name[0] != "_"}
    assert public - {"transformers_version"} == set(described)
    return described


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("is_set", list(product([True, False], repeat=3)), ids=str)
def test_the_origin_is_where_transformers_took_the_value(
    model: Any, name: str, is_set: tuple[bool, ...]
) -> None:
    pairs = zip(VALUES[name], is_set, strict=True)
    arguments, given, own = ({name: value} if there else {} for value, there in pairs)
    model.generation_config = GenerationConfig(do_sample=True, **own)
    described = _describe(model, GenerationConfig(do_sample=True, **given) if given else None, arguments)
    if not any(is_set):
        assert name not in described or described[name].origin == "default"
        return
    winner = is_set.index(True)
    assert (VALUES[name][winner], ORIGINS[winner]) == (described[name].value, described[name].origin)


def test_every_global_default_is_a_default(model: Any) -> None:
    described = _describe(model, None, {})
    assert {"default"} == {parameter.origin for parameter in described.values()}
    assert (50, False, True) == tuple(described[name].value for name in ("top_k", "do_sample", "use_cache"))


def test_none_passed_as_an_argument_clears_and_is_not_listed(model: Any) -> None:
    model.generation_config = GenerationConfig(do_sample=True, top_k=7)
    described = _describe(model, None, {"top_k": None})
    assert "top_k" not in described
    assert "model" == described["do_sample"].origin


def test_arguments_that_are_no_parameters_are_passed_over(model: Any) -> None:
    described = _describe(
        model, None, {"input_ids": torch.ones(1, 2), "attention_mask": None, "num_beams": 1}
    )
    assert "input_ids" not in described
    assert "argument" == described["num_beams"].origin


def test_a_custom_entry_of_the_model_is_told(model: Any) -> None:
    model.generation_config.my_own_setting = "kept"
    assert ("kept", "model") == tuple(_describe(model, None, {})["my_own_setting"].model_dump().values())


def test_values_are_ready_for_json(model: Any) -> None:
    given = GenerationConfig(
        eos_token_id=torch.tensor([3, 4]),
        watermarking_config=WatermarkingConfig(bias=1.5),
        compile_config=CompileConfig(),
        sequence_bias={(1, 2): float("-inf")},
    )
    described = _describe(model, given, {})
    json.dumps({name: parameter.model_dump() for name, parameter in described.items()}, allow_nan=False)
    assert [3, 4] == described["eos_token_id"].value
    assert 1.5 == described["watermarking_config"].value["bias"]
    assert {"(1, 2)": "-inf"} == described["sequence_bias"].value
    assert "reduce-overhead" == described["compile_config"].value["mode"]


@pytest.mark.filterwarnings("ignore:Using the model-agnostic default `max_length`:UserWarning")
@pytest.mark.parametrize("origin", [*ORIGINS, "default"])
@pytest.mark.parametrize(
    ("computed", "base"), [("max_length", "max_new_tokens"), ("min_length", "min_new_tokens")]
)
def test_a_length_computed_from_another_parameter_has_the_origin_of_that_one(
    model: Any, origin: str, computed: str, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = {base: 3} if origin == "argument" else {}
    given = GenerationConfig(**{base: 3}) if origin == "generation_config" else None
    if origin == "model":
        model.generation_config = GenerationConfig(**{base: 3})
    seen = {}
    original = LlamaForCausalLM._get_logits_processor

    def listen(self: Any, generation_config: GenerationConfig, *args: Any, **kwargs: Any) -> Any:
        seen.update(
            describe_generation_config(
                generation_config, arguments=arguments, given=given, model_config=self.generation_config
            )
        )
        return original(self, generation_config, *args, **kwargs)

    monkeypatch.setattr(LlamaForCausalLM, "_get_logits_processor", listen)
    model.generate(torch.tensor([[5, 6, 7, 8]]), generation_config=given, **arguments)
    assert origin == seen[computed].origin
    if origin != "default":
        assert (7, 3, origin) == (seen[computed].value, seen[base].value, seen[base].origin)
