"""The parts of a model are found by structure, for every block shape, and nothing is run or changed."""

import pytest
import torch
import transformers as tf
from torch import nn

from tests.recording.blocks import CONFIGS, HIDDEN, LAYERS, build
from tracer.recording.model.anatomy import BlockShape, dissect, owner_layers
from tracer.recording.model.norms import NormFormula, NormKind, read_formula

SEQUENTIAL, PARALLEL = BlockShape.SEQUENTIAL, BlockShape.PARALLEL
_LLAMA = (SEQUENTIAL, "self_attn", "mlp", "self_attn")
_POST_NORM = (SEQUENTIAL, "post_attention_layernorm", "post_feedforward_layernorm", "self_attn")
_GPT2 = (SEQUENTIAL, "attn", "mlp", "attn")
_NEOX = ("attention", "mlp", "attention")
_BLOOM = ("self_attention.dense", "mlp.dense_4h_to_h", "self_attention")
_OPT = (SEQUENTIAL, "self_attn", "fc2", "self_attn")

BLOCKS = dict.fromkeys(
    (
        "llama",
        "llama-tied",
        "qwen2",
        "qwen3",
        "mistral",
        "phi3",
        "mixtral",
        "qwen3-moe",
        "gpt-oss",
        "deepseek-v3",
    ),
    _LLAMA,
) | {
    "granite": _LLAMA,
    "gemma2": _POST_NORM,
    "gemma3": _POST_NORM,
    "olmo2": _POST_NORM,
    "glm4": (SEQUENTIAL, "post_self_attn_layernorm", "post_mlp_layernorm", "self_attn"),
    "gpt2": _GPT2,
    "gpt-neox": (PARALLEL, *_NEOX),
    "gpt-neox-sequential": (SEQUENTIAL, *_NEOX),
    "phi": (PARALLEL, "self_attn", "mlp", "self_attn"),
    "cohere": (PARALLEL, "self_attn", "mlp", "self_attn"),
    "falcon": (PARALLEL, *_BLOOM),
    "falcon-new": (PARALLEL, *_BLOOM),
    "falcon-sequential": (SEQUENTIAL, *_BLOOM),
    "bloom": (SEQUENTIAL, *_BLOOM),
    "bloom-post-norm": (SEQUENTIAL, *_BLOOM),
    "opt": _OPT,
    "opt-projected": _OPT,
    "opt-post-norm": _OPT,
    "mpt": (SEQUENTIAL, "attn", "ffn.down_proj", "attn"),
    "gptj": (PARALLEL, "attn", "mlp", "attn"),
    "gpt-neo": (SEQUENTIAL, "attn", "mlp", "attn.attention"),
    "mamba": (BlockShape.UNDIVIDED, None, None, None),
    "jamba": (SEQUENTIAL, "self_attn", "feed_forward", "self_attn"),
}
"""Of the last layer: shape, what adds the attention, what adds the MLP, what calls attention."""


@pytest.mark.parametrize("name", CONFIGS)
def test_each_block_names_what_it_adds(name: str) -> None:
    anatomy = dissect(build(name))
    layer = anatomy.layers[-1]
    paths = {id(part): path for path, part in layer.module.named_modules()}
    found = (layer.attention, layer.mlp, layer.attention_module)

    assert list(range(LAYERS)) == [layer.index for layer in anatomy.layers]
    assert BLOCKS[name] == (layer.shape, *(None if part is None else paths[id(part)] for part in found))


def test_a_mixed_model_has_layers_of_both_kinds() -> None:
    shapes = [layer.shape for layer in dissect(build("jamba")).layers]

    assert [BlockShape.UNDIVIDED, SEQUENTIAL] == shapes


@pytest.mark.parametrize(
    ("name", "kind", "offset", "epsilon"),
    [
        ("llama", NormKind.RMS, 0.0, 1e-6),
        ("gemma2", NormKind.RMS, 1.0, 1e-6),
        ("gpt2", NormKind.LAYER, 0.0, 1e-5),
        ("cohere", NormKind.LAYER, 0.0, 1e-5),
        ("mamba", NormKind.RMS, 0.0, 1e-5),
    ],
)
def test_the_final_norm_is_known_by_what_it_computes(
    name: str, kind: NormKind, offset: float, epsilon: float
) -> None:
    norm = dissect(build(name)).norm

    assert (kind, offset) == (norm.kind, norm.offset)
    assert epsilon == pytest.approx(norm.epsilon, rel=1e-4)


