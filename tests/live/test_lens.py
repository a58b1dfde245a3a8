"""The logit lens against plain forwards in float64, on live models and on checkpoints, and what it refuses."""

import copy
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import OPTConfig, OPTForCausalLM

import tracer
from tests import zoo
from tracer.analysis.logit_lens import Lens
from tracer.errors import ModelError, SignalMissingError
from tracer.live.reading_weights.checkpoint_tensors import UnreadableFilesError
from tracer.store.derived import derived_names
from tracer.trace.step import Step
from tracer.trace.trace import Trace

ORACLES = {
    "llama": "model.norm",
    "gpt2": "transformer.ln_f",
    "gemma2": "model.norm",
    "phi": "model.final_layernorm",
}


def record_call(path: Path, model: Any, **settings: Any) -> Trace:
    with tracer.record(model, None, to=path, **settings):
        model.generate(**zoo.prompts(1), max_new_tokens=3, do_sample=False)
    return tracer.open_trace(path)


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lens") / "llama.trace"
    record_call(path, zoo.shared("llama"))
    return path


@pytest.fixture
def step(llama: Path, tmp_path: Path) -> Step:
    """A step of a trace that keeps nothing yet."""
    shutil.copytree(llama, tmp_path / "a.trace", ignore=shutil.ignore_patterns("derived"))
    return tracer.open_trace(tmp_path / "a.trace").steps[1]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkpoint") / "llama"
    zoo.shared("llama").save_pretrained(folder)
    return folder


def oracle(model: Any, step: Step, norm: str) -> list[np.ndarray]:
    """The logits of each stream by a plain forward in float64; the last one is the model's own output."""
    double = copy.deepcopy(model).double()
    ids = torch.tensor([[*step.sequence.prompt_ids, *step.sequence.token_ids[: step.index]]])
    with torch.no_grad():
        output = double(ids, output_hidden_states=True, use_cache=False)
        layers = [double.lm_head(double.get_submodule(norm)(h[:, -1])) for h in output.hidden_states[:-1]]
    cap = getattr(model.config, "final_logit_softcapping", None)
    if cap:
        layers = [torch.tanh(logits / cap) * cap for logits in layers]
    return [row[0].numpy() for row in (*layers, output.logits[:, -1])]


def softmax(logits: np.ndarray) -> np.ndarray:
    weights = np.exp(logits - logits.max())
    return weights / weights.sum()


@pytest.mark.parametrize("name", ORACLES)
def test_every_layer_agrees_with_a_plain_forward_in_float64(name: str, tmp_path: Path) -> None:
    model = zoo.shared(name)
    step = record_call(tmp_path / "a.trace", model).steps[1]
    found = tracer.lens(step, model=model, top=3)
    expected = oracle(model, step, ORACLES[name])
    assert len(expected) == len(found.layers) == model.config.num_hidden_layers + 1
    final = softmax(expected[-1])
    for logits, layer in zip(expected, found.layers, strict=True):
        p = softmax(logits)
        best = np.argsort(-logits)[:3]
        assert best.tolist() == [token.token_id for token in layer.top]
        np.testing.assert_allclose([token.probability for token in layer.top], p[best], rtol=1e-3)
        assert int((logits > logits[step.token_id]).sum()) == layer.rank
        assert p[step.token_id] == pytest.approx(layer.probability, rel=1e-3)
        assert -(p * np.log(p)).sum() == pytest.approx(layer.entropy, rel=1e-3)
        assert (final * np.log(final / p)).sum() == pytest.approx(layer.kl, rel=1e-3, abs=1e-6)


@pytest.mark.parametrize("name", sorted(zoo.ARCHITECTURES))
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_last_layer_gives_the_recorded_logits(name: str, dtype: torch.dtype, tmp_path: Path) -> None:
    model = zoo.shared(name, dtype)
    found = record_call(tmp_path / "a.trace", model).steps[2]
    lens = tracer.lens(found, model=model)
    last = lens.layers[-1]
    assert lens.deviation is not None
    assert lens.deviation <= (1e-4 if dtype == torch.float32 else 2.0**-7)
    assert (found.favorite_id, 0.0) == (last.top[0].token_id, last.kl)
    assert found.model_rank == last.rank
    assert found.model_probability == pytest.approx(
        last.probability, rel=1e-4 if dtype == torch.float32 else 0.1
    )


