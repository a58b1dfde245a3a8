"""The hooks that carry out interventions: on output projections, on what a block adds, on an attention's mask.

    head            a slice of what the output projection gets, times the factor, at the step's last position
    attention, mlp  what the module adds to the stream, times the factor, at the step's last position
    edge            one more hidden place in the mask that the attention module is given: (query, key)

Only the step's own row of the batch is changed. Everything is registered on one `ExitStack`. A hidden edge turns a
mask that transformers leaves out (plain causal, sdpa) into the same mask written out, so another kernel may round
the last bits otherwise; flex and flash attention take no such mask and are refused.
"""

import inspect
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any

import torch
from torch import nn

from tracer.analysis.intervention import Intervention, Target
from tracer.errors import ModelError
from tracer.live.replaying.step_replay import ReplayedForward
from tracer.recording.model.anatomy import Anatomy, LayerAnatomy, dissect

_PROJECTIONS = ("o_proj", "out_proj", "c_proj", "dense", "wo")
_MASKED = ("sdpa", "eager")


class Interventions:
    """Hooks for some interventions on one model; told through `watch` which forward runs next.

    `heads` are the numbers of heads by layer, as recorded; for other layers the configuration's number counts.
    """

    def __init__(self, model: Any, asked: tuple[Intervention, ...], heads: Mapping[int, int]) -> None:
        self._model, self._asked, self._heads = model, asked, heads
        self._anatomy: Anatomy = dissect(model)
        self._forward: ReplayedForward | None = None
        self._cache: Any = None
        self._done: Counter[Intervention] = Counter()
        for one in asked:
            self._check(one)

    def watch(self, forward: ReplayedForward, cache: Any) -> None:
        """Notes the forward that runs next, and its cache."""
        self._forward, self._cache = forward, cache

    def install(self, stack: ExitStack) -> None:
        """Registers every hook on the stack."""
        for one in self._asked:
            layers = self._anatomy.layers if one.layer is None else (self._anatomy.layers[one.layer],)
            for layer in layers:
                handle = self._register(one, layer)
                if handle is not None:
                    stack.callback(handle.remove)

    def require_all_done(self) -> None:
        """Raises ModelError where an intervention changed nothing because its module or its edge never came up."""
        for one in self._asked:
            if self._done[one] == 0:
                cause = (
                    f"position {one.key} is not among the keys that position {one.query} sees there"
                    if one.target is Target.EDGE
                    else "the module that it changes did not run"
                )
                raise ModelError(
                    f"{str(one)!r} had nothing to change: {cause}. "
                    "Name another layer or position; `step.attention_positions(layer)` lists the positions."
                )

    def _check(self, one: Intervention) -> None:
        count = len(self._anatomy.layers)
        if one.layer is not None and one.layer >= count:
            raise ValueError(
                f"{str(one)!r} names layer {one.layer}, and this model has 0 to {count - 1}. Type a layer of these."
            )
        heads = self._num_heads(one.layer)
        if one.head is not None and heads and one.head >= heads:
            raise ValueError(
                f"{str(one)!r} names head {one.head}, and this model has 0 to {heads - 1}. Type a head of these."
            )
        implementation = self._model.config._attn_implementation
        if one.target is Target.EDGE and implementation not in _MASKED:
            raise ModelError(
                f"{str(one)!r} needs a mask that can be written into, and attn_implementation={implementation!r} "
                "takes none. Load and record with attn_implementation='sdpa' or 'eager'."
            )

    def _num_heads(self, layer: int | None) -> int:
        """The heads of a layer, 0 where the model knows of none."""
        if layer is not None and layer in self._heads:
            return self._heads[layer]
        config = self._model.config.get_text_config(decoder=True)
        return int(getattr(config, "num_attention_heads", None) or 0)

    def _register(self, one: Intervention, layer: LayerAnatomy) -> Any:
        match one.target:
            case Target.HEAD:
                projection = _find_projection(layer)
                if projection is None or not self._num_heads(one.layer):
                    raise _unsupported(one, layer, f"an output projection ({', '.join(_PROJECTIONS)})")
                return projection.register_forward_pre_hook(self._head_hook(one))
            case Target.ATTENTION | Target.MLP:
                part = layer.attention if one.target is Target.ATTENTION else layer.mlp
                if part is None:
                    raise _unsupported(one, layer, f"a part that adds the {one.target} to the stream")
                return part.register_forward_hook(self._part_hook(one))
            case Target.EDGE:
                if layer.attention_module is not None:
                    return layer.attention_module.register_forward_pre_hook(
                        self._edge_hook(one, layer), with_kwargs=True
                    )
                if one.layer is not None:
                    raise _unsupported(one, layer, "an attention module")
                return None

    def _head_hook(self, one: Intervention) -> Callable[..., Any]:
        heads, head = self._num_heads(one.layer), one.head or 0

        def hook(module: nn.Module, args: tuple[Any, ...]) -> Any:
            forward = self._current()
            if not forward.is_sampled:
                return None
            width = args[0].shape[-1]
            if width % heads:
                raise ModelError(
                    f"{str(one)!r} cannot be done: the output projection takes {width} values, which {heads} heads "
                    "do not divide. Ablate the whole attention of the layer instead."
                )
            size = width // heads
            changed = args[0].clone()
            _last_row(changed, forward)[head * size : (head + 1) * size] *= one.factor
            self._done[one] += 1
            return (changed, *args[1:])

        return hook

    def _part_hook(self, one: Intervention) -> Callable[..., Any]:
        def hook(module: nn.Module, args: tuple[Any, ...], output: Any) -> Any:
            forward = self._current()
            if not forward.is_sampled:
                return None
            is_tuple = isinstance(output, (tuple, list))
            changed = (output[0] if is_tuple else output).clone()
            _last_row(changed, forward).mul_(one.factor)
            self._done[one] += 1
            return (changed, *output[1:]) if is_tuple else changed

        return hook

    def _edge_hook(self, one: Intervention, layer: LayerAnatomy) -> Callable[..., Any]:
        def hook(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            forward = self._current()
            queries = forward.seen[-forward.query_len :]
            if one.query not in queries:
                return None
            bound = inspect.signature(module.forward).bind_partial(*args, **kwargs)
            names = inspect.signature(module.forward).parameters
            if "attention_mask" not in names:
                raise _unsupported(one, layer, "an attention module that takes an attention_mask")
            mask = self._written_out(bound.arguments.get("attention_mask"), module, one, _device_of(bound))
            keys = forward.seen[-mask.shape[-1] :]
            if one.key not in keys:
                return None
            query, key = queries.index(one.query), keys.index(one.key)
            heads = slice(None) if one.head is None else one.head
            hidden = False if mask.dtype == torch.bool else torch.finfo(mask.dtype).min
            mask[forward.row, heads, query, key] = hidden
            if not bool((mask[forward.row, :, query] > hidden).any(-1).all()):
                raise ValueError(
                    f"{str(one)!r} leaves position {one.query} nothing to read. Block another position."
                )
            self._done[one] += 1
            bound.arguments["attention_mask"] = mask
            return bound.args, bound.kwargs

        return hook

    def _written_out(
        self, given: Any, module: nn.Module, one: Intervention, device: torch.device
    ) -> torch.Tensor:
        """The mask as a tensor of this call's own, (rows, heads, queries, keys); boolean or additive."""
        forward = self._current()
        mask = self._causal(module).to(device) if given is None else given
        if not isinstance(mask, torch.Tensor) or mask.dim() != 4:
            raise ModelError(
                f"{str(one)!r} needs a mask over queries and keys, and {type(module).__name__} is given "
                f"{type(mask).__name__!r} of another shape. Ablate the head or the attention instead."
            )
        heads = self._num_heads(one.layer) if one.head is not None else 1
        shape = (forward.num_rows, heads) if mask.shape[1] == 1 else mask.shape[:2]
        return mask.expand(*shape, -1, -1).clone()

    def _causal(self, module: nn.Module) -> torch.Tensor:
        """What leaving the mask out stands for, (1, 1, queries, keys)."""
        queries = keys = self._current().query_len
        if self._cache is not None:
            keys = self._cache.get_mask_sizes(queries, getattr(module, "layer_idx", 0))[0]
        visible = torch.ones(1, 1, queries, keys, dtype=torch.bool).tril(keys - queries)
        if self._model.config._attn_implementation == "sdpa":
            return visible
        dtype = self._model.dtype  # eager attention adds its mask
        return torch.zeros(visible.shape, dtype=dtype).masked_fill(~visible, torch.finfo(dtype).min)

    def _current(self) -> ReplayedForward:
        assert self._forward is not None
        return self._forward


def _device_of(bound: inspect.BoundArguments) -> torch.device:
    """Where the module's inputs are: its weights may be offloaded."""
    given = (*bound.args, *bound.kwargs.values())
    return next(value.device for value in given if isinstance(value, torch.Tensor))


def _last_row(states: torch.Tensor, forward: ReplayedForward) -> torch.Tensor:
    """A view of the step's own vector: some models fold rows and positions into one axis."""
    view: torch.Tensor = states.view(forward.num_rows, -1, states.shape[-1])[forward.row, -1]
    return view


def _find_projection(layer: LayerAnatomy) -> nn.Module | None:
    for owner in (layer.attention_module, layer.attention):
        children = {} if owner is None else dict(owner.named_children())
        found = next((children[name] for name in _PROJECTIONS if name in children), None)
        if found is not None:
            return found
    return None


def _unsupported(one: Intervention, layer: LayerAnatomy, what: str) -> ModelError:
    return ModelError(
        f"{str(one)!r} cannot be done with this model: {type(layer.module).__name__} has no {what} that is known. "
        "Intervene on another part of the layer."
    )
