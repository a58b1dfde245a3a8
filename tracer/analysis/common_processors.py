"""Five logits processors in numpy: temperature, top-k, top-p, min-p, repetition penalty.

They take what a trace recorded of the processor and one (vocab,) float32 row, and give what transformers' own
class gives on the CPU: the same survivors and values. Which of several equal tokens stay at top-p's cut is
torch's own choice; `tied_at_cut` names them. Knows no other processor.

Source: transformers 5.17 and 5.23, generation/logits_process.py.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from tracer import processor_names
from tracer.schema import ProcessorInfo

Scores = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]


def is_common(info: ProcessorInfo) -> bool:
    """Returns whether the recorded processor is one of the five, with parameters that are understood here."""
    if info.module != processor_names.MODULE or info.class_name not in _PROCESSORS:
        return False
    if info.class_name != "RepetitionPenaltyLogitsProcessor":
        return True
    ignored = info.parameters.get("prompt_ignore_length")
    return ignored is None or isinstance(ignored, int) or (isinstance(ignored, dict) and "values" in ignored)


def process(info: ProcessorInfo, scores: Scores, input_ids: Ids, row: int) -> Scores:
    """Returns the scores after one of the five processors, (vocab,) float32; `scores` stays as it is.

    `input_ids` are the row's tokens so far, padding included; `row` is its place in the batch.
    """
    return _PROCESSORS[info.class_name](info.parameters, scores, input_ids, row)


def tied_at_cut(info: ProcessorInfo, before: Scores, after: Scores) -> Ids:
    """Returns the tokens of which torch may keep others: equal scores, some kept and some cut off by top-p."""
    if info.class_name != "TopPLogitsWarper":
        return np.empty(0, dtype=np.int64)
    kept, alive = after == before, before > -np.inf
    lowest = before[kept & alive].min(initial=np.inf)
    tied = np.flatnonzero(before == lowest)
    return tied if (~kept[tied]).any() else tied[:0]


def _temperature(parameters: Mapping[str, Any], scores: Scores, _ids: Ids, _row: int) -> Scores:
    scaled: Scores = scores / np.float32(parameters["temperature"])
    return scaled


def _top_k(parameters: Mapping[str, Any], scores: Scores, _ids: Ids, _row: int) -> Scores:
    place = scores.size - min(int(parameters["top_k"]), scores.size)
    cut = np.partition(scores, place)[place]
    return _filtered(parameters, scores, scores < cut)


def _top_p(parameters: Mapping[str, Any], scores: Scores, _ids: Ids, _row: int) -> Scores:
    alive = np.flatnonzero(scores > -np.inf)
    if alive.size == 0:
        return scores
    ascending = alive[np.argsort(scores[alive], kind="stable")]
    probabilities = _softmax(scores[ascending])
    mass = np.cumsum(probabilities, dtype=np.float64).astype(np.float32)
    is_cut = mass <= np.float32(1 - float(parameters["top_p"]))
    is_cut[-_min_kept(parameters) :] = False
    removed = np.ones(scores.size, dtype=bool)
    removed[ascending[~is_cut]] = False
    return _filtered(parameters, scores, removed)


def _min_p(parameters: Mapping[str, Any], scores: Scores, _ids: Ids, _row: int) -> Scores:
    probabilities = _softmax(scores)
    removed = probabilities < np.float32(parameters["min_p"]) * probabilities.max()
    if (count := _min_kept(parameters)) > 1:  # the best one is never below its own share
        removed[np.argsort(-probabilities, kind="stable")[:count]] = False
    return _filtered(parameters, scores, removed)


def _repetition_penalty(parameters: Mapping[str, Any], scores: Scores, ids: Ids, row: int) -> Scores:
    ids = penalized_ids(parameters, ids, row)
    ids = ids[ids < scores.size]
    penalty, own = np.float32(parameters["penalty"]), scores[ids]
    penalized = scores.copy()
    penalized[ids] = np.where(own < 0, own * penalty, own / penalty)
    return penalized


def penalized_ids(parameters: Mapping[str, Any], input_ids: Ids, row: int) -> Ids:
    """Returns the tokens that a repetition penalty touches, each once."""
    return np.unique(input_ids[_first_counted(parameters.get("prompt_ignore_length"), row) :])


def _first_counted(ignored: Any, row: int) -> int:
    """The first position that the penalty looks at: given for all rows, or one for each."""
    if isinstance(ignored, Mapping):
        return int(ignored["values"][row])
    return int(ignored or 0)


def _softmax(scores: Scores) -> Scores:
    weights = np.exp(scores - scores.max())
    normalized: Scores = weights / np.float32(weights.sum(dtype=np.float64))
    return normalized


def _filtered(parameters: Mapping[str, Any], scores: Scores, removed: npt.NDArray[np.bool_]) -> Scores:
    filter_value = parameters.get("filter_value", -np.inf)
    if isinstance(filter_value, Mapping):
        filter_value = filter_value["float"]
    return np.where(removed, np.float32(filter_value), scores)


def _min_kept(parameters: Mapping[str, Any]) -> int:
    return int(parameters.get("min_tokens_to_keep", 1))


_PROCESSORS: Mapping[str, Callable[[Mapping[str, Any], Scores, Ids, int], Scores]] = MappingProxyType(
    {
        "MinPLogitsWarper": _min_p,
        "RepetitionPenaltyLogitsProcessor": _repetition_penalty,
        "TemperatureLogitsWarper": _temperature,
        "TopKLogitsWarper": _top_k,
        "TopPLogitsWarper": _top_p,
    }
)
