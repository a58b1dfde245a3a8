"""Parts by head and source token sum to the recorded logit difference, and are those of a float64 forward."""

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import tracer
from tests import zoo
from tests.live.source_oracle import SUPPORTED, decompose
from tests.recording import blocks
from tracer.analysis.source_shares import SourceShares, rival_of
from tracer.errors import ModelError, SignalMissingError
from tracer.recording.model.anatomy import dissect
from tracer.trace.trace import Trace

FAR_RIVAL = 55
"""Among the tiny models' tokens, hardly ever a leading one, so that its shares were not recorded."""


def build(name: str, dtype: torch.dtype = torch.float32) -> Any:
    if name in zoo.ARCHITECTURES:
        return zoo.build(name, dtype=dtype)
    model = copy.deepcopy(blocks.build(name, dtype))  # the tests' own, which others get as well
    with torch.no_grad():  # Qwen2's bias begins as zero
        for layer in model.model.layers:
            for part in ("q_proj", "k_proj", "v_proj"):
                projection = getattr(layer.self_attn, part)
                projection.bias.copy_(torch.linspace(-0.4, 0.5, len(projection.bias)))
    return model


def record_call(path: Path, model: Any, rows: int = 1, *, config: Any = None, **generation: Any) -> Trace:
    prompts = {name: ids % 90 for name, ids in zoo.prompts(rows).items()}
    settings = {"max_new_tokens": 3, "eos_token_id": None, "pad_token_id": 0, "do_sample": False}
    with tracer.record(model, None, to=path, config=config):
        model.generate(**prompts, **{**settings, **generation})
    return tracer.open_trace(path)


def size_of(shares: SourceShares) -> float:
    return sum(abs(part.value) for part in shares.parts)


def assert_sums_to_the_difference(shares: SourceShares) -> None:
    before = shares.difference if not shares.steps_after else shares.total
    last = shares.steps_after[-1].difference if shares.steps_after else shares.total

    assert before == pytest.approx(shares.total, abs=1e-5 * size_of(shares))
    assert shares.total == pytest.approx(sum(part.value for part in shares.parts), abs=1e-9)
    assert abs(shares.remainder) <= 1e-5 * size_of(shares)
    assert shares.difference == pytest.approx(last + shares.remainder, abs=1e-12)


@pytest.mark.parametrize(
    "name", ["llama", "qwen3", "qwen2", "gpt2", "gemma2", "gemma3", "gpt_oss", "phi", "gpt_neox", "mistral"]
)
@pytest.mark.parametrize("rival", [None, FAR_RIVAL])
def test_parts_sum_to_the_recorded_difference(tmp_path: Path, name: str, rival: int | None) -> None:
    model = build(name)
    trace = record_call(tmp_path / "a.trace", model, rows=2)
    for sequence in trace.calls[0].sequences:
        for step in sequence.steps:
            if rival == step.token_id:
                continue
            shares = tracer.sources(step, model=model, rival=rival)

            assert (step.token_id, rival_of(step) if rival is None else rival) == (
                shares.token_id,
                shares.rival_id,
            )
            assert float(step.logits[shares.token_id]) - float(step.logits[shares.rival_id]) == pytest.approx(
                shares.difference, abs=1e-6
            )
            assert_sums_to_the_difference(shares)


@pytest.mark.parametrize("name", SUPPORTED)
@pytest.mark.parametrize("rival", [None, FAR_RIVAL])
def test_parts_are_those_of_a_plain_forward_in_float64(tmp_path: Path, name: str, rival: int | None) -> None:
    model = build(name)
    trace = record_call(tmp_path / "a.trace", model)
    steps = [trace.steps[index] for index in (0, 2)]
    answers = [tracer.sources(step, model=model, rival=rival) for step in steps]
    exact = build(name).double()
    for step, shares in zip(steps, answers, strict=True):
        ids = [*step.sequence.prompt_ids, *step.sequence.token_ids[: step.index]]
        oracle = decompose(exact, ids, shares.token_id, shares.rival_id)
        near = {"rtol": 0, "atol": 2e-5 * size_of(shares)}

        assert tuple(ids) == shares.source_ids
        np.testing.assert_allclose(oracle.attention, shares.attention, **near)
        np.testing.assert_allclose(oracle.attention_sums, shares.attention_by_layer, **near)
        np.testing.assert_allclose(oracle.mlp, shares.mlp, **near)
        np.testing.assert_allclose(oracle.embedding, shares.embedding, **near)
        np.testing.assert_allclose(oracle.norm_bias, shares.norm_bias, **near)
        np.testing.assert_allclose(oracle.before_softcap, shares.total, **near)
        np.testing.assert_allclose(oracle.difference, shares.difference, **near)


