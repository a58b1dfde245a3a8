"""The map of one head, or of several put together: a row for each place that looked, a column for each it saw.

`window_of` computes a part of it, reduced to a tile: each pixel the largest weight of f × f places. Only the rows of
the window are computed, a few at a time; nothing of the size of all heads × places × places exists at any moment.
Rows whose queries were not stored are reported. What goes to the browser is in `tracer.analysis.attention_tiles`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tracer.analysis.attention_rows import LayerFacts, Weights, layer_facts
from tracer.analysis.attention_tiles import Bools, MapWindow, Window, pool, runs_of
from tracer.analysis.head_choice import HeadChoice
from tracer.analysis.text_places import TextPlaces, places_of
from tracer.errors import SignalMissingError
from tracer.trace.attention.history import LayerHistory
from tracer.trace.missing import missing_signal

if TYPE_CHECKING:
    from tracer.trace.step import Step

MOST_WEIGHTS = 250_000_000
"""A window that takes more weights than this, over all its heads, is refused: some seconds."""

_PART_WEIGHTS = 16_000_000


@dataclass(frozen=True, slots=True, eq=False)
class AttentionMap:
    """The map of the chosen heads at a step; computes a window when asked.

    `stored` are the places that have a row; `missing` the chosen layers that have none, with the reason.
    """

    step: "Step"
    choice: HeadChoice
    places: TextPlaces
    facts: tuple[LayerFacts, ...]
    histories: tuple[LayerHistory, ...]
    stored: Bools
    missing: tuple[LayerFacts, ...]

    @property
    def size(self) -> int:
        """Rows and columns of the whole map."""
        return self.places.size

    @property
    def num_heads(self) -> int:
        """How many heads are put together."""
        if self.choice.head is not None:
            return 1
        return sum(history.constants.num_heads for history in self.histories)

    def cost(self, window: Window) -> int:
        """Returns how many weights have to be computed for a window."""
        rows = window.row1 - window.row0
        return self.num_heads * rows * max(1, (window.row0 + window.row1) // 2)

    @property
    def most_rows(self) -> int:
        """How many rows a window may have for these heads."""
        return min(self.size, MOST_WEIGHTS // (self.num_heads * self.size))

    def missing_rows(self) -> tuple[tuple[int, int], ...]:
        """Returns the places without a row, as (first, end)."""
        return runs_of(~self.stored)


def attention_map(step: "Step", choice: HeadChoice) -> AttentionMap:
    """Returns the map of the chosen heads over the text up to a step.

    Raises:
        SignalMissingError: no chosen layer has a query, or its keys are not stored.
        ValueError: there is no such layer or head.
    """
    places, facts = places_of(step), layer_facts(step)
    chosen = [facts[layer] for layer in choice.layers(facts)]
    recorded = [one for one in chosen if one.is_recorded and one.constants is not None]
    if not recorded:
        reason = next((one.reason for one in chosen if one.reason), None)
        raise SignalMissingError(reason) if reason else missing_signal(step.call, "queries", "attention")
    histories = tuple(
        LayerHistory(step.call, step.forward, step.sequence.row, one.constants)
        for one in recorded
        if one.constants is not None
    )
    stored = np.ones(places.size, dtype=np.bool_)
    for history in histories:
        here = np.zeros(places.first_position + places.size, dtype=np.bool_)
        here[history.positions] = True
        stored &= here[places.first_position :]
    return AttentionMap(
        step=step,
        choice=choice,
        places=places,
        facts=facts,
        histories=histories,
        stored=stored,
        missing=tuple(one for one in chosen if not one.is_recorded),
    )


def whole(attention: AttentionMap) -> Window:
    """Returns the window of the whole map."""
    return Window(0, attention.size, 0, attention.size)


def window_of(attention: AttentionMap, window: Window) -> MapWindow:
    """Returns a window of a map, reduced so that neither side has more than `TILE_SIDE` pixels.

    Raises:
        ValueError: the window is empty or leaves the map, or takes too long for so many heads.
        SignalMissingError: keys of a chosen layer are not stored.
    """
    _check(attention, window)
    factor = window.factor
    height = -(-(window.row1 - window.row0) // factor)
    width = -(-(window.column1 - window.column0) // factor)
    pixels = np.zeros((height, width), dtype=np.float32)
    beyond = 0.0
    skipped = 1 if window.column0 == 0 else 0
    for first, part in _parts(attention, window):
        beyond = max(beyond, float(part[:, skipped:].max(initial=0.0)))
        top = (first - window.row0) // factor
        pooled = pool(part, factor)
        pixels[top : top + len(pooled)] = pooled
    stored = attention.stored[window.row0 : window.row1]
    padded = np.zeros(height * factor, dtype=np.bool_)
    padded[: len(stored)] = stored
    return MapWindow(
        window=window,
        factor=factor,
        weights=pixels,
        is_stored=np.asarray(padded.reshape(height, factor).any(axis=1)),
        largest=float(pixels.max(initial=0.0)),
        largest_beyond_first=beyond,
        has_missing_rows=not bool(stored.all()),
    )


def exact_rows(attention: AttentionMap, rows: range) -> Weights:
    """Returns the weights of some rows in full, (rows, size); a row that is not stored is zeros.

    Raises:
        ValueError: the rows leave the map, or take too long for so many heads.
    """
    window = Window(rows.start, rows.stop, 0, attention.size)
    _check(attention, window)
    return np.concatenate([part for _, part in _parts(attention, window)])


def _check(attention: AttentionMap, window: Window) -> None:
    size = attention.size
    for name, first, end in (
        ("row", window.row0, window.row1),
        ("column", window.column0, window.column1),
    ):
        if not 0 <= first < end <= size:
            raise ValueError(
                f"{name}s {first} to {end} are no part of this map, which has {size}. "
                f"Type {name}0=0 and {name}1={size}."
            )
    if attention.cost(window) > MOST_WEIGHTS:
        raise ValueError(
            f"{window.row1 - window.row0} rows of {attention.num_heads} heads take "
            f"{attention.cost(window):,} weights, and {MOST_WEIGHTS:,} are computed at most. "
            f"Choose one head, or at most {max(1, attention.most_rows)} rows."
        )


def _parts(attention: AttentionMap, window: Window) -> Iterator[tuple[int, Weights]]:
    """Yields (first place, weights of the window's columns) for the rows of the window, some at a time."""
    columns = window.column1 - window.column0
    count = max(1, _PART_WEIGHTS // columns // window.factor) * window.factor
    for first in range(window.row0, window.row1, count):
        rows = range(first, min(first + count, window.row1))
        yield first, _put_together(attention, rows, window)


def _put_together(attention: AttentionMap, rows: range, window: Window) -> Weights:
    shift = attention.places.first_position
    result = np.zeros((len(rows), window.column1 - window.column0), dtype=np.float32)
    positions = range(rows.start + shift, rows.stop + shift)
    for history in attention.histories:
        for head, keys in _heads(attention, history):
            for block, low, weights in history.blocks(head, keys, positions):
                lines = slice(block.start - positions.start, block.stop - positions.start)
                start = max(low - shift, window.column0)
                stop = min(low - shift + weights.shape[1], window.column1)
                if start >= stop:
                    continue
                part = weights[:, start + shift - low : stop + shift - low]
                place = result[lines, start - window.column0 : stop - window.column0]
                if attention.choice.over == "mean":
                    place += part
                else:
                    np.maximum(place, part, out=place)
    if attention.choice.over == "mean" and attention.num_heads > 1:
        result /= np.float32(attention.num_heads)
    return result


def _heads(attention: AttentionMap, history: LayerHistory) -> Iterator[tuple[int, Weights]]:
    """Yields each chosen head of a layer with its keys, which are read once for all heads that share them."""
    only = attention.choice.head
    heads = range(history.constants.num_heads) if only is None else range(only, only + 1)
    held, keys = -1, None
    for head in heads:
        shared = history.key_head(head)
        if shared != held:
            held, keys = shared, history.keys(slice(shared, shared + 1))
        if keys is None:
            raise missing_signal(
                attention.step.call,
                "keys_values",
                "attention",
                step=attention.step.index,
                layer=history.constants.layer,
            )
        yield head, keys[0]


def python_of(attention: AttentionMap, row: int, column: int) -> str:
    """Returns the Python that prints one weight of one head, from the step whose forward looked from that row.

    Raises:
        SignalMissingError: the row is not stored.
        ValueError: several heads are put together.
    """
    step, choice = attention.step, attention.choice
    if choice.head is None or choice.layer is None:
        raise ValueError("Several heads are put together here. Choose one: layer=0, head=0.")
    position = attention.places.first_position + row
    owner = next((one for one in attention.histories[0].stored if position in one.positions), None)
    if owner is None:
        raise missing_signal(step.call, "queries", f"row {row} of attention", step=step.index)
    looked = step.sequence.steps[owner.forward.step - step.sequence.steps[0].index]
    rows, columns = looked.attention_positions(choice.layer)
    line = int(np.flatnonzero(rows == position)[0])
    place = int(np.flatnonzero(columns == attention.places.first_position + column)[0])
    where = f"trace.calls[{step.call.index}].sequences[{step.sequence.row}].steps[{looked.index}]"
    return (
        "import tracer\n"
        f"trace = tracer.open_trace({str(step.call.trace.path)!r})\n"
        f"print({where}.attention({choice.layer}, {choice.head})[{line}, {place}])"
    )
