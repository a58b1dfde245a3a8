"""What `forward` received at one step and at another, side by side: shape, dtype, values; what differs is marked.

One frozen value with its words. Values are those of the step's own row of the batch; of a long one the first and
the last are shown. By default a step stands beside the one before it, and the first beside the second: that the
first pass reads the whole prompt and every later one a single token is what this picture is for.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from tracer.trace.forward import CacheView, Forward, Input
from tracer.wording import numbers
from tracer.wording.catalogue import CATALOGUE
from tracer.wording.composition import Language, Whole, compose, join, require_language
from tracer.wording.sizes import shape_text

if TYPE_CHECKING:
    from tracer.trace.step import Step

Against = Literal["previous", "first"]

MOST_VALUES = 40
_ENDING = 12
_TOKENS = ("input_ids", "decoder_input_ids")
_CACHES = ("past_key_values", "cache_params")


@dataclass(frozen=True, slots=True)
class ValueCell:
    """One value: its place in the row, its text (of a token id the token), the number itself where that differs."""

    place: int
    text: str
    number: str
    is_token: bool
    is_different: bool


@dataclass(frozen=True, slots=True)
class InputSide:
    """One argument at one step. `gap` cells, `gap_text`, are left out in front of the last `num_last` cells."""

    shape: str
    dtype: str
    note: str
    cells: tuple[ValueCell, ...]
    gap: int
    gap_text: str
    num_last: int


@dataclass(frozen=True, slots=True)
class InputRow:
    """One argument at both steps; None where it was not given. `differs` names what does, in code's words:

    shape, dtype, note, values, only_left, only_right.
    """

    name: str
    meaning: str
    left: InputSide | None
    right: InputSide | None
    differs: tuple[str, ...]
    difference: str


@dataclass(frozen=True, slots=True)
class InputsHeading:
    """One of the two steps."""

    step: int
    title: str
    detail: str


@dataclass(frozen=True, slots=True)
class ForwardInputs:
    """The table; `left` is the earlier step, None where only one was recorded; `columns` name and difference."""

    title: str
    sentence: str
    left: InputsHeading | None
    right: InputsHeading
    columns: tuple[str, str]
    rows: tuple[InputRow, ...]
    notes: tuple[str, ...]


def forward_inputs(step: "Step", lang: Language = "en", *, against: Against = "previous") -> ForwardInputs:
    """Returns what the sampled forward of a step received, beside another step's.

    Args:
        against: the step before, or the first one; the first step itself stands beside the second.

    Raises:
        ValueError: `against` is neither, or the language is neither "en" nor "zh".
    """
    require_language(lang)
    left, right = _pair(step, against)
    given = {} if left is None else left.inputs
    received = right.inputs
    names = [*given, *(name for name in received if name not in given)]
    return ForwardInputs(
        title=compose("inputs_title", lang),
        sentence=_sentence(left, right, lang),
        left=None if left is None else _heading(left, lang),
        right=_heading(right, lang),
        columns=(compose("inputs_column_name", lang), compose("inputs_column_difference", lang)),
        rows=tuple(_row(name, (left, given.get(name)), (right, received.get(name)), lang) for name in names),
        notes=_notes(right, lang),
    )


def _pair(step: "Step", against: Against) -> tuple["Step | None", "Step"]:
    if against not in ("previous", "first"):
        raise ValueError(f"against={against!r} is neither previous nor first. Type against='previous'.")
    steps = step.sequence.steps
    place = next(number for number, one in enumerate(steps) if one.index == step.index)
    if place == 0:
        return (steps[0], steps[1]) if len(steps) > 1 else (None, steps[0])
    return steps[0 if against == "first" else place - 1], steps[place]


def _heading(step: "Step", lang: Language) -> InputsHeading:
    forward = step.forward
    return InputsHeading(
        step=step.index,
        title=compose("inputs_side", lang, step=str(step.index), phase=compose(f"phase_{step.phase}", lang)),
        detail=compose(
            "inputs_side_detail",
            lang,
            forward=str(forward.index),
            count=numbers.count(forward.query_len),
            cached=numbers.count(_cached(forward)),
        ),
    )


def _cached(forward: Forward) -> int:
    held = (layer.len_before or 0 for layer in forward.cache.layers)
    return max(held, default=forward.position_start)


def _sentence(left: "Step | None", right: "Step", lang: Language) -> str:
    now = right.forward
    if left is None:
        return compose("inputs_alone", lang, now=numbers.count(now.query_len))
    before = left.forward
    values = {
        "left": str(left.index),
        "right": str(right.index),
        "read": numbers.count(before.query_len),
        "now": numbers.count(now.query_len),
        "before": numbers.count(_cached(before)),
        "cached": numbers.count(_cached(now)),
    }
    used: tuple[str, ...]
    if not right.call.info.use_cache or now.cache.class_name is None:
        key, used = "inputs_no_cache", ("left", "right", "read", "now")
    elif before.query_len == 1 == now.query_len:
        key, used = "inputs_decode_decode", ("before", "cached")
    else:
        key, used = "inputs_prefill_decode", ("left", "right", "read", "now", "cached")
    return compose(key, lang, **{name: values[name] for name in used})


def _notes(step: "Step", lang: Language) -> tuple[str, ...]:
    notes = []
    rows = step.call.info.num_rows
    if rows > 1:
        notes.append(compose("inputs_row_note", lang, row=str(step.sequence.row), rows=str(rows)))
    if len(step.forwards) > 1:
        count = str(len(step.forwards))
        notes.append(compose("inputs_chunk_note", lang, step=str(step.index), count=count))
    return tuple(notes)


_At = tuple["Step | None", Input | None]


def _row(name: str, left: _At, right: _At, lang: Language) -> InputRow:
    numbers_left, numbers_right = _own_values(*left), _own_values(*right)
    key = f"input_meaning.{name}"
    differs = _differences(left, right, numbers_left, numbers_right)
    step = "" if left[0] is None else str(left[0].index)
    words = [_difference(one, step, "" if right[0] is None else str(right[0].index), lang) for one in differs]
    is_compared = left[1] is not None and right[1] is not None
    return InputRow(
        name=name,
        meaning=compose(key, lang) if key in CATALOGUE else "",
        left=_side(left, numbers_left, numbers_right, lang),
        right=_side(right, numbers_right, numbers_left, lang),
        differs=differs,
        difference=join(words, lang) or (compose("differs_nothing", lang) if is_compared else ""),
    )


def _difference(what: str, left: str, right: str, lang: Language) -> str:
    named = {"only_left": {"left": left}, "only_right": {"right": right}}.get(what, {})
    return compose(f"differs_{what}", lang, **named)


def _own_values(step: "Step | None", given: Input | None) -> npt.NDArray[Any] | None:
    """Returns the values of the step's own row, flat, or None where they were not kept."""
    if step is None or given is None or given.values is None:
        return None
    values = given.values
    if values.ndim > 1 and values.shape[0] == step.call.info.num_rows:
        values = values[step.sequence.row]
    return values.reshape(-1)


