"""`VIEWS`: the name of every view and what makes it. The only list of them; draws nothing."""

from collections.abc import Mapping
from types import MappingProxyType

from tracer.exporters.views.drawing import View
from tracer.exporters.views.figures import FIGURE_VIEWS
from tracer.exporters.views.modules import MODULE_VIEWS

VIEWS: Mapping[str, View] = MappingProxyType({view.name: view for view in (*MODULE_VIEWS, *FIGURE_VIEWS)})


def view_named(name: str) -> View:
    """Returns a view.

    Raises:
        ValueError: there is none of this name.
    """
    if name not in VIEWS:
        raise ValueError(f"view={name!r} is no view; there are {', '.join(VIEWS)}. Type view='decision'.")
    return VIEWS[name]
