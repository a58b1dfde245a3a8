"""The views and the tile of the attention page: each reads its parameters and asks `tracer.pictures`.

The rows of the last few steps are kept, because several views of one step need the same. Computes nothing itself.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from types import MappingProxyType

from dashboard.data.place import Parameters, Place
from tracer.analysis.attention_maps import attention_map, window_of
from tracer.analysis.attention_rows import AttentionRows, attention_rows
from tracer.analysis.attention_tiles import Window, tile_bytes
from tracer.analysis.head_choice import HeadChoice
from tracer.pictures.attention_contribution import attention_contribution
from tracer.pictures.attention_grid import MEASURES, head_grid
from tracer.pictures.attention_heads import attention_heads
from tracer.pictures.attention_lines import attention_lines
from tracer.pictures.attention_map import map_cell, map_header
from tracer.pictures.attention_text import attention_text
from tracer.trace.step import Step

_KEPT_STEPS = 4
_MOST_LINES = 20


class _Rows:
    """The rows of the steps asked for last, each computed once even when several ask at the same time."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[object, ...], AttentionRows] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, step: Step) -> AttentionRows:
        """Returns the rows of a step.

        Raises:
            SignalMissingError: no layer's attention was recorded at this step.
        """
        key = (step.call.trace, step.call.index, step.sequence.row, step.index)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = attention_rows(step)
                while len(self._kept) > _KEPT_STEPS:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
            return self._kept[key]


_ROWS = _Rows()


def _text(place: Place) -> object:
    step = place.step
    return attention_text(
        step, _heads(place), lang=place.lang, skip_template=_template(place), rows=_ROWS.of(step)
    )


def _ranked(place: Place) -> object:
    step = place.step
    return attention_heads(
        step, source=_source(place), lang=place.lang, skip_template=_template(place), rows=_ROWS.of(step)
    )


def _grid(place: Place) -> object:
    step = place.step
    measure = place.parameters.choice("measure", MEASURES, "induction")
    return head_grid(
        step,
        measure,  # type: ignore[arg-type]
        source=_source(place),
        average=place.parameters.choice("average", ("0", "1"), "0") == "1",
        lang=place.lang,
        rows=_ROWS.of(step),
    )


def _map(place: Place) -> object:
    return map_header(place.step, _heads(place), lang=place.lang)


def _cell(place: Place) -> object:
    asked = place.parameters
    return map_cell(
        place.step, _heads(place), asked.integer("target"), asked.integer("source"), lang=place.lang
    )


def _lines(place: Place) -> object:
    asked = place.parameters
    rows = range(asked.integer("row0"), asked.integer("row1")) if asked.has("row1") else None
    return attention_lines(
        place.step,
        _heads(place),
        rows=rows,
        threshold=asked.number("threshold", 0.1, low=0.0, high=1.0),
        count=asked.integer("count", 3, low=1, high=_MOST_LINES),
        lang=place.lang,
    )


def _contribution(place: Place) -> object:
    asked = place.parameters
    rival = asked.integer("rival") if asked.has("rival") else None
    return attention_contribution(place.step, rival_id=rival, lang=place.lang)


def attention_tile(place: Place) -> bytes:
    """Returns a window of the map of the chosen heads, as `tracer.analysis.attention_tiles` lays it out."""
    asked = place.parameters
    window = Window(*(asked.integer(name) for name in ("row0", "row1", "col0", "col1")))
    return tile_bytes(window_of(attention_map(place.step, _heads(place)), window))


def _heads(place: Place) -> HeadChoice:
    asked: Parameters = place.parameters
    return HeadChoice(
        layer=asked.integer("layer") if asked.has("layer") else None,
        head=asked.integer("head") if asked.has("head") else None,
        over=asked.text("over", "mean"),  # type: ignore[arg-type]
        span=asked.text("span", "last_third"),  # type: ignore[arg-type]
    )


def _source(place: Place) -> int | None:
    return place.parameters.integer("source") if place.parameters.has("source") else None


def _template(place: Place) -> bool:
    return place.parameters.choice("template", ("0", "1"), "0") == "1"


ATTENTION_VIEWS: Mapping[str, Callable[[Place], object]] = MappingProxyType(
    {
        "attention_text": _text,
        "attention_heads": _ranked,
        "attention_grid": _grid,
        "attention_map": _map,
        "attention_cell": _cell,
        "attention_lines": _lines,
        "attention_contribution": _contribution,
    }
)
