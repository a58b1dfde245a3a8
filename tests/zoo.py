"""Tiny random models of many architectures, the same weights every time.

Holds one factory per entry of `ARCHITECTURES` and the prompts to feed them. Weights are scaled so that
next-token distributions are neither flat nor one-hot. Records nothing and loads nothing from outside.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import tokenizers
import torch
import transformers as tf

VOCAB_SIZE = 128
PAD_ID = 0
EOS_IDS = tuple(range(100, 108))
"""Many end tokens, so that the rows of a batch finish at different steps."""

PROMPT_LENS = (14, 7, 4)
SLIDING_WINDOW = 8
_TOKENS: dict[str, Any] = {
    "vocab_size": VOCAB_SIZE,
    "pad_token_id": PAD_ID,
    "bos_token_id": 1,
    "eos_token_id": None,
}
_SHAPE: dict[str, Any] = {
    **_TOKENS,
    "hidden_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "max_position_embeddings": 128,
}
_GATED: dict[str, Any] = {**_SHAPE, "num_key_value_heads": 2, "intermediate_size": 96, "head_dim": 16}
_GPT2: dict[str, Any] = {**_TOKENS, "n_embd": 48, "n_layer": 3, "n_head": 4, "n_positions": 128}


@dataclass(frozen=True, slots=True)
class Architecture:
    """One entry of the zoo; `deaf` names the attention implementations whose attention cannot be heard."""

    name: str
    config: Callable[[], tf.PretrainedConfig]
    deaf: tuple[str, ...] = ()
    refuses: tuple[str, ...] = ()
    """Attention implementations whose bare call may raise, in one of the supported versions at least."""
    embedding_scale: float = 0.4


def _mixed(num_layers: int) -> list[str]:
    return ["full_attention" if layer % 2 else "sliding_attention" for layer in range(num_layers)]


def _gemma2() -> tf.PretrainedConfig:
    return tf.Gemma2Config(
        **_GATED, sliding_window=SLIDING_WINDOW, layer_types=_mixed(3), query_pre_attn_scalar=16
    )


def _gemma3() -> tf.PretrainedConfig:
    return tf.Gemma3TextConfig(
        **_GATED,
        sliding_window=SLIDING_WINDOW,
        layer_types=_mixed(3),
        query_pre_attn_scalar=16,
        attn_logit_softcapping=20.0,
        final_logit_softcapping=20.0,
    )


def _gpt_oss() -> tf.PretrainedConfig:
    return tf.GptOssConfig(
        **_GATED,
        sliding_window=SLIDING_WINDOW,
        layer_types=_mixed(3),
        num_local_experts=4,
        num_experts_per_tok=2,
    )


def _falcon() -> tf.PretrainedConfig:
    return tf.FalconConfig(**_SHAPE, new_decoder_architecture=False, parallel_attn=True, multi_query=True)


def _mamba() -> tf.PretrainedConfig:
    return tf.MambaConfig(**_TOKENS, hidden_size=48, num_hidden_layers=3, state_size=8)


ARCHITECTURES: dict[str, Architecture] = {
    entry.name: entry
    for entry in (
        Architecture("llama", lambda: tf.LlamaConfig(**_GATED)),
        Architecture("qwen3", lambda: tf.Qwen3Config(**_GATED)),
        Architecture("mistral", lambda: tf.MistralConfig(**_GATED, sliding_window=SLIDING_WINDOW)),
        Architecture("gemma2", _gemma2, refuses=("sdpa",), embedding_scale=0.2),
        Architecture("gemma3", _gemma3, embedding_scale=0.2),
        Architecture("gpt2", lambda: tf.GPT2Config(**_GPT2)),
        Architecture(
            "gpt2_upcast", lambda: tf.GPT2Config(**_GPT2, reorder_and_upcast_attn=True), deaf=("eager",)
        ),
        Architecture("gpt_neox", lambda: tf.GPTNeoXConfig(**_SHAPE, intermediate_size=96)),
        Architecture("phi", lambda: tf.PhiConfig(**_SHAPE, intermediate_size=96)),
        Architecture("gpt_oss", _gpt_oss, refuses=("sdpa",)),
        Architecture("falcon", _falcon, deaf=("eager", "sdpa")),
        Architecture("mamba", _mamba, deaf=("eager", "sdpa"), refuses=("sdpa",)),
    )
}

_KEPT = (".A_log", ".dt_proj.bias", ".D")
"""Parameters of state-space layers that a random value would destabilize."""


def _fill(
    name: str, parameter: torch.nn.Parameter, generator: torch.Generator, embedding_scale: float
) -> None:
    noise = torch.randn(parameter.shape, generator=generator)
    if name.endswith(_KEPT):
        return
    if name.endswith("sinks"):
        parameter.copy_(noise)
    elif parameter.ndim == 1:
        parameter.add_(0.1 * noise)
    elif "embed" in name or "wte" in name or "wpe" in name:
        parameter.copy_(embedding_scale * noise)
    else:
        fan_in = parameter.shape[-1] if parameter.ndim == 2 else min(parameter.shape[1:])
        parameter.copy_(1.5 * noise / max(fan_in, 4) ** 0.5)


def build(name: str, *, dtype: torch.dtype = torch.float32, attention: str = "eager") -> Any:
    """Returns a new model of this architecture, in eval mode, with the weights that its name seeds.

    Raises:
        ValueError: transformers refuses this attention implementation for the architecture.
    """
    architecture = ARCHITECTURES[name]
    config = architecture.config()
    config._attn_implementation = attention
    model = tf.AutoModelForCausalLM.from_config(config, attn_implementation=attention)
    generator = torch.Generator().manual_seed(sum(map(ord, name)))
    with torch.no_grad():
        for parameter_name, parameter in model.named_parameters():
            _fill(parameter_name, parameter, generator, architecture.embedding_scale)
    model.generation_config = tf.GenerationConfig(pad_token_id=PAD_ID, bos_token_id=1)
    return model.to(dtype).eval()


@cache
def shared(name: str, dtype: torch.dtype = torch.float32, attention: str = "eager") -> Any:
    """Returns the one model of this process for an architecture, dtype and attention implementation."""
    return build(name, dtype=dtype, attention=attention)


def prompts(rows: int) -> dict[str, torch.Tensor]:
    """Returns `input_ids` and `attention_mask`, (rows, 14), left-padded as the rows' lengths need."""
    generator = torch.Generator().manual_seed(rows)
    input_ids = torch.full((rows, PROMPT_LENS[0]), PAD_ID)
    for row in range(rows):
        length = PROMPT_LENS[row % len(PROMPT_LENS)]
        input_ids[row, -length:] = torch.randint(2, 100, (length,), generator=generator)
    return {"input_ids": input_ids, "attention_mask": (input_ids != PAD_ID).long()}


def build_encoder_decoder() -> Any:
    """Returns a tiny random encoder–decoder model."""
    torch.manual_seed(0)
    config = tf.BartConfig(
        vocab_size=VOCAB_SIZE,
        d_model=32,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=32,
        decoder_ffn_dim=32,
    )
    return tf.BartForConditionalGeneration(config).eval()


@cache
def tokenizer() -> Any:
    """Returns a tokenizer of `VOCAB_SIZE` words, one token a word, for what insists on having one."""
    words = {"<pad>": PAD_ID, "<s>": 1, **{f"w{number}": number for number in range(2, VOCAB_SIZE)}}
    model = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, unk_token="<pad>"))
    model.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    return tf.PreTrainedTokenizerFast(
        tokenizer_object=model, pad_token="<pad>", bos_token="<s>", unk_token="<pad>"
    )
