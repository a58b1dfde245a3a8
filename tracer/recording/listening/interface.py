"""Where queries, keys and values are heard: one process-wide wrapper of `AttentionInterface.get_interface`.

The wrapper is there only while some block records, is reference-counted and lock-protected, and returns exactly
what the original returned unless a forward of a recorded model runs in this thread. Then it returns a function
that notes its arguments and calls that very original. Nothing is registered and no configuration is touched.

Source: transformers 5.17 and 5.23, modeling_utils.py, AttentionInterface.
"""

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import torch
from transformers.modeling_utils import AttentionInterface

_lock = threading.Lock()
_users = 0
_listening = threading.local()


class AttentionListener(Protocol):
    """Told about every attention call of a recorded forward."""

    noting: dict[Callable[..., Any], Callable[..., Any]]
    """The functions handed out so far: layers share one for each original."""

    def on_attention(
        self,
        module: torch.nn.Module,
        states: tuple[torch.Tensor, torch.Tensor, torch.Tensor],
        mask: object,
        settings: dict[str, Any],
    ) -> None: ...


def current_listener() -> AttentionListener | None:
    """Returns the listener of the forward that runs in this thread, if one is recorded."""
    return getattr(_listening, "listener", None)


def set_listener(listener: AttentionListener | None) -> None:
    """Makes `listener` the one of this thread."""
    _listening.listener = listener


def _listen_to(listener: AttentionListener, original: Callable[..., Any]) -> Callable[..., Any]:
    def noting(
        module: Any, query: Any, key: Any, value: Any, attention_mask: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        listener.on_attention(module, (query, key, value), attention_mask, kwargs)
        return original(module, query, key, value, attention_mask, *args, **kwargs)

    return noting


@contextmanager
def attention_listening() -> Iterator[None]:
    """Keeps the wrapper in place for the block; the last of several blocks takes it away."""
    global _users
    with _lock:
        if _users == 0:
            _install()
        _users += 1
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if _users == 0:
                _remove()


def _install() -> None:
    original = AttentionInterface.get_interface

    @functools.wraps(original)
    def get_interface(self: Any, *args: Any, **kwargs: Any) -> Callable[..., Any]:
        chosen: Callable[..., Any] = original(self, *args, **kwargs)
        listener = current_listener()
        if listener is None:
            return chosen
        if chosen not in listener.noting:
            listener.noting[chosen] = _listen_to(listener, chosen)
        return listener.noting[chosen]

    get_interface.__tracer_original__ = original  # type: ignore[attr-defined]
    AttentionInterface.get_interface = get_interface


def _remove() -> None:
    AttentionInterface.get_interface = AttentionInterface.get_interface.__tracer_original__
