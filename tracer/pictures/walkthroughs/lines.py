"""The lines of one station as blocks: a function's executed statements, first and later iteration side by side.

Calls of one function are folded into the first. Only statements that ran are there; of a long one the middle is
left out, comments behind it, and conditions that did not hold. A row without a number is the word `else`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from tracer.analysis.executed_lines import (
    BoundName,
    ExecutedFrame,
    ExecutedLine,
    LineRecord,
    Part,
    SourceFunction,
)
from tracer.analysis.stations import slices_of
from tracer.wording.composition import Language, Whole, compose

_MOST_BLOCKS = 8
_FEWER = MappingProxyType(
    {"mask": 3, "encoder": 4, "construction": 5, "attention": 3, "cross_attention": 2, "mlp": 4}
)
_MOST_LINES = 5
_HEAD_LINES = 3
_MOST_LICENSE = 30
_COUNTERS = ("hook_id",)
"""Names that torch counts up through the whole process: the same run has other values each time."""
_CONDITIONS = ("if ", "elif ", "if(")


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
    """Executed lines of one function; `columns` are headings, `place` its file with the module that ran it.

    `aside` stands in the heading, `note` below the lines.
    """

    function: str
    place: str
    package: str
    aside: str
    columns: tuple[str, ...]
    rows: tuple[LineRow, ...]
    note: str


def function_blocks(
    record: LineRecord, frames: Sequence[ExecutedFrame], lang: Language, *, is_whole: bool = False
) -> list[FunctionBlock]:
    """Returns a block per function of a station, in the order in which they began.

    Conditions that did not hold are left out, and decorators stand last, unless it `is_whole`.
    """
    groups = groups_of(frames, wrappers_last=not is_whole)
    blocks = [_block(group, lang, _folded(record, group, lang)) for group in groups]
    return blocks if is_whole else [_without_failed_conditions(block, lang) for block in blocks]


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
    for group in groups_of(others):
        home = stations[group[0].index]
        block = _block(group, lang, "", lambda text, home=home: wanted in slices_of(home, text))  # type: ignore[misc]
        if block.rows:
            found.append(replace(block, aside=compose("walk.shown_above", lang)))
    return found


def count_more(blocks: Sequence[FunctionBlock], station: str, lang: Language) -> str:
    """Returns what is said of the blocks that a station leaves out, or nothing."""
    more = len(blocks) - _FEWER.get(station, _MOST_BLOCKS)
    return compose("walk.more", lang, count=str(more)) if more > 0 else ""


def shown(blocks: Sequence[FunctionBlock], station: str) -> tuple[FunctionBlock, ...]:
    """Returns the blocks that a station shows."""
    return tuple(blocks[: _FEWER.get(station, _MOST_BLOCKS)])


def groups_of(frames: Iterable[ExecutedFrame], *, wrappers_last: bool = True) -> list[list[ExecutedFrame]]:
    """Returns the frames of each function, those in the loop apart from those around it."""
    groups: dict[tuple[str, str, Part], list[ExecutedFrame]] = {}
    for frame in frames:
        if frame.function.lines and frame.lines:
            key = (frame.function.file, frame.function.qualified_name, frame.part)
            groups.setdefault(key, []).append(frame)
    found = list(groups.values())
    return sorted(found, key=_is_wrapper) if wrappers_last else found


def _is_wrapper(group: Sequence[ExecutedFrame]) -> bool:
    function = group[0].function
    return function.file.startswith("utils/") and "<locals>" in function.qualified_name


def by_step(group: Sequence[ExecutedFrame]) -> list[ExecutedFrame]:
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
    columns = by_step(group)
    function = columns[0].function
    lines = {line.start: line for frame in reversed(columns) for line in frame.lines}
    rows = []
    for start in sorted(lines):
        code = _code(columns[0], lines[start])
        if chosen is None or chosen(code.strip()):
            rows.append(_line_row(start, code, columns, lang))
    if chosen is None:
        rows = _with_else(rows, function)
    margin = _margin(row.code for row in rows)
    trimmed = (LineRow(row.number, _trim(row.code, margin), row.times, row.columns) for row in rows)
    path = columns[0].module_path
    return FunctionBlock(
        function=function.qualified_name,
        place=f"{function.file} · {path}" if path else function.file,
        package=_package(function),
        aside="",
        columns=headings(columns, lang),
        rows=tuple(trimmed),
        note=note,
    )


def _with_else(rows: Iterable[LineRow], function: SourceFunction) -> list[LineRow]:
    """Returns the rows with the word `else`, which is no statement, before the first that stands under it."""
    found: list[LineRow] = []
    for row in rows:
        above = function.lines[: row.number - function.first_line]
        head = next((line for line in reversed(above) if _says_something(line)), "")
        if head.strip() == "else:" and _indent(head) < _indent(row.code):
            found.append(LineRow(0, head, "", ((),) * len(row.columns)))
        found.append(row)
    return found


def _says_something(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _without_failed_conditions(block: FunctionBlock, lang: Language) -> FunctionBlock:
    """Returns the block without conditions that led nowhere: most are about settings that the call does not use."""
    rows = block.rows
    following = [*rows[1:], None]
    kept = tuple(row for row, after in zip(rows, following, strict=True) if not _has_failed(row, after))
    if len(kept) in (0, len(rows)):
        return block
    failed = compose("walk.not_met", lang, count=str(len(rows) - len(kept)))
    return replace(block, rows=kept, aside=failed)


def _has_failed(row: LineRow, after: LineRow | None) -> bool:
    """Returns whether nothing that ran stands under a condition."""
    if not row.code.lstrip().startswith(_CONDITIONS):
        return False
    if after is None or _indent(after.code) < _indent(row.code):
        return True
    return _indent(after.code) == _indent(row.code) and after.number != 0


def _indent(code: str) -> int:
    return len(code) - len(code.lstrip())


def _line_row(start: int, code: str, columns: Sequence[ExecutedFrame], lang: Language) -> LineRow:
    found = [next((line for line in frame.lines if line.start == start), None) for frame in columns]
    count = max(line.count for line in found if line is not None)
    times = compose("walk.times", lang, count=str(count)) if count > 1 else ""
    return row_of(start, code, times, [() if line is None else line.bound for line in found])


def row_of(number: int, code: str, times: str, columns: Sequence[Sequence[BoundName]]) -> LineRow:
    first = {one.name: one for one in columns[0]}
    cells = [
        tuple(_cell(one, place > 0 and bool(columns[0]) and first.get(one.name) != one) for one in names)
        for place, names in enumerate(columns)
    ]
    return LineRow(number, code, times, tuple(cells))


def _cell(one: BoundName, is_different: bool) -> BoundCell:
    shape = one.kind if one.shape is None else str(one.shape)
    values = "" if one.name in _COUNTERS or one.values == one.kind else one.values
    return BoundCell(one.name, shape, one.dtype or "", values, is_different)


def headings(columns: Sequence[ExecutedFrame], lang: Language) -> tuple[str, ...]:
    return tuple(
        compose("walk.part", lang) if one.step is None else compose("walk.step", lang, step=str(one.step))
        for one in columns
    )


def _code(frame: ExecutedFrame, line: ExecutedLine) -> str:
    first = frame.function.first_line
    lines = list(frame.function.lines[line.start - first : line.end - first + 1])
    while len(lines) > 1 and (not lines[-1].strip() or lines[-1].lstrip().startswith("#")):
        lines.pop()
    if len(lines) > _MOST_LINES:
        indent = lines[_HEAD_LINES][: len(lines[_HEAD_LINES]) - len(lines[_HEAD_LINES].lstrip())]
        lines[_HEAD_LINES:-1] = [f"{indent}…"]
    return "\n".join(lines)


def _package(function: SourceFunction) -> str:
    """Returns "transformers 5.23.0, Apache-2.0"; a long licence stands at the end of the page only."""
    named = " ".join(filter(None, (function.package, function.version)))
    has_short = function.license is not None and len(function.license) <= _MOST_LICENSE
    return ", ".join(filter(None, (named, function.license if has_short else "")))


def _margin(codes: Iterable[str]) -> int:
    heads = [code.split("\n", 1)[0] for code in codes]
    return min((len(head) - len(head.lstrip()) for head in heads), default=0)


def _trim(code: str, margin: int) -> str:
    return "\n".join(part[min(margin, len(part) - len(part.lstrip())) :] for part in code.split("\n"))
