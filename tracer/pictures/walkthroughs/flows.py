"""What went into a station and came out of it: the tensors of its first function, and how the cache grew.

First and later iteration stand side by side; what differs from the first is marked.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from tracer.analysis.executed_lines import BoundName, ExecutedFrame, LineRecord
from tracer.pictures.walkthroughs.lines import (
    FunctionBlock,
    LineRow,
    by_step,
    groups_of,
    headings,
    row_of,
)
from tracer.wording.composition import Language, compose

_MOST = 7
_LENGTH = re.compile(r"seq_length=(\d+)")
_CACHE = "Cache"


def flow(
    record: LineRecord, frames: Sequence[ExecutedFrame], lang: Language
) -> tuple[tuple[str, ...], tuple[LineRow, ...]]:
    """Returns headings and rows: what the station's first module (else function) received, and what it returned."""
    groups = groups_of(frames)
    if not groups:
        return (), ()
    group = by_step(next((one for one in groups if one[0].module_path is not None), groups[0]))
    names = list(
        dict.fromkeys(one.name for frame in group for one in frame.arguments if one.shape is not None)
    )
    rows = [
        row_of(0, name, "", [tuple(one for one in frame.arguments if one.name == name) for frame in group])
        for name in names[:_MOST]
    ]
    rows += _cache_rows(record, group)
    if any(frame.returned is not None and frame.returned.kind != "NoneType" for frame in group):
        title = compose("walk.returned", lang)
        rows.append(row_of(0, title, "", [() if one.returned is None else (one.returned,) for one in group]))
    return (headings(group, lang), tuple(rows)) if rows else ((), ())


def flow_of_lines(block: FunctionBlock) -> tuple[tuple[str, ...], tuple[LineRow, ...]]:
    """Returns headings and rows for a station that has lines of another's function only: the names they bound."""
    names = dict.fromkeys(cell.name for row in block.rows for cells in row.columns for cell in cells)
    rows = []
    for name in list(names)[:_MOST]:
        bound = [
            row for row in block.rows if any(cell.name == name for cells in row.columns for cell in cells)
        ]
        last = bound[-1].columns
        rows.append(LineRow(0, name, "", tuple(tuple(c for c in cells if c.name == name) for cells in last)))
    return (block.columns, tuple(rows)) if rows else ((), ())


def _cache_rows(record: LineRecord, group: Sequence[ExecutedFrame]) -> list[LineRow]:
    """Returns the cache among the arguments as "0 → 36": how many positions it held before and after."""
    grown = {frame.step: _length_after(record, frame) for frame in group}
    names = dict.fromkeys(one.name for frame in group for one in frame.arguments if one.kind.endswith(_CACHE))
    found = []
    for name in names:
        cells = [
            tuple(
                _grown(one, grown[frame.step])
                for one in frame.arguments
                if one.name == name and _LENGTH.search(one.values)
            )
            for frame in group
        ]
        if any(cells):
            found.append(row_of(0, name, "", cells))
    return found


def _grown(cache: BoundName, after: str | None) -> BoundName:
    """Returns the cache with its lengths in place of its summary."""
    before = _LENGTH.search(cache.values)
    assert before is not None
    text = before[1] if after in (None, before[1]) else f"{before[1]} → {after}"
    return replace(cache, values=text)


def _length_after(record: LineRecord, frame: ExecutedFrame) -> str | None:
    """Returns how many positions the cache held when the model's forward of this step returned."""
    for one in record.named("forward", step=frame.step):
        if frame.step is not None and one.module_path == "" and one.returned is not None:
            found = _LENGTH.search(one.returned.values)
            return found[1] if found else None
    return None
