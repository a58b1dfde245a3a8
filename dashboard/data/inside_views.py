"""The views of the page about the inside of the model, by name."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from dashboard.data.place import Place
from tracer.pictures.forward_inputs import ForwardInputs, forward_inputs


def _inputs(place: Place) -> ForwardInputs:
    against = place.parameters.choice("against", ("previous", "first"), "previous")
    return forward_inputs(place.step, place.lang, against="first" if against == "first" else "previous")


INSIDE_VIEWS: Mapping[str, Callable[[Place], object]] = MappingProxyType({"inputs": _inputs})
