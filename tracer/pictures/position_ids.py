"""Which position id each column of the text was given, up to one step: padding first, then 0, 1, 2, …

One frozen value with its words, for `tracer.figures.position_ids`. Reads what `forward` was given and computes no
position itself.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tracer.analysis.source_shares import ids_at
from tracer.store.format import forward_entry
from tracer.trace.forward import Forward
from tracer.wording import numbers
from tracer.wording.composition import Language, compose, require_language

if TYPE_CHECKING:
    from tracer.trace.step import Step

_NAMES = ("position_ids", "cache_position")


@dataclass(frozen=True, slots=True)
class PositionIds:
    """One entry per column (absolute position) that has an id; `is_now`: given at this step.

    `steps` says at which step each was read; `note` is why there is nothing, where nothing is.
    """

    title: str
    sentence: str
    columns: tuple[int, ...]
    ids: tuple[int, ...]
    steps: tuple[int, ...]
    is_now: tuple[bool, ...]
    is_padding: tuple[bool, ...]
    tokens: tuple[str, ...]
    axis_column: str
    axis_id: str
    word_before: str
    word_now: str
    word_padding: str
    note: str


def position_ids(step: "Step", lang: Language = "en") -> PositionIds:
    """Returns the position ids of all columns that were read up to this step; a later reading replaces an earlier."""
    require_language(lang)
    found: dict[int, tuple[int, int]] = {}
    for forward in step.call.forwards:
        if not forward.is_auxiliary and forward.step <= step.index:
            found.update(_given(forward, step.sequence.row, step.call.info.num_rows))
    columns = tuple(sorted(found))
    padding = _padding(step)
    now = [found[column][0] for column in columns if found[column][1] == step.index]
    visible = step.call.trace.vocabulary.visible
    return PositionIds(
        title=compose("positions_title", lang, step=str(step.index)),
        sentence=_sentence(now, padding, [found[one][0] for one in columns if one >= padding], lang),
        columns=columns,
        ids=tuple(found[column][0] for column in columns),
        steps=tuple(found[column][1] for column in columns),
        is_now=tuple(found[column][1] == step.index for column in columns),
        is_padding=tuple(column < padding for column in columns),
        tokens=tuple("?" if one is None else visible(one) for one in ids_at(step, columns)),
        axis_column=compose("positions_axis_column", lang),
        axis_id=compose("positions_axis_id", lang),
        word_before=compose("positions_before", lang),
        word_now=compose("positions_now", lang),
        word_padding=compose("positions_padding", lang),
        note="" if columns else compose("positions_missing", lang),
    )


def _given(forward: Forward, row: int, num_rows: int) -> dict[int, tuple[int, int]]:
    """Returns column → (position id, step) of one forward."""
    arrays = forward.files.arrays
    entries = (forward_entry(forward.index, f"inputs/{name}") for name in _NAMES)
    name = next((entry for entry in entries if entry in arrays), None)
    if name is None:
        return {}
    values = arrays.read(name)
    while values.ndim > 2:  # several position ids per token, of text and of images: the first
        values = values[0]
    own = values if values.ndim == 1 else values[row if values.shape[0] == num_rows else 0]
    first = forward.position_end - len(own)
    numbered = np.asarray(own).tolist()
    return {first + place: (int(value), forward.step) for place, value in enumerate(numbered)}


def _padding(step: "Step") -> int:
    """Returns how many columns of padding stand in front of the sequence."""
    mask, row = step.call.info.prompt_mask, step.sequence.row
    if mask is None:
        return 0
    own = mask[row if len(mask) == step.call.info.num_rows else row // step.call.info.num_return_sequences]
    return next((place for place, value in enumerate(own) if value), len(own))


def _sentence(now: list[int], padding: int, text: list[int], lang: Language) -> str:
    if not now:
        return ""
    first, last = numbers.count(now[0]), numbers.count(now[-1])
    spoken = first if len(now) == 1 else compose("positions_range", lang, first=first, last=last)
    sentences = [compose("positions_sentence", lang, now=spoken)]
    if padding and text:
        begin = numbers.count(text[0])
        sentences.append(compose("positions_padded", lang, count=str(padding), first=begin))
    return ("" if lang == "zh" else " ").join(sentences)
