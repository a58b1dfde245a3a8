"""The documents and table rows of the traces that `benchmarks.large_trace` writes. Makes no arrays."""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tracer.config import RecordingConfig
from tracer.schema import (
    AccountingInfo,
    AttentionInfo,
    CallInfo,
    ConfigParameter,
    CriterionInfo,
    Environment,
    LayerAttention,
    Manifest,
    ModelInfo,
    ModelStructure,
    ModuleInfo,
    ParameterInfo,
    ProcessorInfo,
)

if TYPE_CHECKING:
    from benchmarks.large_trace import Shape

Floats = npt.NDArray[np.float32]

_STARTED = "2026-01-01T00:00:00+00:00"
_SETTINGS = {"repetition_penalty": 1.1, "temperature": 0.8, "top_k": 50, "top_p": 0.9}
_PROCESSORS: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "RepetitionPenaltyLogitsProcessor",
        {"penalty": 1.1, "prompt_ignore_length": None, "logits_indices": None, "cu_seq_lens_q": None},
    ),
    ("TemperatureLogitsWarper", {"temperature": 0.8}),
    ("TopKLogitsWarper", {"top_k": 50, "filter_value": {"float": "-inf"}, "min_tokens_to_keep": 1}),
    ("TopPLogitsWarper", {"top_p": 0.9, "filter_value": {"float": "-inf"}, "min_tokens_to_keep": 1}),
)
_FEED_FORWARD = 14_336


def manifest(shape: "Shape") -> Manifest:
    """Returns the manifest of a Llama of this shape."""
    sizes: dict[str, Any] = {
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads,
        "head_dim": shape.head_dim,
        "hidden_size": shape.hidden,
        "vocab_size": shape.vocab,
    }
    model = ModelInfo(
        name=f"Made up, {shape.layers} x {shape.heads} heads",
        class_name="LlamaForCausalLM",
        architecture="llama",
        dtype="bfloat16",
        device="cuda:0",
        attn_implementation="sdpa",
        num_parameters=8_030_261_248,
        layer_types=["LlamaDecoderLayer"] * shape.layers,
        config={**sizes, "intermediate_size": _FEED_FORWARD, "model_type": "llama"},
        **sizes,
    )
    environment = Environment(
        tracer="0", python="3", torch="2", transformers="5", platform="any", device_type="cuda"
    )
    config = RecordingConfig(queries="all", layers=shape.heard).resolved().describe()
    return Manifest(created_at=_STARTED, model=model, environment=environment, config=config)


def call_info(shape: "Shape", prompt_ids: list[int]) -> CallInfo:
    """Returns the document of a sampled call."""
    names = [f"layer-{layer:02d}.{part}" for layer in range(shape.layers) for part in ("attention", "mlp")]
    constants = [
        LayerAttention(
            layer=layer,
            scaling=shape.head_dim**-0.5,
            num_heads=shape.heads,
            num_key_value_heads=shape.kv_heads,
        )
        for layer in shape.heard
    ]
    given = {"do_sample": True, "max_new_tokens": shape.steps, **_SETTINGS}
    module = "transformers.generation.logits_process"
    return CallInfo(
        index=0,
        mode="sample",
        num_rows=1,
        prompt_len=shape.prompt,
        prompt_ids=[prompt_ids],
        generation_config={
            name: ConfigParameter(value=value, origin="argument") for name, value in given.items()
        },
        processors=[
            ProcessorInfo(stage=stage, class_name=name, module=module, parameters=values, is_rebuildable=True)
            for stage, (name, values) in enumerate(_PROCESSORS, start=1)
        ],
        criteria=[
            CriterionInfo(
                class_name="MaxLengthCriteria", parameters={"max_length": shape.prompt + shape.steps}
            ),
            CriterionInfo(class_name="EosTokenCriteria", parameters={"eos_token_id": [shape.vocab - 1]}),
        ],
        cache_class="DynamicCache",
        accounting=AccountingInfo(parts=["embedding", *names], logits_dtype="bfloat16"),
        attention=AttentionInfo(layers=constants),
        started_at=_STARTED,
    )


def forward_row(shape: "Shape", step: int, start: int, count: int) -> dict[str, Any]:
    """Returns the row of a forward that takes `count` tokens from a position on."""
    end, tokens = start + count, {"shape": [1, count], "dtype": "int64", "note": None}
    cache = {
        "class_name": "DynamicLayer",
        "len_before": start,
        "len_after": end,
        "key_shape": [1, shape.kv_heads, end, shape.head_dim],
        "bytes_before": start * shape.kv_heads * shape.head_dim * 4,
        "bytes_after": end * shape.kv_heads * shape.head_dim * 4,
    }
    return {
        "forward": step,
        "step": step,
        "phase": "decode" if step else "prefill",
        "is_auxiliary": False,
        "query_len": count,
        "position_start": start,
        "inputs": [{"name": name, **tokens} for name in ("input_ids", "position_ids")],
        "cache_class": "DynamicCache",
        "cache_layers": [{"layer": layer, **cache} for layer in range(shape.layers)],
        "views": [{"layer": layer, "kv_len": end, "kv_offset": 0, "mask": -1} for layer in shape.heard],
        "masks": [],
        "outputs": [{"name": "logits", "shape": [1, 1, shape.vocab], "dtype": "bfloat16", "note": None}],
        "started_ms": 30.0 * step,
        "elapsed_ms": 25.0,
        "waited_ms": 0.0,
    }


