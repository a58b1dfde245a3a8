"""The same decomposition from one plain forward in float64 with eager attention, straight from module outputs.

Knows the names of four architectures and nothing of the recorder; norms are computed here on their own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

Tensor = torch.Tensor
SUPPORTED = ("llama", "qwen2", "qwen3", "gpt2", "gemma2")


@dataclass
class Decomposition:
    """In logits, chosen minus rival: `attention` (layers, heads, sources), `attention_sums` and `mlp` (layers,)."""

    embedding: float
    attention: Tensor
    attention_sums: Tensor
    mlp: Tensor
    norm_bias: float
    before_softcap: float
    difference: float


def decompose(model: Any, ids: list[int], chosen: int, rival: int) -> Decomposition:
    """Returns the parts of the last position's logit difference."""
    is_gpt2 = model.config.model_type == "gpt2"
    body = model.transformer if is_gpt2 else model.model
    layers = body.h if is_gpt2 else body.layers
    seen: dict[Any, Tensor] = {}
    handles = []

    def keep(key: Any) -> Callable[..., None]:
        def hook(module: Any, inputs: Any, output: Any) -> None:
            seen[key] = (output[0] if isinstance(output, tuple) else output).detach()[0]

        return hook

    for number, layer in enumerate(layers):
        for name, module in _parts(layer, is_gpt2).items():
            handles.append(module.register_forward_hook(keep((number, name))))
    try:
        with torch.no_grad():
            output = model(
                torch.tensor([ids]), output_attentions=True, output_hidden_states=True, use_cache=False
            )
    finally:
        for handle in handles:
            handle.remove()
    final = body.ln_f if is_gpt2 else body.norm
    lead = (model.lm_head.weight[chosen] - model.lm_head.weight[rival]).detach()
    states = {key: value[-1] for key, value in seen.items()}
    embedding = output.hidden_states[0][0, -1]
    stream = embedding + sum(
        states[number, part] for number in range(len(layers)) for part in ("added", "mlp")
    )
    read = _frozen(final, stream, model.config.model_type)
    cells = [
        _cells(
            model.config,
            layer,
            output.attentions[number][0, :, -1],
            seen[number, "values"],
            states[number, "raw"],
        )
        for number, layer in enumerate(layers)
    ]
    logits = output.logits[0, -1]
    exact = (model.lm_head.weight @ final(stream)).detach()
    return Decomposition(
        embedding=float(read(embedding) @ lead),
        attention=torch.stack([read(cell) @ lead for cell in cells]).detach(),
        attention_sums=torch.stack(
            [read(states[number, "added"]) @ lead for number in range(len(layers))]
        ).detach(),
        mlp=torch.stack([read(states[number, "mlp"]) @ lead for number in range(len(layers))]).detach(),
        norm_bias=float(final.bias.detach() @ lead) if is_gpt2 else 0.0,
        before_softcap=float(exact[chosen] - exact[rival]),
        difference=float(logits[chosen] - logits[rival]),
    )


def _parts(layer: Any, is_gpt2: bool) -> dict[str, Any]:
    """The modules whose outputs are values, raw attention, what attention adds and what the MLP adds."""
    if is_gpt2:
        return {
            "values": layer.attn.c_attn,
            "raw": layer.attn.c_proj,
            "added": layer.attn,
            "mlp": layer.mlp,
        }
    has_post_norms = hasattr(layer, "post_feedforward_layernorm")
    return {
        "values": layer.self_attn.v_proj,
        "raw": layer.self_attn.o_proj,
        "added": layer.post_attention_layernorm if has_post_norms else layer.self_attn,
        "mlp": layer.post_feedforward_layernorm if has_post_norms else layer.mlp,
    }


def _cells(config: Any, layer: Any, weights: Tensor, values: Tensor, raw: Tensor) -> Tensor:
    """What each (head, source) adds to the stream, (heads, sources, hidden), without any bias."""
    heads = weights.shape[0]
    if config.model_type == "gpt2":
        size = config.n_embd
        values = values[:, -size:] - layer.attn.c_attn.bias.detach()[-size:]
        out = layer.attn.c_proj.weight.detach()
    else:
        bias = layer.self_attn.v_proj.bias
        values = values if bias is None else values - bias.detach()
        out = layer.self_attn.o_proj.weight.detach().T
    width = out.shape[0] // heads
    by_head = values.reshape(len(values), -1, width)
    by_head = by_head.repeat_interleave(heads // by_head.shape[1], dim=1)
    added = torch.einsum("hs,shd,hdo->hso", weights, by_head, out.reshape(heads, width, -1))
    if hasattr(layer, "post_feedforward_layernorm"):
        return _frozen(layer.post_attention_layernorm, raw, config.model_type)(added)
    return added


def _frozen(norm: Any, at: Tensor, model_type: str) -> Callable[[Tensor], Tensor]:
    """The norm as a linear map, its scale frozen at one input and its bias left out."""
    weight = norm.weight.detach()
    if model_type == "gpt2":
        scale = (at.var(unbiased=False) + norm.eps) ** -0.5
        return lambda vectors: (vectors - vectors.mean(-1, keepdim=True)) * scale * weight
    epsilon = norm.eps if hasattr(norm, "eps") else norm.variance_epsilon
    scale = (at.pow(2).mean() + epsilon) ** -0.5
    gain = 1.0 + weight if model_type == "gemma2" else weight
    return lambda vectors: vectors * scale * gain
