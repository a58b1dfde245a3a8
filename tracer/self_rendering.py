"""`RendersItself`: the one hook through which values show themselves in notebooks.

It stands below everything and imports nothing: `tracer.notebook` is found by name when a notebook asks. A value that
cannot be drawn, as its trace lacks what the picture shows, falls back to its plain `repr`.
"""

from collections.abc import Container
from typing import Any


class RendersItself:
    """A value that notebooks show as HTML without script; printing it stays as it is."""

    __slots__ = ()

    def _repr_mimebundle_(
        self, include: Container[str] | None = None, exclude: Container[str] | None = None
    ) -> dict[str, str]:
        from importlib import import_module

        made: Any = import_module("tracer.notebook.showing").bundle(self)
        return {
            kind: text
            for kind, text in made.items()
            if (include is None or kind in include) and (exclude is None or kind not in exclude)
        }