@pytest.mark.parametrize("epsilon", [1e-3, 1e-5, 1e-6, 1e-8, 0.0])
@pytest.mark.parametrize("affine", [True, False])
def test_epsilon_is_measured(epsilon: float, affine: bool) -> None:
    rms = read_formula(nn.RMSNorm(24, eps=epsilon, elementwise_affine=affine), 24)
    layer = read_formula(nn.LayerNorm(24, eps=epsilon, elementwise_affine=affine), 24)

    assert (NormKind.RMS, NormKind.LAYER) == (rms.kind, layer.kind)
    assert epsilon == pytest.approx(rms.epsilon, rel=1e-4, abs=1e-16)
    assert epsilon == pytest.approx(layer.epsilon, rel=1e-4, abs=1e-16)


class _TanhNorm(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(HIDDEN))

    def forward(self, hidden_states: torch.Tensor) -> torch.Tensor:
        return self.weight * hidden_states.tanh()


class _ConditionedNorm(nn.Module):
    def forward(self, hidden_states: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
        return hidden_states * condition


@pytest.mark.parametrize("norm", [_TanhNorm(), _ConditionedNorm(), nn.Identity()])
def test_a_norm_of_no_known_formula_is_other(norm: nn.Module) -> None:
    assert NormKind.OTHER is read_formula(norm, HIDDEN).kind


def test_no_norm_is_the_identity() -> None:
    assert NormFormula(NormKind.NONE) == read_formula(None, HIDDEN)
    assert dissect(build("opt-post-norm")).final_norm is None


def test_dissecting_runs_no_module_of_the_model_and_draws_nothing() -> None:
    model = build("llama")
    calls: list[nn.Module] = []
    handles = [part.register_forward_hook(lambda part, *_: calls.append(part)) for part in model.modules()]
    weight, state = model.model.norm.weight.clone(), torch.get_rng_state()
    dissect(model)
    for handle in handles:
        handle.remove()

    assert [] == calls
    assert torch.equal(weight, model.model.norm.weight)
    assert torch.equal(state, torch.get_rng_state())


def test_a_model_without_weights_in_memory_is_dissected_all_the_same() -> None:
    with torch.device("meta"):
        model = tf.AutoModelForCausalLM.from_config(CONFIGS["llama"]())

    assert dissect(build("llama")).norm == dissect(model).norm


def test_steps_after_the_head_come_from_the_configuration() -> None:
    found = {name: dissect(build(name)) for name in ("llama", "granite", "cohere", "gemma3")}

    assert {"llama": None, "granite": 0.25, "cohere": 0.25, "gemma3": None} == {
        name: anatomy.scaling for name, anatomy in found.items()
    }
    assert {"llama": None, "granite": None, "cohere": None, "gemma3": 10.0} == {
        name: anatomy.softcap for name, anatomy in found.items()
    }
    assert (0.3, 1.0) == (found["granite"].layers[0].multiplier, found["llama"].layers[0].multiplier)


def test_the_text_decoder_of_a_composite_model_is_found() -> None:
    vision = tf.CLIPVisionConfig(
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=5,
        num_attention_heads=1,
        image_size=8,
        patch_size=4,
    )
    model = tf.LlavaForConditionalGeneration(
        tf.LlavaConfig(vision_config=vision, text_config=CONFIGS["llama"]())
    )
    anatomy = dissect(model)

    assert model.model.language_model is anatomy.decoder
    assert LAYERS == len(anatomy.layers)
    assert model.lm_head is anatomy.head


def test_every_module_below_a_layer_knows_its_layer() -> None:
    model = build("mixtral")
    owners = owner_layers(dissect(model))

    assert {id(part): 1 for part in model.model.layers[1].modules()}.items() <= owners.items()
    assert id(model.model.norm) not in owners
    assert {0, 1} == set(owners.values())


def test_a_model_without_layers_has_none() -> None:
    model = nn.Sequential(nn.Embedding(4, HIDDEN), nn.Linear(HIDDEN, 4))
    anatomy = dissect(model)

    assert ((), None, None) == (anatomy.layers, anatomy.final_norm, anatomy.head)
    assert {} == owner_layers(anatomy)


def test_an_unknown_block_is_undivided() -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.blocks = nn.ModuleList(nn.ModuleDict({"one": nn.Identity()}) for _ in range(3))
            self.embedding_norm = nn.RMSNorm(HIDDEN)

    model = Model()
    anatomy = dissect(model)

    assert [BlockShape.UNDIVIDED] * 3 == [layer.shape for layer in anatomy.layers]
    assert model.embedding_norm is anatomy.final_norm
