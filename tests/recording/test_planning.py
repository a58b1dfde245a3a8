"""A plan, made without running anything, is right about what the recorded call then takes on disk."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoConfig, DynamicCache, LlamaConfig, LogitsProcessor, LogitsProcessorList

import tracer
from tests import zoo
from tests.recording.trace_sizes import measure, misjudged
from tracer.errors import UnsupportedCallError

SAMPLED: dict[str, Any] = {
    "do_sample": True,
    "temperature": 0.8,
    "top_k": 20,
    "top_p": 0.9,
    "repetition_penalty": 1.2,
}
STEPS = 36
RECORDED = set(tracer.RecordingConfig.__dataclass_fields__)


class Shift(LogitsProcessor):
    """A processor that nobody can rebuild."""

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        return scores + 0.25


def planned_and_recorded(model: Any, rows: int, to: Path, *, num_tokens: int = STEPS, **settings: Any) -> Any:
    inputs = zoo.prompts(rows)
    recording = {name: value for name, value in settings.items() if name in RECORDED}
    generating = {name: value for name, value in settings.items() if name not in RECORDED}
    plan = tracer.plan(model, prompt_len=14, max_new_tokens=num_tokens, rows=rows, **settings)
    torch.manual_seed(1)
    with tracer.record(model, zoo.tokenizer(), to=to, **recording) as recorded:
        model.generate(**inputs, max_new_tokens=num_tokens, **generating)
    assert recorded.fault is None
    return plan


@pytest.mark.parametrize("sampled", [False, True], ids=["greedy", "sampled"])
@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("preset", ["light", "standard", "full"])
def test_a_run_lies_within_a_tenth_of_its_plan(preset: str, rows: int, sampled: bool, tmp_path: Path) -> None:
    settings = {"preset": preset, **(SAMPLED if sampled else {})}
    plan = planned_and_recorded(zoo.shared("llama"), rows, tmp_path / "x.trace", **settings)
    assert [] == misjudged(plan, tmp_path / "x.trace")


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
@pytest.mark.parametrize("name", zoo.ARCHITECTURES)
def test_arrays_of_every_architecture_are_planned(name: str, attention: str, tmp_path: Path) -> None:
    try:
        model = zoo.shared(name, torch.bfloat16, attention)
    except ValueError:
        assert attention in zoo.ARCHITECTURES[name].refuses
        return
    plan = planned_and_recorded(model, 3, tmp_path / "x.trace", num_tokens=6, preset="full", **SAMPLED)
    assert [] == [line for line in misjudged(plan, tmp_path / "x.trace") if not line.startswith("total")]


@pytest.mark.parametrize(
    "settings",
    [
        {"use_cache": False},
        {"cache_implementation": "static", "disable_compile": True},
        {"prefill_chunk_size": 4},
        {"num_return_sequences": 2, **SAMPLED},
        {"logits_processor": LogitsProcessorList([Shift()])},
        {"min_new_tokens": STEPS, "eos_token_id": [5, 6], "suppress_tokens": [7, 8, 9]},
        {"do_sample": True, "top_k": 0, "min_p": 0.05, "renormalize_logits": True},
        {"layers": (0, 2), "steps": range(3, 9)},
        {"queries": "last", "keys_values": "none"},
        {"logits": "none", **SAMPLED},
        {"accounting": "none", "scores": "none", "hidden_states": "all"},
    ],
    ids=lambda settings: "-".join(settings),
)
def test_settings_are_planned_for(settings: dict[str, Any], tmp_path: Path) -> None:
    plan = planned_and_recorded(zoo.shared("mistral", attention="sdpa"), 1, tmp_path / "x.trace", **settings)
    assert [] == misjudged(plan, tmp_path / "x.trace")


def test_a_prefix_is_planned_in_full_and_may_take_nothing(tmp_path: Path) -> None:
    model, prompt = zoo.shared("gemma3", attention="sdpa"), zoo.prompts(1)["input_ids"]
    cache = DynamicCache(config=model.config)
    with torch.no_grad():
        model(prompt, past_key_values=cache)
    longer = torch.cat([prompt, prompt[:, :5]], dim=1)
    plan = tracer.plan(model, prompt_len=19, prefix_len=14, max_new_tokens=STEPS)
    with tracer.record(model, zoo.tokenizer(), to=tmp_path / "x.trace"):
        model.generate(longer, past_key_values=cache, max_new_tokens=STEPS)
    assert [] == misjudged(plan, tmp_path / "x.trace")
    prefix = next(part for part in plan.parts if part.name == "prefix")
    assert 0 == prefix.lower_bytes
    assert prefix.upper_bytes == pytest.approx(measure(tmp_path / "x.trace")["prefix"], rel=0.05)


def test_without_stages_that_depend_on_data_both_figures_are_equal() -> None:
    plan = tracer.plan(zoo.shared("llama"), prompt_len=40, max_new_tokens=50)
    assert all(part.lower_bytes == part.upper_bytes for part in plan.parts)
    assert plan.lower_bytes == plan.upper_bytes == sum(part.upper_bytes for part in plan.parts)


def test_figures_differ_where_the_data_decide() -> None:
    plan = tracer.plan(zoo.shared("llama"), prompt_len=40, max_new_tokens=50, do_sample=True, top_p=0.9)
    differing = {part.name for part in plan.parts if part.lower_bytes < part.upper_bytes}
    assert differing == {"scores", "candidates table"}


def test_a_configuration_is_planned_as_its_model_is() -> None:
    model = zoo.shared("gemma2")
    config = AutoConfig.for_model(**model.config.to_dict())
    config._attn_implementation = "eager"
    lengths = {"prompt_len": 9, "max_new_tokens": 20}
    assert tracer.plan(model, **lengths).upper_bytes == pytest.approx(
        tracer.plan(config, **lengths).upper_bytes, rel=0.01
    )


def test_a_large_model_is_planned_from_its_configuration_alone() -> None:
    config = LlamaConfig(
        vocab_size=128_256,
        hidden_size=4096,
        num_hidden_layers=32,
        num_attention_heads=32,
        num_key_value_heads=8,
        intermediate_size=14_336,
        dtype="bfloat16",
    )
    plan = tracer.plan(config, prompt_len=1, max_new_tokens=1000)
    assert 0.9e6 == pytest.approx(plan.upper_bytes / 1000, rel=0.15)
    assert "last" == plan.queries_positions
    assert "all" == tracer.plan(config, prompt_len=1, max_new_tokens=500).queries_positions


def test_a_plan_is_a_table_and_json() -> None:
    plan = tracer.plan(zoo.shared("llama"), prompt_len=4, max_new_tokens=3, config="light")
    lines = str(plan).splitlines()
    assert "part" == lines[0].split()[0]
    assert ["total"] == [line.split()[0] for line in lines[-1:]]
    assert len(plan.parts) + 2 == len(lines)
    described = json.loads(json.dumps(plan.describe()))
    assert plan.upper_bytes == described["upper_bytes"]
    assert "none" == described["queries_positions"]


def test_a_plan_leaves_the_model_and_the_random_state_alone() -> None:
    model = zoo.shared("llama")
    attributes, state = set(vars(model)), torch.get_rng_state()
    generation = model.generation_config.to_dict()
    tracer.plan(model, prompt_len=4, max_new_tokens=3, rows=2, **SAMPLED)
    assert attributes == set(vars(model))
    assert generation == model.generation_config.to_dict()
    assert torch.equal(state, torch.get_rng_state())


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"prompt_len": 0}, ValueError, r"prompt_len=0 is below 1\. Type prompt_len=1\."),
        ({"prefix_len": 4}, ValueError, r"prefix_len=4 leaves nothing of prompt_len=4.*prompt_len=5 or more"),
        ({"top_q": 3}, TypeError, r"plan\(\) has no setting 'top_q'\. Give fields of RecordingConfig"),
        ({"num_beams": 2}, UnsupportedCallError, r"beam search \(num_beams=2\)"),
        ({"config": "light", "queries": "all"}, ValueError, "Both config and queries were given"),
        ({"config": "huge"}, ValueError, r"preset='huge' is none of light, standard, full"),
    ],
)
def test_what_cannot_be_planned_is_refused(
    settings: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        tracer.plan(zoo.shared("llama"), **{"prompt_len": 4, "max_new_tokens": 3, **settings})


def test_a_plan_needs_a_model_or_a_configuration() -> None:
    with pytest.raises(
        TypeError, match=r"str is neither a model nor a transformers configuration\. Give plan"
    ):
        tracer.plan("llama", prompt_len=4, max_new_tokens=3)


def test_a_plan_needs_a_causal_language_model() -> None:
    with pytest.raises(TypeError, match=r"CLIPVisionConfig is no configuration of a causal language model"):
        tracer.plan(AutoConfig.for_model("clip_vision_model"), prompt_len=4, max_new_tokens=3)


@pytest.mark.parametrize(
    "decoding", [{"do_sample": False}, {**SAMPLED, "top_k": 50}], ids=["greedy", "sampled"]
)
def test_a_run_of_the_demo_model_lies_within_a_tenth_of_its_plan(
    decoding: dict[str, Any], demo: tuple[Any, Any], tmp_path: Path
) -> None:
    model, tokenizer = demo
    inputs = tokenizer("The capital of France is", return_tensors="pt")
    settings = {"max_new_tokens": 20, "min_new_tokens": 20, **decoding}
    plan = tracer.plan(model, prompt_len=inputs["input_ids"].shape[1], **settings)
    torch.manual_seed(2)
    with tracer.record(model, tokenizer, to=tmp_path / "x.trace"):
        model.generate(**inputs, **settings)
    assert [] == misjudged(plan, tmp_path / "x.trace")