@pytest.mark.parametrize("name", ["llama", "qwen2", "gpt2", "gemma2"])
def test_heads_sources_and_biases_give_each_layer_s_recorded_attention(tmp_path: Path, name: str) -> None:
    model = build(name)
    step = record_call(tmp_path / "a.trace", model).steps[1]
    shares, accounting = tracer.sources(step, model=model), step.accounting
    chosen, rival = (accounting.ids.index(one) for one in (shares.token_id, shares.rival_id))
    for layer, given in enumerate(shares.attention_by_layer):
        recorded = accounting.shares[accounting.parts.index(f"layer-{layer:02d}.attention")]

        assert recorded[chosen] - recorded[rival] == pytest.approx(given, abs=1e-5 * size_of(shares))


@pytest.mark.parametrize("name", ["qwen2", "gpt2"])
def test_biases_are_parts_of_their_own(tmp_path: Path, name: str) -> None:
    model = build(name)
    shares = tracer.sources(record_call(tmp_path / "a.trace", model).steps[1], model=model)

    assert np.all(shares.value_bias != 0.0)
    assert (name == "gpt2") == bool(np.all(shares.output_bias != 0.0))
    assert (name == "gpt2") == (shares.norm_bias != 0.0)


def test_a_softcap_is_a_step_after_the_sum(tmp_path: Path) -> None:
    model = build("gemma2")
    shares = tracer.sources(record_call(tmp_path / "a.trace", model).steps[1], model=model)
    (after,) = shares.steps_after

    assert ("softcap", 30.0) == (after.name, after.constant)
    assert abs(shares.total) > abs(after.difference)
    assert shares.difference == pytest.approx(after.difference, abs=1e-5)


def test_scaling_and_a_residual_multiplier_are_seen(tmp_path: Path) -> None:
    model = blocks.build("granite")
    shares = tracer.sources(record_call(tmp_path / "a.trace", model).steps[1], model=model)

    assert ("scaling",) == tuple(step.name for step in shares.steps_after)
    assert shares.total / 4 == pytest.approx(shares.difference, abs=1e-5)


def test_a_layer_without_attention_is_one_share(tmp_path: Path) -> None:
    model = blocks.build("jamba")
    shares = tracer.sources(record_call(tmp_path / "a.trace", model).steps[1], model=model)

    assert (0,) == shares.undivided
    assert not shares.attention[0].any()
    assert "layer-00" in [part.name for part in shares.parts]
    assert_sums_to_the_difference(shares)


@pytest.mark.parametrize(
    "generation",
    [
        {"prefill_chunk_size": 4},
        {"use_cache": False},
        {"cache_implementation": "static", "disable_compile": True},
    ],
    ids=["chunked", "uncached", "static"],
)
@pytest.mark.parametrize("name", ["llama", "mistral"])
def test_every_way_of_caching_gives_the_same_shares(
    tmp_path: Path, name: str, generation: dict[str, Any]
) -> None:
    model = build(name)
    plain = record_call(tmp_path / "plain.trace", model).steps
    other = record_call(tmp_path / "other.trace", model, **generation).steps
    for one, another in zip(plain, other, strict=True):
        expected = tracer.sources(one, model=model)
        found = tracer.sources(another, model=model, rival=expected.rival_id)
        assert_sums_to_the_difference(found)
        assert sum(expected.by_source) == pytest.approx(sum(found.by_source), abs=1e-4)
        given = dict(zip(found.positions, found.by_source, strict=True))
        for position, value in zip(expected.positions, expected.by_source, strict=True):
            assert value == pytest.approx(given.get(position, 0.0), abs=1e-4)


