"""The lines of one station as blocks: a function's executed statements, first and later iteration side by side.

Calls of one function are folded into the first. Only statements that ran are there. Values with their words.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tracer.analysis.executed_lines import BoundName, ExecutedFrame, ExecutedLine, LineRecord, Part
from tracer.analysis.stations import slices_of
from tracer.wording.composition import Language, Whole, compose

_MOST_BLOCKS = 8
_MOST_FLOW = 7


@dataclass(frozen=True, slots=True)
class BoundCell:
    """A name a line bound, in one column; `shape` is "(1, 36)" or a class where the value has no shape."""

    name: str
    shape: str
    dtype: str
    values: str
    is_different: bool


Cells = tuple[BoundCell, ...]


@dataclass(frozen=True, slots=True)
class LineRow:
    """One statement: its first line's number, its text, how often it was reached, its names per column."""

    number: int
    code: str
    times: str
    columns: tuple[Cells, ...]


@dataclass(frozen=True, slots=True)
class FunctionBlock:
    """Executed lines of one function; `columns` are headings, `place` its file with the module that ran it."""

    function: str
    place: str
    package: str
    columns: tuple[str, ...]
    rows: tuple[LineRow, ...]
    note: str


def function_blocks(
    record: LineRecord, frames: Sequence[ExecutedFrame], lang: Language
) -> list[FunctionBlock]:
    """Returns a block per function of a station, in the order in which they began."""
    return [_block(group, lang, _folded(record, group, lang)) for group in _groups(frames)]


def slice_blocks(
    record: LineRecord, stations: dict[int, str], wanted: str, lang: Language
) -> list[FunctionBlock]:
    """Returns the lines of other stations' functions that belong to this station, too."""
    found = []
    others = [
        one
        for one in record.frames
        if one.part is Part.STEP and stations.get(one.index) not in (None, wanted)
    ]
    for group in _groups(others):
        home = stations[group[0].index]
        note = compose("walk.shown_above", lang, function=Whole(group[0].function.qualified_name))
        block = _block(group, lang, note, lambda text, home=home: wanted in slices_of(home, text))  # type: ignore[misc]
        if block.rows:
            found.append(block)
    return found


def flow(frames: Sequence[ExecutedFrame], lang: Language) -> tuple[tuple[str, ...], tuple[LineRow, ...]]:
    """Returns headings and rows: the tensors that the station's first function received and what it returned."""
    groups = _groups(frames)
    if not groups:
        return (), ()
    group = _by_step(groups[0])
    names = list(
        dict.fromkeys(one.name for frame in group for one in frame.arguments if one.shape is not None)
    )
    rows = [_flow_row(name, group) for name in names[:_MOST_FLOW]]
    if any(frame.returned is not None and frame.returned.kind != "NoneType" for frame in group):
        title = compose("walk.returned", lang)
        rows.append(_row(0, title, "", [() if one.returned is None else (one.returned,) for one in group]))
    return (_headings(group, lang), tuple(rows)) if rows else ((), ())


def count_more(blocks: Sequence[FunctionBlock], lang: Language) -> str:
    """Returns what is said of the blocks that a station leaves out, or nothing."""
    more = len(blocks) - _MOST_BLOCKS
    return compose("walk.more", lang, count=str(more)) if more > 0 else ""


def shown(blocks: Sequence[FunctionBlock]) -> tuple[FunctionBlock, ...]:
    """Returns the blocks that a station shows."""
    return tuple(blocks[:_MOST_BLOCKS])


def _groups(frames: Iterable[ExecutedFrame]) -> list[list[ExecutedFrame]]:
    """Returns the frames of each function, those in the loop apart from those around it."""
    groups: dict[tuple[str, str, Part], list[ExecutedFrame]] = {}
    for frame in frames:
        if frame.function.lines and frame.lines:
            key = (frame.function.file, frame.function.qualified_name, frame.part)
            groups.setdefault(key, []).append(frame)
    return list(groups.values())


