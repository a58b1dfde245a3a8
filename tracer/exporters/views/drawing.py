"""What a view hands to its page: a browser module with the values it asks for, or a plotly figure. Draws nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tracer.errors import SignalMissingError
from tracer.exporters.views.request import ViewRequest
from tracer.trace.step import Step

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


@dataclass(frozen=True, slots=True)
class ModuleDrawing:
    """The browser module `tracer/web/drawn_<module>.js` and the values that it asks for, by name.

    `sentences` tell in words what this very picture shows; they go into its caption.
    """

    module: str
    values: Mapping[str, object]
    sentences: tuple[str, ...] = ()
    selection: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class FigureDrawing:
    """A plotly figure, drawn by plotly's own script."""

    figure: "Figure"
    sentences: tuple[str, ...] = ()


Drawing = ModuleDrawing | FigureDrawing


@dataclass(frozen=True, slots=True)
class View:
    """One kind of picture; `make` gives what is drawn. `is_of_step`: it shows one step, not the whole text."""

    name: str
    make: Callable[[ViewRequest], Drawing]
    is_of_step: bool = True


def step_of(request: ViewRequest) -> Step:
    """Returns the step of a view that shows one.

    Raises:
        SignalMissingError: none was named, and the sequence has none.
    """
    if request.step is None:
        raise SignalMissingError(f"The view {request.view} is of one step, and none was named. Type step=0.")
    return request.step