def test_padding_gives_nothing(tmp_path: Path) -> None:
    model = build("llama")
    step = record_call(tmp_path / "a.trace", model, rows=2).calls[0].sequences[1].steps[1]
    shares = tracer.sources(step, model=model)
    num_padding = step.call.info.prompt_len - len(step.sequence.prompt_ids)

    assert num_padding > 0
    assert not shares.by_source[:num_padding].any()
    assert (*step.sequence.prompt_ids, step.sequence.token_ids[0]) == shares.source_ids[num_padding:]


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_names_its_rounding(tmp_path: Path, dtype: torch.dtype) -> None:
    model = build("llama", dtype)
    shares = tracer.sources(record_call(tmp_path / "a.trace", model).steps[1], model=model)

    assert shares.rounding != 0.0
    assert abs(shares.remainder) <= 0.01 * size_of(shares)


# -- where the weights come from -------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["llama", "qwen2", "gpt2", "gemma2"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_files_give_the_same_as_the_live_model(tmp_path: Path, name: str, dtype: torch.dtype) -> None:
    model = build(name, dtype)
    folder = tmp_path / "model"
    model.save_pretrained(folder)
    model.config.name_or_path = str(folder)
    step = record_call(tmp_path / "a.trace", model).steps[1]
    live = tracer.sources(step, model=model)
    for read in (tracer.sources(step), tracer.sources(step, checkpoint=folder)):
        assert f"checkpoint {folder}" == read.weights_from
        np.testing.assert_array_equal(live.attention, read.attention)
        assert live.parts == read.parts


def test_files_of_the_base_model_and_tied_heads_are_found(tmp_path: Path) -> None:
    model, folder = build("gpt2"), tmp_path / "model"
    model.tie_weights()
    model.lm_head.weight = model.transformer.wte.weight
    step = record_call(tmp_path / "a.trace", model).steps[1]
    model.transformer.save_pretrained(folder)  # names without "transformer.", and no head

    np.testing.assert_array_equal(
        tracer.sources(step, model=model).attention, tracer.sources(step, checkpoint=folder).attention
    )


def test_files_in_several_shards_are_read(tmp_path: Path) -> None:
    model, folder = build("llama"), tmp_path / "model"
    model.save_pretrained(folder, max_shard_size="50KB")
    step = record_call(tmp_path / "a.trace", model).steps[1]

    assert (folder / "model.safetensors.index.json").is_file()
    np.testing.assert_array_equal(
        tracer.sources(step, model=model).attention, tracer.sources(step, checkpoint=folder).attention
    )


