"""The views of what stands above every page: strip, findings, forks, find, expected instead, report.

The strip comes without the findings of lint, which take longer; `notable` brings them. What was found is kept for the
last few sequences, for another language.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from types import MappingProxyType

from dashboard.data.place import Place
from tracer.analysis.findings.registry import lint
from tracer.analysis.notable import Notable, notable_steps
from tracer.pictures.expectation import expected_picture
from tracer.pictures.find import find_picture
from tracer.pictures.forks import forks_picture
from tracer.pictures.notable import notable_picture
from tracer.pictures.report import report_of
from tracer.pictures.strip import strip_picture

_KEPT = 4


class _NotablesKept:
    """The notable steps of the last few sequences; asked for twice at once, they are found once."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[object, ...], tuple[Notable, ...]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, place: Place) -> tuple[Notable, ...]:
        """Returns the notable steps of the place's sequence."""
        key = (place.trace, place.call.index, place.sequence.row, len(place.sequence.steps))
        with self._lock:
            if key not in self._kept:
                self._kept[key] = notable_steps(place.sequence, lint(place.trace))
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
            return self._kept[key]


_notables = _NotablesKept()


def _strip(place: Place) -> object:
    return strip_picture(place.sequence, notable_steps(place.sequence), place.lang)


def _notable(place: Place) -> object:
    return notable_picture(place.sequence, _notables.of(place), place.lang)


def _forks(place: Place) -> object:
    return forks_picture(place.sequence, place.lang)


def _find(place: Place) -> object:
    return find_picture(place.sequence, place.parameters.text("q", longest=200), place.lang)


def _expected(place: Place) -> object:
    return expected_picture(place.step, place.parameters.text("text", longest=500), place.lang)


def _report(place: Place) -> object:
    has_prompt = place.parameters.choice("prompt", ("yes", "no"), "no") == "yes"
    return report_of(place.step, place.lang, has_prompt=has_prompt, link=place.parameters.text("link", ""))


BAR_VIEWS: Mapping[str, Callable[[Place], object]] = MappingProxyType(
    {
        "strip": _strip,
        "notable": _notable,
        "forks": _forks,
        "find": _find,
        "expected": _expected,
        "report": _report,
    }
)
