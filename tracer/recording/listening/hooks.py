"""Hooks on a model's forward, decoder layers and their parts: what they see goes to the capture of this thread.

Registered through one `ExitStack`, so that they come off in reverse order, whatever happened. A hook returns None
and so changes nothing; a fault inside one is reported to the call, never raised.
"""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, Protocol

import torch

from tracer.recording.listening.forward_capture import ForwardCapture, StreamKind
from tracer.recording.listening.interface import current_listener
from tracer.recording.model.anatomy import Anatomy
from tracer.recording.signals import Signals


class ActiveCalls(Protocol):
    """Answers which call of the recorded model runs in this thread."""

    def active(self) -> Any: ...


def install_hooks(
    stack: ExitStack, model: torch.nn.Module, anatomy: Anatomy, calls: ActiveCalls, *, parts: bool
) -> None:
    """Registers every hook; `parts` also listens to what each block adds."""

    def before(module: torch.nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        call = calls.active()
        if call is not None and call.is_listening:
            _guarded(call, "forward", lambda: call.start_forward({**_positional(module, args), **kwargs}))

    def after(module: torch.nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        call = calls.active()
        if call is not None and call.is_listening:
            _guarded(call, "forward", lambda: call.end_forward(output))

    _keep(stack, model.register_forward_pre_hook(before, with_kwargs=True))
    _keep(stack, model.register_forward_hook(after, with_kwargs=True))
    if anatomy.layers:
        _keep(
            stack,
            anatomy.layers[0].module.register_forward_pre_hook(_embedding_hook(calls), with_kwargs=True),
        )
    if (
        parts and anatomy.final_norm is not None
    ):  # one entry behind the last layer: what the final norm returned
        index = len(anatomy.layers) + 1
        _keep(stack, anatomy.final_norm.register_forward_hook(_output_hook("streams", index, calls)))
    for layer in anatomy.layers:
        if parts and layer.attention is not None:
            hook = _output_hook("added/attention", layer.index, calls)
            _keep(stack, layer.attention.register_forward_hook(hook))
        if parts and layer.mlp is not None:
            _keep(stack, layer.mlp.register_forward_hook(_output_hook("added/mlp", layer.index, calls)))
        _keep(stack, layer.module.register_forward_hook(_output_hook("streams", layer.index + 1, calls)))


def listened_modules(
    model: torch.nn.Module, anatomy: Anatomy, signals: Signals
) -> dict[int, tuple[str, ...]]:
    """Returns id(module) → the signals that are taken from it, by the names of the configuration.

    Attention is heard where the module calls the attention interface; all others are hooked.
    """
    config = signals.config
    accounting = ["accounting"] if signals.accounting else []
    found: dict[int, list[str]] = {id(model): ["inputs", "cache", *(["logits"] if signals.logits else [])]}

    def note(module: torch.nn.Module | None, names: list[str]) -> None:
        if module is not None and names:
            here = found.setdefault(id(module), [])
            here += [name for name in names if name not in here]

    for layer in anatomy.layers:
        is_kept = config.keeps_layer(layer.index)
        kept = {name for name in config.__dataclass_fields__ if getattr(config, name) != "none" and is_kept}
        note(layer.module, [*({"hidden_states"} & kept), *accounting])
        for part in (layer.attention, layer.mlp):
            note(part, [*({"additions"} & kept), *accounting])
        note(layer.attention_module, [name for name in ("queries", "keys_values") if name in kept])
    note(anatomy.final_norm, accounting)
    return {module: tuple(names) for module, names in found.items()}


def _keep(stack: ExitStack, handle: torch.utils.hooks.RemovableHandle) -> None:
    stack.callback(handle.remove)


def _positional(module: torch.nn.Module, args: tuple[Any, ...]) -> dict[str, Any]:
    if not args:
        return {}
    names = module.forward.__code__.co_varnames[1:] if hasattr(module.forward, "__code__") else ()
    return dict(zip(names or ("input_ids",), args, strict=False))


def _guarded(call: Any, where: str, action: Callable[[], None]) -> None:
    try:
        action()
    except Exception as error:
        call.fail(where, error)


def first_tensor(output: Any) -> torch.Tensor:
    """Returns the hidden states among what a module returned: itself, or the first of a tuple."""
    tensor: torch.Tensor = output[0] if isinstance(output, (tuple, list)) else output
    return tensor


def _listening(calls: ActiveCalls) -> ForwardCapture | None:
    """The capture of this thread, if it takes streams and belongs to this model's call."""
    capture = current_listener()
    if isinstance(capture, ForwardCapture) and capture.takes_streams and capture.call is calls.active():
        return capture
    return None


def _embedding_hook(calls: ActiveCalls) -> Callable[..., None]:
    def hook(module: torch.nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        capture = _listening(calls)
        hidden_states = args[0] if args else kwargs.get("hidden_states")
        if capture is not None and isinstance(hidden_states, torch.Tensor):
            capture.take("streams", 0, hidden_states)

    return hook


def _output_hook(kind: StreamKind, index: int, calls: ActiveCalls) -> Callable[..., None]:
    def hook(module: torch.nn.Module, args: tuple[Any, ...], output: Any) -> None:
        capture = _listening(calls)
        if capture is not None:
            capture.take(kind, index, first_tensor(output))

    return hook
