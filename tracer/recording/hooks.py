"""Hooks on a model's forward, decoder layers and their parts: what they see goes to the capture of this thread.

Registered through one `ExitStack`, so that they come off in reverse order, whatever happened. A hook returns None
and so changes nothing; a fault inside one is reported to the call, never raised.
"""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, Protocol

import torch

from tracer.recording.anatomy import Anatomy, LayerAnatomy
from tracer.recording.forward_capture import ForwardCapture
from tracer.recording.interface import current_listener


class ActiveCalls(Protocol):
    """Answers which call of the recorded model runs in this thread."""

    def active(self) -> Any: ...


def install_hooks(stack: ExitStack, model: torch.nn.Module, anatomy: Anatomy, calls: ActiveCalls, *, parts: bool) -> None:
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
        _keep(stack, anatomy.layers[0].module.register_forward_pre_hook(_embedding_hook(calls), with_kwargs=True))
    if parts and anatomy.final_norm is not None:  # one entry behind the last layer: what the final norm returned
        index = len(anatomy.layers) + 1
        _keep(stack, anatomy.final_norm.register_forward_hook(_stream_hook(index, calls)))
    for layer in anatomy.layers:
        if parts:
            _listen_to_parts(stack, layer, calls)
        _keep(stack, layer.module.register_forward_hook(_stream_hook(layer.index + 1, calls)))


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


def _capture(calls: ActiveCalls) -> ForwardCapture | None:
    """The capture of this thread, if it belongs to this model's call and takes streams."""
    capture = current_listener()
    if isinstance(capture, ForwardCapture) and capture.signals.streams and capture.call is calls.active():
        return None if capture.place.is_auxiliary else capture
    return None


def first_tensor(output: Any) -> torch.Tensor:
    """Returns the hidden states among what a module returned: itself, or the first of a tuple."""
    return output[0] if isinstance(output, (tuple, list)) else output


def _embedding_hook(calls: ActiveCalls) -> Callable[..., None]:
    def hook(module: torch.nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        capture = _capture(calls)
        if capture is not None:
            hidden_states = args[0] if args else kwargs["hidden_states"]
            _guarded(capture.call, "hidden states", lambda: capture.on_stream(0, hidden_states))

    return hook


def _stream_hook(index: int, calls: ActiveCalls) -> Callable[..., None]:
    def hook(module: torch.nn.Module, args: tuple[Any, ...], output: Any) -> None:
        capture = _capture(calls)
        if capture is not None:
            _guarded(capture.call, "hidden states", lambda: capture.on_stream(index, first_tensor(output)))

    return hook


def _listen_to_parts(stack: ExitStack, layer: LayerAnatomy, calls: ActiveCalls) -> None:
    for kind, module in (("attention", layer.attention), ("mlp", layer.mlp)):
        if module is not None:
            _keep(stack, module.register_forward_hook(_addition_hook(kind, layer.index, calls)))


def _addition_hook(kind: str, layer: int, calls: ActiveCalls) -> Callable[..., None]:
    def hook(module: torch.nn.Module, args: tuple[Any, ...], output: Any) -> None:
        capture = _capture(calls)
        if capture is not None:
            _guarded(capture.call, "additions", lambda: capture.on_addition(kind, layer, first_tensor(output)))

    return hook