def opt() -> Any:
    """OPT as its 350m version: a projection to the head, and no final norm."""
    config = OPTConfig(
        vocab_size=zoo.VOCAB_SIZE,
        hidden_size=48,
        word_embed_proj_dim=24,
        num_hidden_layers=2,
        num_attention_heads=4,
        ffn_dim=64,
        max_position_embeddings=64,
        do_layer_norm_before=False,
        pad_token_id=zoo.PAD_ID,
        bos_token_id=1,
        eos_token_id=2,
    )
    torch.manual_seed(0)
    model = OPTForCausalLM(config).eval()
    for parameter in model.parameters():
        parameter.data = parameter.data + 0.2 * torch.randn(parameter.shape)
    return model


def test_a_projection_between_norm_and_head_is_applied(tmp_path: Path) -> None:
    with torch.random.fork_rng():
        model = opt()
    model.save_pretrained(tmp_path / "opt")
    step = record_call(tmp_path / "a.trace", model).steps[1]
    live = tracer.lens(step, model=model)
    shutil.rmtree(tmp_path / "a.trace" / "derived")
    read = tracer.lens(step, checkpoint=tmp_path / "opt")
    assert (None, "Linear") == (live.made_with["norm"], live.made_with["projection"])
    assert live.deviation is not None
    assert live.deviation <= 1e-4
    assert live.layers == read.layers


@pytest.mark.parametrize("name", ["llama", "gpt2", "gemma2", "gpt_neox"])
@pytest.mark.parametrize("shard", ["1GB", "40KB"])
def test_norm_and_head_from_files_give_the_same_as_the_model(name: str, shard: str, tmp_path: Path) -> None:
    model = zoo.shared(name, torch.bfloat16)
    model.save_pretrained(tmp_path / "model", max_shard_size=shard)
    step = record_call(tmp_path / "a.trace", model).steps[1]
    live = tracer.lens(step, model=model)
    shutil.rmtree(tmp_path / "a.trace" / "derived")
    assert live.layers == tracer.lens(step, checkpoint=tmp_path / "model").layers


def test_an_answer_is_kept_and_read_without_a_model(step: Step, checkpoint: Path) -> None:
    first = tracer.lens(step, checkpoint=checkpoint)
    assert ("lens-000-0-000001",) == derived_names(step.call.trace.path)
    shutil.move(checkpoint, checkpoint.with_name("gone"))
    try:
        again = tracer.lens(tracer.open_trace(step.call.trace.path).steps[1], checkpoint=checkpoint)
    finally:
        shutil.move(checkpoint.with_name("gone"), checkpoint)
    assert first == again
    assert isinstance(again, Lens)
    assert f"checkpoint {checkpoint}" == again.made_with["source"]


def test_more_tokens_than_were_kept_are_computed_anew(step: Step) -> None:
    tracer.lens(step, model=zoo.shared("llama"), top=2)
    assert [10] == [len(layer.top) for layer in tracer.lens(step, top=10).layers[:1]]
    wide = tracer.lens(step, model=zoo.shared("llama"), top=zoo.VOCAB_SIZE)
    assert 1.0 == pytest.approx(sum(token.probability for token in wide.layers[0].top))


def test_a_trace_that_cannot_be_written_still_answers(step: Step) -> None:
    (step.call.trace.path / "derived").write_text("")
    assert 4 == len(tracer.lens(step, model=zoo.shared("llama")).layers)


def test_computing_leaves_the_model_as_it_was(step: Step) -> None:
    model = zoo.shared("llama")
    before = [dict(module._forward_hooks) for module in model.modules()]
    state = torch.get_rng_state()
    tracer.lens(step, model=model)
    assert before == [dict(module._forward_hooks) for module in model.modules()]
    assert torch.equal(state, torch.get_rng_state())
    assert all(parameter.grad is None for parameter in model.parameters())


def test_steps_without_hidden_states_say_what_to_record(tmp_path: Path) -> None:
    trace = record_call(tmp_path / "a.trace", zoo.shared("llama"), hidden_states="none", accounting="none")
    with pytest.raises(SignalMissingError, match=r"has no hidden states of stream 0: .*hidden_states='last'"):
        tracer.lens(trace.steps[0], model=zoo.shared("llama"))


def test_other_weights_than_the_recorded_ones_are_refused(step: Step) -> None:
    other = zoo.build("llama")
    torch.nn.init.normal_(other.lm_head.weight, generator=torch.Generator().manual_seed(1))
    expected = (
        r"^Norm and head of the model LlamaForCausalLM do not give the logits of step 1 .* other weights"
    )
    with pytest.raises(ModelError, match=expected):
        tracer.lens(step, model=other)
    assert () == derived_names(step.call.trace.path)


