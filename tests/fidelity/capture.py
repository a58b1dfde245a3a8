"""Takes the truth of a generate call from transformers itself, by means of its own, apart from the recorder's.

The call is run bare first (`output_logits`, `output_scores`, `output_hidden_states`), then once more while this
module listens; both must agree bit for bit before anything is compared with a trace. Listening patches what the
recorder also touches, but nothing here imports `tracer`.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from transformers import AttentionInterface
from transformers.generation.logits_process import LogitsProcessorList

from tests.fidelity.truth import Array, ForwardTruth, LayerTruth, Truth

OUTPUTS = {
    "output_logits": True,
    "output_scores": True,
    "output_hidden_states": True,
    "return_dict_in_generate": True,
}
_FINAL_NORMS = ("norm", "ln_f", "norm_f", "final_layer_norm", "final_layernorm")


def to_array(tensor: torch.Tensor) -> Array:
    """Returns a copy as numpy; bfloat16 as the float32 of the same value."""
    dtype = torch.float32 if tensor.is_floating_point() else tensor.dtype
    return tensor.detach().to("cpu", dtype, copy=True).numpy()


def random_state(device: torch.device) -> torch.Tensor:
    """Returns the state of the generator that draws on this device."""
    return torch.cuda.get_rng_state(device) if device.type == "cuda" else torch.get_rng_state()


@dataclass(slots=True)
class _Listener:
    """What one listened call gave."""

    forwards: list[ForwardTruth] = field(default_factory=list)
    layers: dict[int, LayerTruth] = field(default_factory=dict)
    embeddings: list[torch.Tensor] = field(default_factory=list)
    norms: list[tuple[torch.Tensor, torch.Tensor]] = field(default_factory=list)
    stage_names: tuple[str, ...] = ()
    stages: list[list[Array]] = field(default_factory=list)
    random_states: list[Array] = field(default_factory=list)
    step_forwards: list[int] = field(default_factory=list)
    position: int = 0


def final_norm(model: Any) -> torch.nn.Module:
    """Returns the norm between the last layer and the head."""
    for name in _FINAL_NORMS:
        if isinstance(norm := getattr(model.base_model, name, None), torch.nn.Module):
            return norm
    raise AssertionError(f"{type(model).__name__} has no final norm of a known name")


def first_layer(model: Any) -> torch.nn.Module:
    """Returns the first decoder layer."""
    lists = (module for module in model.base_model.children() if isinstance(module, torch.nn.ModuleList))
    layer: torch.nn.Module = next(iter(lists))[0]
    return layer


def _additive(mask: Any, query: torch.Tensor, key: torch.Tensor) -> torch.Tensor | None:
    lowest = torch.finfo(torch.float32).min
    query_len, kv_len = query.shape[2], key.shape[2]
    if mask is None:
        if query_len == 1:
            return None
        visible = torch.ones(query_len, kv_len, dtype=torch.bool, device=query.device).tril()[None, None]
    elif not isinstance(mask, torch.Tensor):  # flex_attention's BlockMask
        from torch.nn.attention.flex_attention import create_mask

        visible = create_mask(mask.mask_mod, query.shape[0], None, query_len, kv_len, device=query.device)
    elif mask.dtype == torch.bool:
        visible = mask
    else:
        return mask.float()[..., :kv_len]
    return torch.where(visible[..., :kv_len], 0.0, lowest)


def _hear(listener: _Listener, eager: Callable[..., Any], attend: Callable[..., Any]) -> Callable[..., Any]:
    def attention(
        module: Any, query: Any, key: Any, value: Any, mask: Any, *rest: Any, **settings: Any
    ) -> Any:
        with torch.no_grad():
            _, weights = eager(
                module,
                query.float(),
                key.float(),
                value.float(),
                _additive(mask, query, key),
                *rest,
                **settings,
            )
        heard = LayerTruth(*map(to_array, (query, key, value, weights)), key_start=0)
        listener.layers[module.layer_idx] = heard
        return attend(module, query, key, value, mask, *rest, **settings)

    return attention


@contextmanager
def _attention_heard(listener: _Listener) -> Iterator[None]:
    original = AttentionInterface.get_interface

    def get_interface(self: Any, name: str, default: Callable[..., Any]) -> Callable[..., Any]:
        return _hear(listener, default, original(self, name, default))

    AttentionInterface.get_interface = get_interface
    try:
        yield
    finally:
        AttentionInterface.get_interface = original


def _cached_len(kwargs: dict[str, Any], listener: _Listener) -> int:
    """Returns how many positions came before this forward; a state-space cache counts none, so they are added up."""
    if kwargs.get("cache_params") is not None and listener.forwards:
        last = listener.forwards[-1]
        return last.position_start + last.query_len
    cache = kwargs.get("past_key_values")
    return 0 if cache is None else int(cache.get_seq_length())


def _given(kwargs: dict[str, Any]) -> torch.Tensor:
    """Returns the ids, or the embeddings where those were given instead."""
    ids: torch.Tensor | None = kwargs.get("input_ids")
    return kwargs["inputs_embeds"] if ids is None else ids


def _attending_layers(cache: Any) -> list[Any]:
    return [] if cache is None else [layer for layer in cache.layers if hasattr(layer, "keys")]


def _before_forward(listener: _Listener) -> Callable[..., None]:
    def hook(_module: Any, _args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        listener.layers = {}
        listener.position = _cached_len(kwargs, listener)

    return hook


def _after_forward(listener: _Listener) -> Callable[..., None]:
    def hook(_module: Any, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        kwargs = {**dict(zip(["input_ids"], args, strict=False)), **kwargs}
        query_len = _given(kwargs).shape[1]
        end = listener.position + query_len
        attending = _attending_layers(output.get("past_key_values"))
        layers = {
            index: replace(heard, key_start=max(0, end - heard.keys.shape[2]))
            for index, heard in listener.layers.items()
        }
        tensors = {name: value for name, value in kwargs.items() if isinstance(value, torch.Tensor)}
        inputs = {name: to_array(value) for name, value in tensors.items() if not value.is_floating_point()}
        lens = tuple(int(layer.get_seq_length()) for layer in attending)
        listener.forwards.append(ForwardTruth(listener.position, query_len, inputs, layers, lens))

    return hook


class _HeardProcessors(LogitsProcessorList):
    """Runs its members one by one, as the parent does, and keeps every output."""

    listener: _Listener

    def __call__(self, input_ids: Any, scores: Any, **kwargs: Any) -> Any:
        assert not kwargs
        self.listener.step_forwards.append(len(self.listener.forwards) - 1)
        stages = [to_array(scores)]
        for processor in self:
            scores = processor(input_ids, scores)
            stages.append(to_array(scores))
        listener = self.listener
        listener.stage_names = ("logits", *(type(processor).__name__ for processor in self))
        listener.stages.append(stages)
        listener.random_states.append(random_state(scores.device).numpy())
        return scores


def _keep_embedding(listener: _Listener) -> Callable[..., None]:
    return lambda _layer, args: listener.embeddings.append(args[0].clone())


def _keep_norm(listener: _Listener) -> Callable[..., None]:
    return lambda _norm, args, output: listener.norms.append((args[0].clone(), output.clone()))


@contextmanager
def _heard(model: Any) -> Iterator[_Listener]:
    listener = _Listener()
    get_processors = model._get_logits_processor

    def get_heard_processors(*args: Any, **kwargs: Any) -> LogitsProcessorList:
        processors = _HeardProcessors(get_processors(*args, **kwargs))
        processors.listener = listener
        return processors

    with ExitStack() as stack:
        stack.enter_context(_attention_heard(listener))
        model._get_logits_processor = get_heard_processors
        stack.callback(delattr, model, "_get_logits_processor")
        before, after = _before_forward(listener), _after_forward(listener)
        stack.callback(model.register_forward_pre_hook(before, with_kwargs=True).remove)
        stack.callback(model.register_forward_hook(after, with_kwargs=True).remove)
        stack.callback(first_layer(model).register_forward_pre_hook(_keep_embedding(listener)).remove)
        stack.callback(final_norm(model).register_forward_hook(_keep_norm(listener)).remove)
        yield listener


def run_bare(model: Any, settings: dict[str, Any], *, seed: int) -> tuple[Any, torch.Tensor]:
    """Returns what the unrecorded call returns with all its outputs, and the random state after it."""
    torch.manual_seed(seed)
    output = model.generate(**settings, **OUTPUTS)
    return output, random_state(model.device)


def take_truth(model: Any, settings: dict[str, Any], bare: Any, *, seed: int) -> Truth:
    """Returns the truth of a call whose bare run returned `bare`; runs it once more to listen."""
    torch.manual_seed(seed)
    with _heard(model) as listener:
        again = model.generate(**settings, **OUTPUTS)
    assert torch.equal(bare.sequences, again.sequences)
    for kept, heard in zip(bare.logits, again.logits, strict=True):
        assert torch.equal(kept, heard)
    heads = {index for forward in listener.forwards for index in forward.layers}
    num_layers = model.config.num_hidden_layers
    drawn = bool(settings.get("do_sample"))
    eos_ids = settings.get("eos_token_id") or ()
    return Truth(
        sequences=to_array(bare.sequences),
        prompt_mask=_prompt_mask(settings, bare.sequences.shape[0]),
        eos_ids=tuple([eos_ids] if isinstance(eos_ids, int) else eos_ids),
        logits=np.stack([to_array(logits) for logits in bare.logits]),
        scores=np.stack([to_array(scores) for scores in bare.scores]),
        streams=_streams(bare.hidden_states, listener),
        stage_names=listener.stage_names,
        stages=np.array(listener.stages),
        random_states=np.stack(listener.random_states) if drawn else np.zeros((0, 0), np.uint8),
        forwards=tuple(listener.forwards),
        step_forwards=tuple(listener.step_forwards),
        deaf_layers=tuple(index for index in range(num_layers) if index not in heads),
    )


def _prompt_mask(settings: dict[str, Any], rows: int) -> Array:
    """Returns the mask of the prompt's ids, one row for each sequence; a prompt of embeddings has no ids."""
    if "input_ids" not in settings:
        return np.zeros((rows, 0), np.int64)
    mask = settings.get("attention_mask")
    mask = torch.ones_like(settings["input_ids"]) if mask is None else mask
    return to_array(mask.repeat_interleave(rows // mask.shape[0], dim=0))


def _streams(hidden_states: Any, listener: _Listener) -> Array:
    """Returns transformers' streams at the sampled position: the embedding, then the stream after each layer.

    The last entry of transformers is after the final norm: it is that norm's output, bit for bit, so the norm's
    input stands in its place. Mamba's list lacks the embedding and has the last layer twice, before and after.
    """
    steps = []
    for states, forward in zip(hidden_states, listener.step_forwards, strict=True):
        embedding, (stream, normed) = listener.embeddings[forward], listener.norms[forward]
        assert torch.equal(states[-1][:, -1], normed[:, -1])
        before_norm = [*states[:-1], stream]
        if not torch.equal(states[0], embedding):
            assert torch.equal(states[-2], stream)
            before_norm = [embedding, *states[:-1]]
        steps.append(np.stack([to_array(state[:, -1]) for state in before_norm]))
    return np.stack(steps)