def _differences(
    left: _At, right: _At, values: npt.NDArray[Any] | None, others: npt.NDArray[Any] | None
) -> tuple[str, ...]:
    if left[0] is None or right[0] is None:
        return ()
    if left[1] is None or right[1] is None:
        return ("only_right",) if left[1] is None else ("only_left",)
    found = [what for what in ("shape", "dtype") if getattr(left[1], what) != getattr(right[1], what)]
    if _note(left, "en") != _note(right, "en"):
        found.append("note")
    if values is not None and others is not None and not np.array_equal(values, others):
        found.append("values")
    return tuple(found)


def _note(at: _At, lang: Language) -> str:
    step, given = at
    if step is None or given is None:
        return ""
    if given.name in _CACHES and given.shape is None and given.note is None:
        return _cache_note(step.forward.cache, step.forward, lang)
    return given.note or ""


def _cache_note(cache: CacheView, forward: Forward, lang: Language) -> str:
    held = _cached(forward)
    if not held:
        return compose("inputs_cache_empty", lang)
    return compose("inputs_cache_held", lang, count=numbers.count(held))


def _side(
    at: _At, values: npt.NDArray[Any] | None, others: npt.NDArray[Any] | None, lang: Language
) -> InputSide | None:
    step, given = at
    if step is None or given is None:
        return None
    note = _note(at, lang)
    if given.shape is not None and values is None and not note:
        note = compose("inputs_values_not_kept", lang)
    flat = np.zeros(0) if values is None else values
    shown, gap = _shown(len(flat))
    return InputSide(
        shape=shape_text(given.shape),
        dtype=given.dtype or "",
        note=note,
        cells=tuple(_cell(step, given.name, flat, place, others) for place in shown),
        gap=gap,
        gap_text=compose("inputs_left_out", lang, count=numbers.count(gap)) if gap else "",
        num_last=_ENDING if gap else 0,
    )


def _shown(count: int) -> tuple[list[int], int]:
    """Returns the places that are shown, and how many in the middle are not."""
    if count <= MOST_VALUES:
        return list(range(count)), 0
    return [*range(MOST_VALUES - _ENDING), *range(count - _ENDING, count)], count - MOST_VALUES


def _cell(
    step: "Step", name: str, values: npt.NDArray[Any], place: int, others: npt.NDArray[Any] | None
) -> ValueCell:
    value = values[place].item()
    is_token = name in _TOKENS
    text = step.call.trace.vocabulary.visible(value) if is_token else _text(value)
    is_different = others is not None and (place >= len(others) or others[place].item() != value)
    return ValueCell(place, Whole(text), str(value), is_token, is_different)


def _text(value: object) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)