def test_a_folder_without_safetensors_is_refused(step: Step, checkpoint: Path, tmp_path: Path) -> None:
    folder = tmp_path / "no_weights"
    folder.mkdir()
    shutil.copy(checkpoint / "config.json", folder)
    with pytest.raises(
        UnreadableFilesError, match=r"its folder holds no model\.safetensors\. Name the recorded"
    ):
        tracer.lens(step, checkpoint=folder)
    (folder / "model.safetensors").write_bytes(b"short")
    with pytest.raises(UnreadableFilesError, match="its safetensors cannot be read"):
        tracer.lens(step, checkpoint=folder)


def test_tensors_that_are_missing_or_of_another_shape_are_refused(
    step: Step, checkpoint: Path, tmp_path: Path
) -> None:
    from safetensors.torch import load_file, save_file

    folder = tmp_path / "changed"
    shutil.copytree(checkpoint, folder)
    tensors = load_file(checkpoint / "model.safetensors")
    for changed, message in (
        ({"model.norm.weight": torch.ones(3)}, r"its tensor 'model\.norm\.weight' has shape \[3\]"),
        ({"model.norm.weight": torch.ones(48, dtype=torch.int8)}, "is quantized"),
        ({"model.norm.weight": None}, r"its files hold no tensor 'model\.norm\.weight'"),
    ):
        kept = {name: tensor for name, tensor in (tensors | changed).items() if tensor is not None}
        save_file(kept, folder / "model.safetensors")
        with pytest.raises(UnreadableFilesError, match=message):
            tracer.lens(step, checkpoint=folder)


def test_a_name_that_is_not_on_this_machine_is_refused(step: Step) -> None:
    with pytest.raises(UnreadableFilesError, match=r"it is neither a folder here nor in the hub's cache"):
        tracer.lens(step, checkpoint="nobody/nothing")


def test_wrong_arguments_are_refused(step: Step) -> None:
    with pytest.raises(ValueError, match=r"top=0 is none of 1 to 128, .* Type top=5\."):
        tracer.lens(step, top=0)
    with pytest.raises(ValueError, match=r"Both model and checkpoint were given\. Give one"):
        tracer.lens(step, model=zoo.shared("llama"), checkpoint="demo")
    with pytest.raises(TypeError, match=r"model=str is no transformers model .* checkpoint='\.\.\.'"):
        tracer.lens(step, model="demo")


def test_the_demo_model_is_read_from_its_copy(tmp_path: Path) -> None:
    model, tokenizer = tracer.load_model("demo", device="cpu")
    inputs = tokenizer("The rain in Spain", return_tensors="pt")
    with tracer.record(model, tokenizer, to=tmp_path / "a.trace"):
        model.generate(**inputs, max_new_tokens=2, do_sample=False)
    step = tracer.open_trace(tmp_path / "a.trace").steps[1]
    found = tracer.lens(step)
    assert found.deviation is not None
    assert found.deviation <= 1e-4
    assert 31 == len(found.layers)
    assert (step.favorite_id, 0) == (found.layers[-1].top[0].token_id, found.layers[-1].rank)
    assert "checkpoint SmolLM2-135M-Instruct" == found.made_with["source"]


def test_every_row_of_a_padded_batch_has_its_own_lens(tmp_path: Path) -> None:
    model = zoo.shared("llama")
    with tracer.record(model, None, to=tmp_path / "a.trace", preset="full"):
        model.generate(**zoo.prompts(3), max_new_tokens=2, do_sample=False)
    sequences = tracer.open_trace(tmp_path / "a.trace").calls[0].sequences
    found = [tracer.lens(sequence.steps[0], model=model) for sequence in sequences]
    assert [sequence.token_ids[0] for sequence in sequences] == [
        one.layers[-1].top[0].token_id for one in found
    ]
    assert [0, 1, 2] == [one.row for one in found]
    assert ("lens-000-0-000000", "lens-000-1-000000", "lens-000-2-000000") == derived_names(
        tmp_path / "a.trace"
    )


def test_layers_that_were_not_recorded_are_left_out(tmp_path: Path) -> None:
    model = zoo.shared("llama")
    whole = tracer.lens(record_call(tmp_path / "a.trace", model).steps[1], model=model)
    step = record_call(tmp_path / "b.trace", model, layers=(0, 1), accounting="none").steps[1]
    found = tracer.lens(step, model=model)
    assert [0, 1, 2] == [layer.stream for layer in found.layers]
    assert (None, None) == (found.decided_at, found.deviation)
    assert [layer.rank for layer in whole.layers[:3]] == [layer.rank for layer in found.layers]
    np.testing.assert_allclose(
        [layer.kl for layer in whole.layers[:3]], [layer.kl for layer in found.layers], rtol=1e-4
    )
