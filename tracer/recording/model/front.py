"""Something in front of a model's method, for the length of a block: an instance attribute, gone afterwards.

The class and other instances are never touched. Blocks on one method nest, the inner one in front.
"""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def fronted(
    model: Any, name: str, wrap: Callable[[Callable[..., Any]], Callable[..., Any]]
) -> Iterator[None]:
    """Puts `wrap(method)` in front of the method of this name, and takes it away when the block is left."""
    original = getattr(model, name)
    kept = model.__dict__.get(name)
    object.__setattr__(model, name, functools.wraps(original)(wrap(original)))
    try:
        yield
    finally:
        if kept is not None:
            object.__setattr__(model, name, kept)
        else:
            model.__dict__.pop(name, None)
