"""Tiny models of the architectures whose lines are recorded, and runs that only watch them."""

import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import FrameType
from typing import Any

import torch
import transformers as tf

from tests import zoo

SAMPLED: dict[str, Any] = {
    "do_sample": True,
    "temperature": 0.8,
    "top_k": 30,
    "top_p": 0.9,
    "repetition_penalty": 1.2,
}
GREEDY: dict[str, Any] = {"do_sample": False}
_SHARED = ("llama", "qwen3", "gemma3", "gpt2")
NAMES = (*_SHARED, "mixtral", "t5")
_SHAPE: dict[str, Any] = {"vocab_size": zoo.VOCAB_SIZE, "pad_token_id": zoo.PAD_ID, "eos_token_id": None}


@cache
def model(name: str) -> Any:
    """Returns the one tiny model of this name."""
    if name in _SHARED:
        return zoo.shared(name)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        made = _mixtral() if name == "mixtral" else _t5()
    made.generation_config = tf.GenerationConfig(pad_token_id=zoo.PAD_ID, decoder_start_token_id=zoo.PAD_ID)
    return made.eval()


def _mixtral() -> Any:
    return tf.MixtralForCausalLM(
        tf.MixtralConfig(
            **_SHAPE,
            hidden_size=48,
            intermediate_size=32,
            num_hidden_layers=3,
            num_attention_heads=4,
            num_key_value_heads=2,
            num_local_experts=4,
            num_experts_per_tok=2,
            max_position_embeddings=128,
            attn_implementation="eager",
        )
    )


def _t5() -> Any:
    return tf.T5ForConditionalGeneration(
        tf.T5Config(
            **_SHAPE,
            d_model=32,
            d_kv=8,
            d_ff=48,
            num_layers=2,
            num_heads=4,
            decoder_start_token_id=zoo.PAD_ID,
        )
    )


def generate(name: str, rows: int = 1, seed: int = 5, **settings: Any) -> Any:
    """Runs a call whose output holds sequences and raw logits."""
    called = model(name)
    torch.manual_seed(seed)
    given = {"max_new_tokens": 5, "return_dict_in_generate": True, "output_logits": True, **settings}
    return called.generate(**zoo.prompts(rows), **given)


@contextmanager
def counting_lines(files: set[str]) -> Iterator[dict[str, set[int]]]:
    """Notes every line that runs in files whose path ends so, by the path; an oracle made of `sys.settrace` alone."""
    found: dict[str, set[int]] = defaultdict(set)
    previous = sys.gettrace()

    def happened(frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line":
            found[frame.f_code.co_filename].add(frame.f_lineno)
        return happened

    def called(frame: FrameType, event: str, argument: Any) -> Any:
        path = frame.f_code.co_filename
        return happened if any(path.endswith(file) for file in files) else None

    sys.settrace(called)
    try:
        yield found
    finally:
        sys.settrace(previous)


@contextmanager
def hooked_shapes(watched: Any) -> Iterator[dict[str, list[tuple[Any, Any]]]]:
    """Notes per module path what went in and came out of every call: shapes, as hooks see them."""
    found: dict[str, list[tuple[Any, Any]]] = defaultdict(list)

    def hook_for(path: str) -> Any:
        def hook(module: Any, given: tuple[Any, ...], named: dict[str, Any], output: Any) -> None:
            shapes = {key: shape(value) for key, value in named.items() if isinstance(value, torch.Tensor)}
            found[path].append((shapes, shape(output)))

        return hook

    handles = [
        module.register_forward_hook(hook_for(path), with_kwargs=True)
        for path, module in watched.named_modules()
    ]
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()


def shape(value: Any) -> tuple[int, ...] | None:
    """Returns a tensor's shape, None of anything else."""
    return tuple(value.shape) if isinstance(value, torch.Tensor) else None