def _by_step(group: Sequence[ExecutedFrame]) -> list[ExecutedFrame]:
    """Returns the first frame of each step."""
    return list({frame.step: frame for frame in reversed(group)}.values())[::-1]


def _folded(record: LineRecord, group: Sequence[ExecutedFrame], lang: Language) -> str:
    first = group[0]
    later = sum(1 for frame in group if frame.step == first.step) - 1
    repeats = sum(frame.repeats for frame in group if frame.step == first.step)
    count = later + max(repeats, _alike(record, first))
    if count < 1:
        return ""
    return compose("walk.folded", lang, count=str(count), function=Whole(first.function.qualified_name))


def _alike(record: LineRecord, frame: ExecutedFrame) -> int:
    """Returns how many layers like this frame's own were folded: a decorator stands around the layer's function."""
    parent = next((one for one in record.frames if one.index == frame.parent), None)
    if parent is None or not parent.module_path or parent.module_path != frame.module_path:
        return 0
    return parent.repeats


def _block(
    group: Sequence[ExecutedFrame], lang: Language, note: str, chosen: Callable[[str], bool] | None = None
) -> FunctionBlock:
    columns = _by_step(group)
    function = columns[0].function
    lines = {line.start: line for frame in reversed(columns) for line in frame.lines}
    rows = []
    for start in sorted(lines):
        code = _code(columns[0], lines[start])
        if chosen is None or chosen(code.strip()):
            rows.append(_line_row(start, code, columns, lang))
    margin = _margin(row.code for row in rows)
    trimmed = (LineRow(row.number, _trim(row.code, margin), row.times, row.columns) for row in rows)
    path = columns[0].module_path
    return FunctionBlock(
        function=function.qualified_name,
        place=f"{function.file} · {path}" if path else function.file,
        package=" ".join(filter(None, (function.package, function.version))),
        columns=_headings(columns, lang),
        rows=tuple(trimmed),
        note=note,
    )


def _line_row(start: int, code: str, columns: Sequence[ExecutedFrame], lang: Language) -> LineRow:
    found = [next((line for line in frame.lines if line.start == start), None) for frame in columns]
    count = max(line.count for line in found if line is not None)
    times = compose("walk.times", lang, count=str(count)) if count > 1 else ""
    return _row(start, code, times, [() if line is None else line.bound for line in found])


def _flow_row(name: str, group: Sequence[ExecutedFrame]) -> LineRow:
    return _row(0, name, "", [tuple(one for one in frame.arguments if one.name == name) for frame in group])


def _row(number: int, code: str, times: str, columns: Sequence[Sequence[BoundName]]) -> LineRow:
    first = {one.name: one for one in columns[0]}
    cells = [
        tuple(_cell(one, place > 0 and bool(columns[0]) and first.get(one.name) != one) for one in names)
        for place, names in enumerate(columns)
    ]
    return LineRow(number, code, times, tuple(cells))


def _cell(one: BoundName, is_different: bool) -> BoundCell:
    shape = one.kind if one.shape is None else str(one.shape)
    return BoundCell(one.name, shape, one.dtype or "", one.values, is_different)


def _headings(columns: Sequence[ExecutedFrame], lang: Language) -> tuple[str, ...]:
    return tuple(
        compose("walk.part", lang) if one.step is None else compose("walk.step", lang, step=str(one.step))
        for one in columns
    )


def _code(frame: ExecutedFrame, line: ExecutedLine) -> str:
    first = frame.function.first_line
    return "\n".join(frame.function.lines[line.start - first : line.end - first + 1])


def _margin(codes: Iterable[str]) -> int:
    heads = [code.split("\n", 1)[0] for code in codes]
    return min((len(head) - len(head.lstrip()) for head in heads), default=0)


def _trim(code: str, margin: int) -> str:
    return "\n".join(part[min(margin, len(part) - len(part.lstrip())) :] for part in code.split("\n"))
