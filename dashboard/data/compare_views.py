"""The views of the page that compares two texts: both strips and what differs, the distances, the candidates.

What was compared is kept for the last few pairs, because every step asks for it. Computes nothing itself.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from types import MappingProxyType

from dashboard.data.place import Place
from tracer.analysis.comparison import Comparison, compare
from tracer.analysis.distances import distances
from tracer.pictures.candidate_pairs import PairPicture, ended_picture, pair_picture
from tracer.pictures.comparison import ComparisonPicture, comparison_picture
from tracer.pictures.distances import DistancePicture, distance_picture
from tracer.trace.sequence import Sequence

_KEPT = 4
_MOST_STEPS = 200
"""Of which one request takes the distances: some seconds of work, where the vocabulary is large."""


class _Comparisons:
    """The pairs compared last, each once even when several ask at the same time."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[object, ...], Comparison] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, a: Sequence, b: Sequence) -> Comparison:
        """Returns two sequences compared."""
        key = (*_identity(a), *_identity(b))
        with self._lock:
            if key not in self._kept:
                self._kept[key] = compare(a, b)
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
            return self._kept[key]


def _identity(sequence: Sequence) -> tuple[object, ...]:
    return sequence.call.trace, sequence.call.index, sequence.row, len(sequence.steps)


_COMPARISONS = _Comparisons()


def _compared(place: Place) -> Comparison:
    if place.second is None:
        raise ValueError("The parameter 'with' is missing: the trace to compare this one with.")
    return _COMPARISONS.of(place.sequence, place.second)


def _compare(place: Place) -> ComparisonPicture:
    return comparison_picture(_compared(place), place.lang)


def _distances(place: Place) -> DistancePicture:
    compared = _compared(place)
    first = place.parameters.integer("from", 0)
    stop = place.parameters.integer("to", first + _MOST_STEPS, low=first, high=first + _MOST_STEPS)
    steps = range(first, stop if compared.same_vocabulary else first)
    return distance_picture(compared, distances(compared.a, compared.b, steps), place.lang)


def _candidates(place: Place) -> PairPicture:
    compared, step = _compared(place), place.step
    others = compared.b.steps
    if step.index >= len(others):
        return ended_picture(step, len(others), place.lang)
    return pair_picture(step, others[step.index], place.lang, by_text=not compared.same_vocabulary)


COMPARE_VIEWS: Mapping[str, Callable[[Place], object]] = MappingProxyType(
    {"compare": _compare, "compare_distances": _distances, "compare_candidates": _candidates}
)
