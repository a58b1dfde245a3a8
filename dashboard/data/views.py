"""The views that browser modules ask for, by name: each a function from a place to a frozen value.

The only list of them; computes nothing itself.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from dashboard.data.attention_views import ATTENTION_VIEWS
from dashboard.data.bar_views import BAR_VIEWS
from dashboard.data.compare_views import COMPARE_VIEWS
from dashboard.data.inside_views import INSIDE_VIEWS
from dashboard.data.place import Place
from tracer.pictures.decision import decision_picture

View = Callable[[Place], object]


def _decision(place: Place) -> object:
    has_all_rows = place.parameters.choice("rows", ("best", "all"), "best") == "all"
    return decision_picture(place.step, place.lang, has_all_rows=has_all_rows)


VIEWS: Mapping[str, View] = MappingProxyType(
    {"decision": _decision, **BAR_VIEWS, **ATTENTION_VIEWS, **INSIDE_VIEWS, **COMPARE_VIEWS}
)