def step_row(shape: "Shape", step: int, token: int, stages: tuple[Floats, ...]) -> dict[str, Any]:
    """Returns the row of a step, without how its stages are stored."""
    odds = [scores.astype(np.float64) for scores in stages]
    sums = [float(np.log(np.exp(one - one.max()).sum()) + one.max()) for one in odds]
    shares = [np.exp(one - total) for one, total in zip(odds, sums, strict=True)]
    kept = [np.isfinite(scores) for scores in stages]
    removed = [0.0] + [float(shares[at - 1][~kept[at]].sum()) for at in range(1, len(stages))]
    final, raw = shares[-1], shares[0]
    ends = step == shape.steps - 1
    return {
        "sequence": 0,
        "step": step,
        "forward": step,
        "phase": "decode" if step else "prefill",
        "token_id": token,
        "position": shape.prompt + step,
        "kv_len": shape.prompt + step,
        "probability": float(final[token]),
        "rank": int((stages[-1] > stages[-1][token]).sum()),
        "model_probability": float(raw[token]),
        "model_rank": int((stages[0] > stages[0][token]).sum()),
        "entropy": _entropy(final),
        "model_entropy": _entropy(raw),
        "favorite_id": int(stages[0].argmax()),
        "winner_id": int(stages[-1].argmax()),
        "survivors_by_stage": [int(one.sum()) for one in kept],
        "removed_mass_by_stage": removed,
        "logsumexp_by_stage": sums,
        "verdicts": [ends, False],
        "is_finished": ends,
        "processors_ms": 1.5,
        "choice_ms": 1.0,
        "at_ms": 30.0 * step,
        "waited_ms": 0.0,
    }


def candidate_columns(
    step: int, stage: int, ids: npt.NDArray[np.int32], scores: Floats, logsumexp: float
) -> dict[str, Any]:
    """Returns the rows of the followed tokens at one stage."""
    ranks = np.searchsorted(np.sort(-scores), -scores[ids])
    return {
        "sequence": np.zeros(len(ids), dtype=np.int32),
        "step": np.full(len(ids), step, dtype=np.int32),
        "stage": np.full(len(ids), stage, dtype=np.int32),
        "token_id": ids,
        "score": scores[ids],
        "probability": np.exp(scores[ids].astype(np.float64) - logsumexp),
        "rank": ranks.astype(np.int32),
        "removed": np.isneginf(scores[ids]),
    }


def structure(shape: "Shape") -> ModelStructure:
    """Returns the tree of a Llama's modules."""
    wide, narrow = shape.hidden, shape.kv_heads * shape.head_dim
    sizes = {
        "q_proj": (wide, wide),
        "k_proj": (narrow, wide),
        "v_proj": (narrow, wide),
        "o_proj": (wide, wide),
    }
    feeding = {
        "gate_proj": (_FEED_FORWARD, wide),
        "up_proj": (_FEED_FORWARD, wide),
        "down_proj": (wide, _FEED_FORWARD),
    }
    layers = [str(layer) for layer in range(shape.layers)]
    return ModelStructure(
        modules=[
            ModuleInfo(
                depth=0, names=[""], class_name="LlamaForCausalLM", listened=["inputs", "cache", "logits"]
            ),
            ModuleInfo(depth=1, names=["model"], class_name="LlamaModel"),
            _module(2, "embed_tokens", "Embedding", shape.vocab, wide),
            ModuleInfo(depth=2, names=["layers"], class_name="ModuleList"),
            ModuleInfo(depth=3, names=layers, class_name="LlamaDecoderLayer", listened=["hidden_states"]),
            ModuleInfo(
                depth=4, names=["self_attn"], class_name="LlamaAttention", listened=["queries", "keys_values"]
            ),
            *(_module(5, name, "Linear", *size) for name, size in sizes.items()),
            ModuleInfo(depth=4, names=["mlp"], class_name="LlamaMLP"),
            *(_module(5, name, "Linear", *size) for name, size in feeding.items()),
            _module(4, "input_layernorm", "LlamaRMSNorm", wide),
            _module(4, "post_attention_layernorm", "LlamaRMSNorm", wide),
            _module(2, "norm", "LlamaRMSNorm", wide),
            _module(1, "lm_head", "Linear", shape.vocab, wide),
        ]
    )


def _module(depth: int, name: str, class_name: str, *shape: int) -> ModuleInfo:
    weight = ParameterInfo(
        name="weight", shape=list(shape), count=int(np.prod(shape)), dtype="bfloat16", device="cuda:0"
    )
    return ModuleInfo(depth=depth, names=[name], class_name=class_name, parameters=[weight])


def _entropy(shares: npt.NDArray[np.float64]) -> float:
    inside = shares[shares > 0]
    return float(-(inside * np.log(inside)).sum())
