"""Tiny random models of every block shape, and hooks that take from a `generate` call what accounting needs.

The hooks are written here on their own, so that tests of anatomy and accounting need no recorder.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import torch
import transformers as tf

from tracer.recording.model.anatomy import Anatomy, dissect

LAYERS, HIDDEN, VOCAB = 2, 32, 99

_NAMES: dict[str, Any] = {"vocab_size": VOCAB, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": None}
_SHAPE: dict[str, Any] = dict(
    _NAMES,
    hidden_size=HIDDEN,
    num_hidden_layers=LAYERS,
    num_attention_heads=2,
    max_position_embeddings=64,
)
_MLP: dict[str, Any] = dict(_SHAPE, intermediate_size=48)
_GQA: dict[str, Any] = dict(_MLP, num_key_value_heads=1)
_HEADS: dict[str, Any] = dict(_GQA, head_dim=16)
_GPT2: dict[str, Any] = dict(_NAMES, n_embd=HIDDEN, n_layer=LAYERS, n_head=2, n_positions=64)
_EXPERTS: dict[str, Any] = {"num_local_experts": 4, "num_experts_per_tok": 2}
_OPT: dict[str, Any] = dict(_SHAPE, ffn_dim=48)
_BLOOM: dict[str, Any] = dict(_NAMES, hidden_size=HIDDEN, n_layer=LAYERS, n_head=2)

Config = Callable[[], tf.PretrainedConfig]

CONFIGS: dict[str, Config] = {
    "llama": lambda: tf.LlamaConfig(**_GQA),
    "llama-tied": lambda: tf.LlamaConfig(**_GQA, tie_word_embeddings=True),
    "qwen2": lambda: tf.Qwen2Config(**_GQA),
    "qwen3": lambda: tf.Qwen3Config(**_HEADS),
    "mistral": lambda: tf.MistralConfig(**_GQA, sliding_window=4),
    "gemma2": lambda: tf.Gemma2Config(**_HEADS, query_pre_attn_scalar=16, sliding_window=4),
    "gemma3": lambda: tf.Gemma3TextConfig(**_HEADS, query_pre_attn_scalar=16, final_logit_softcapping=10.0),
    "olmo2": lambda: tf.Olmo2Config(**_GQA),
    "glm4": lambda: tf.Glm4Config(**_HEADS),
    "gpt2": lambda: tf.GPT2Config(**_GPT2),
    "gpt-neox": lambda: tf.GPTNeoXConfig(**_MLP),
    "gpt-neox-sequential": lambda: tf.GPTNeoXConfig(**_MLP, use_parallel_residual=False),
    "phi": lambda: tf.PhiConfig(**_MLP),
    "phi3": lambda: tf.Phi3Config(**_GQA),
    "falcon": lambda: tf.FalconConfig(**_SHAPE),
    "falcon-new": lambda: tf.FalconConfig(**_SHAPE, new_decoder_architecture=True, num_kv_heads=1),
    "falcon-sequential": lambda: tf.FalconConfig(**_SHAPE, parallel_attn=False),
    "opt": lambda: tf.OPTConfig(**_OPT, word_embed_proj_dim=HIDDEN),
    "opt-projected": lambda: tf.OPTConfig(**_OPT, word_embed_proj_dim=24),
    "opt-post-norm": lambda: tf.OPTConfig(**_OPT, word_embed_proj_dim=24, do_layer_norm_before=False),
    "mixtral": lambda: tf.MixtralConfig(**_GQA, **_EXPERTS),
    "qwen3-moe": lambda: tf.Qwen3MoeConfig(
        **_HEADS, num_experts=4, num_experts_per_tok=2, moe_intermediate_size=16
    ),
    "gpt-oss": lambda: tf.GptOssConfig(**_HEADS, **_EXPERTS, sliding_window=4),
    "deepseek-v3": lambda: tf.DeepseekV3Config(
        **_MLP,
        num_key_value_heads=2,
        first_k_dense_replace=1,
        n_routed_experts=4,
        num_experts_per_tok=2,
        n_group=1,
        topk_group=1,
        moe_intermediate_size=16,
        kv_lora_rank=8,
        q_lora_rank=8,
        qk_nope_head_dim=8,
        qk_rope_head_dim=8,
        v_head_dim=8,
    ),
    "granite": lambda: tf.GraniteConfig(**_GQA, residual_multiplier=0.3, logits_scaling=4.0),
    "cohere": lambda: tf.CohereConfig(**_GQA, logit_scale=0.25),
    "bloom": lambda: tf.BloomConfig(**_BLOOM),
    "bloom-post-norm": lambda: tf.BloomConfig(**_BLOOM, apply_residual_connection_post_layernorm=True),
    "mpt": lambda: tf.MptConfig(**_NAMES, d_model=HIDDEN, n_layers=LAYERS, n_heads=2, max_seq_len=64),
    "gptj": lambda: tf.GPTJConfig(**_GPT2, rotary_dim=8),
    "gpt-neo": lambda: tf.GPTNeoConfig(
        **_NAMES,
        hidden_size=HIDDEN,
        num_layers=LAYERS,
        num_heads=2,
        max_position_embeddings=64,
        attention_types=[[["global", "local"], 1]],
    ),
    "mamba": lambda: tf.MambaConfig(**_NAMES, hidden_size=HIDDEN, num_hidden_layers=LAYERS, state_size=4),
    "jamba": lambda: tf.JambaConfig(
        **_GQA,
        num_experts=2,
        attn_layer_period=2,
        attn_layer_offset=1,
        expert_layer_period=2,
        expert_layer_offset=1,
        use_mamba_kernels=False,
        mamba_d_state=4,
    ),
}

_KEPT = ("A_log", "dt_proj", ".D")
"""Parameters of state-space layers that random values would destabilize."""


@cache
def build(name: str, dtype: torch.dtype = torch.float32) -> Any:
    """Returns a model in eval mode whose layers, norms and biases all matter; always the same weights."""
    model = tf.AutoModelForCausalLM.from_config(CONFIGS[name](), attn_implementation="eager")
    generator = torch.Generator().manual_seed(len(name))
    with torch.no_grad():
        for parameter_name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if parameter.ndim == 1 and not any(kept in parameter_name for kept in _KEPT):
                parameter.add_(0.2 * noise)
            elif parameter.ndim > 1 and not any(kept in parameter_name for kept in _KEPT):
                parameter.copy_(noise / parameter.shape[-1] ** 0.5)
    return model.to(dtype).eval()


@dataclass
class Step:
    """One recorded step; arrays as `Accountant.account` takes them, `logits` is (rows, vocab)."""

    streams: np.ndarray
    attention: list[np.ndarray | None]
    mlp: list[np.ndarray | None]
    logits: np.ndarray

    def account(self, accountant: Any, ids: np.ndarray) -> Any:
        """Accounts for the logits of `ids`, (rows, tokens)."""
        logits = np.take_along_axis(self.logits, ids, axis=1)
        return accountant.account(
            streams=self.streams, attention=self.attention, mlp=self.mlp, ids=ids, logits=logits
        )


@dataclass
class Capture:
    """Takes the last position of every stream and addition of each forward."""

    anatomy: Anatomy
    forwards: list[dict[tuple[str, int], np.ndarray]] = field(default_factory=list)
    handles: list[Any] = field(default_factory=list)

    def __enter__(self) -> "Capture":
        layers = self.anatomy.layers
        self.handles.append(layers[0].module.register_forward_pre_hook(self._start, with_kwargs=True))
        for layer in layers:
            self._listen(layer.module, "stream", layer.index + 1)
            self._listen(layer.attention, "attention", layer.index)
            self._listen(layer.mlp, "mlp", layer.index)
        self._listen(self.anatomy.final_norm, "stream", len(layers) + 1)
        return self

    def __exit__(self, *exception: object) -> None:
        for handle in self.handles:
            handle.remove()

    def _start(self, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.forwards.append({})
        self._take("stream", 0, args[0] if args else kwargs["hidden_states"])

    def _listen(self, module: Any, kind: str, index: int) -> None:
        if module is not None:
            hook = lambda _module, _args, output: self._take(kind, index, output)  # noqa: E731
            self.handles.append(module.register_forward_hook(hook))

    def _take(self, kind: str, index: int, output: Any) -> None:
        tensor = output[0] if isinstance(output, tuple) else output
        tensor = tensor.reshape(2, -1, tensor.shape[-1])[:, -1]
        self.forwards[-1][kind, index] = tensor.to(torch.float64).numpy()

    def step(self, index: int, logits: torch.Tensor, *, with_norm: bool) -> Step:
        """Returns one forward as a step."""
        seen = self.forwards[index]
        num_layers = len(self.anatomy.layers)
        last = num_layers + 1 if with_norm and ("stream", num_layers + 1) in seen else num_layers
        return Step(
            streams=np.stack([seen["stream", k] for k in range(last + 1)]),
            attention=[seen.get(("attention", k)) for k in range(num_layers)],
            mlp=[seen.get(("mlp", k)) for k in range(num_layers)],
            logits=logits.to(torch.float64).numpy(),
        )


def generate_steps(model: Any, *, with_norm: bool = False) -> list[Step]:
    """Runs one greedy call of three tokens on a left-padded batch of two and returns its steps."""
    input_ids = torch.tensor([[0, 0, 5, 17, 42], [9, 8, 77, 3, 60]])
    with Capture(dissect(model)) as capture:
        output = model.generate(
            input_ids,
            attention_mask=(input_ids != 0).long(),
            max_new_tokens=3,
            do_sample=False,
            output_logits=True,
            return_dict_in_generate=True,
        )
    return [capture.step(k, logits, with_norm=with_norm) for k, logits in enumerate(output.logits)]