class Packed(nn.Module):
    """A linear map whose weight is stored as bytes that only it can read, as a quantized one."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.in_features = linear.in_features
        self.scale = nn.Parameter(linear.weight.detach().abs().max() / 127)
        weight = (linear.weight.detach() / self.scale).round().to(torch.int8)
        self.weight = nn.Parameter(weight, requires_grad=False)
        self.bias = linear.bias

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return nn.functional.linear(inputs, self.weight * self.scale, self.bias)


@pytest.mark.parametrize("name", ["llama", "gemma2"])
def test_quantized_projections_are_applied_not_read(tmp_path: Path, name: str) -> None:
    model = build(name)
    for layer in model.model.layers:
        layer.self_attn.o_proj = Packed(layer.self_attn.o_proj)
    step = record_call(tmp_path / "a.trace", model).steps[1]
    shares = tracer.sources(step, model=model)
    assert_sums_to_the_difference(shares)

    for layer in model.model.layers:
        packed = layer.self_attn.o_proj
        plain = nn.Linear(packed.in_features, len(packed.weight), bias=False)
        plain.weight = nn.Parameter(packed.weight * packed.scale, requires_grad=False)
        layer.self_attn.o_proj = plain
    np.testing.assert_allclose(tracer.sources(step, model=model).attention, shares.attention, atol=1e-5)


# -- what is refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize("signal", ["queries", "keys_values", "hidden_states", "logits"])
def test_a_signal_that_was_not_recorded_is_named(tmp_path: Path, signal: str) -> None:
    model = build("llama")
    config = tracer.RecordingConfig(**{signal: "none"})
    step = record_call(tmp_path / "a.trace", model, config=config).steps[1]
    with pytest.raises(SignalMissingError, match=f"it was recorded with {signal}='none'"):
        tracer.sources(step, model=model, rival=FAR_RIVAL)


def test_without_recorded_accounting_the_parts_still_sum(tmp_path: Path) -> None:
    model = build("gemma2")
    config = tracer.RecordingConfig(accounting="none")
    step = record_call(tmp_path / "a.trace", model, config=config).steps[1]
    assert_sums_to_the_difference(tracer.sources(step, model=model))


def test_the_chosen_token_is_no_rival(tmp_path: Path) -> None:
    model = build("llama")
    step = record_call(tmp_path / "a.trace", model).steps[1]
    with pytest.raises(ValueError, match="is the chosen token itself"):
        tracer.sources(step, model=model, rival=step.token_id)


def test_model_and_checkpoint_together_are_refused(tmp_path: Path) -> None:
    model = build("llama")
    step = record_call(tmp_path / "a.trace", model).steps[1]
    with pytest.raises(ValueError, match="Both model and checkpoint were given"):
        tracer.sources(step, model=model, checkpoint=tmp_path)


def test_other_weights_are_an_error_and_no_answer(tmp_path: Path) -> None:
    model = build("llama")
    step = record_call(tmp_path / "a.trace", model).steps[1]
    with torch.no_grad():
        model.model.layers[1].self_attn.o_proj.weight.mul_(1.1)
    with pytest.raises(
        ModelError, match=r"The heads and sources of layer 1 sum to .* these are other weights"
    ):
        tracer.sources(step, model=model)


def test_another_head_is_an_error(tmp_path: Path) -> None:
    model = build("llama")
    config = tracer.RecordingConfig(accounting="none")
    step = record_call(tmp_path / "a.trace", model, config=config).steps[1]
    with torch.no_grad():
        model.lm_head.weight.mul_(1.1)
    with pytest.raises(ModelError, match="final norm or head are not those that were recorded"):
        tracer.sources(step, model=model)


def test_another_model_is_refused_by_its_shape(tmp_path: Path) -> None:
    step = record_call(tmp_path / "a.trace", build("llama")).steps[1]
    with pytest.raises(ModelError, match="recorded with num_hidden_layers=3, and this model has 2"):
        tracer.sources(step, model=blocks.build("llama"))


def test_a_name_that_leads_to_no_files_is_named(tmp_path: Path) -> None:
    step = record_call(tmp_path / "a.trace", build("llama")).steps[1]
    with pytest.raises(ModelError, match="cannot be read from its files: it is neither a folder here nor in"):
        tracer.sources(step)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match=r"is a folder without a config\.json"):
        tracer.sources(step, checkpoint=tmp_path / "empty")


def test_files_without_a_tensor_or_quantized_are_named(tmp_path: Path) -> None:
    model, folder = build("llama"), tmp_path / "model"
    step = record_call(tmp_path / "a.trace", model).steps[1]
    model.save_pretrained(folder)
    from safetensors.torch import load_file, save_file

    tensors = load_file(folder / "model.safetensors")
    name = "model.layers.2.self_attn.o_proj.weight"
    for change, reason in (
        ({name: tensors[name].to(torch.int8)}, "is quantized"),
        ({name: tensors[name][:-1]}, "has shape"),
        ({name: None}, "hold no tensor 'model.layers.2.self_attn.o_proj.weight'"),
    ):
        changed = {key: value for key, value in (tensors | change).items() if value is not None}
        save_file(changed, folder / "model.safetensors")
        with pytest.raises(ModelError, match=reason):
            tracer.sources(step, checkpoint=folder)
    (folder / "model.safetensors").write_bytes(b"damaged")
    with pytest.raises(ModelError, match="safetensors cannot be read"):
        tracer.sources(step, checkpoint=folder)
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelError, match=r"holds no model\.safetensors"):
        tracer.sources(step, checkpoint=folder)


def test_an_attention_without_a_known_projection_is_named(tmp_path: Path) -> None:
    model = build("llama")
    step = record_call(tmp_path / "a.trace", model).steps[1]
    attention = dissect(model).layers[0].attention_module
    assert attention is not None
    attention.closing = attention.o_proj
    del attention.o_proj
    with pytest.raises(ModelError, match="without an output projection of a known name"):
        tracer.sources(step, model=model)
