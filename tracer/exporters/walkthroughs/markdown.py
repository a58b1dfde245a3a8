"""A walk-through as Markdown: each function as a code block, behind it a table line · name · shape · dtype · values.

Text of a trace is escaped, so that it stays text; code blocks have a fence longer than any run of backticks inside.
"""

import re

from tracer.pictures.walkthroughs.lines import FunctionBlock, LineRow
from tracer.pictures.walkthroughs.page import StationView, Walkthrough
from tracer.wording.composition import together

_SIGNS = re.compile(r"([\\*_{}\[\]()#+!|<>&~$^=-])")
_MOST_VALUES = 110


def markdown_page(value: Walkthrough) -> str:
    """Returns the page."""
    words = value.words
    parts = [f"# {_plain(value.title)}", _plain(value.sentence), *map(_ticks, value.notes)]
    if value.then_now:
        rows = [[_ticks(one.then), _ticks(one.now), _ticks(one.evidence)] for one in value.then_now]
        parts += [
            f"## {words['then_now']}",
            words["then_now_note"],
            _table([words["then"], words["now"], words["checked"]], rows),
        ]
    if value.misreadings:
        parts.append(f"## {words['misreadings']}")
        parts += [
            f"- **{_ticks(one.claim)}** {together(map(_ticks, (one.answer, one.evidence)), value.lang)}"
            for one in value.misreadings
        ]
    parts.append(f"## {words['contents']}")
    parts.append(
        "\n".join(f"{place}. {_plain(one.title)}" for place, one in enumerate(value.stations, start=1))
    )
    for station in value.stations:
        parts += _station(station, value)
    parts.append(f"## {words['sources']}")
    parts.append("\n".join(f"- {_plain(one)}" for one in value.sources))
    return "\n\n".join(parts) + "\n"


def _station(station: StationView, value: Walkthrough) -> list[str]:
    words = value.words
    parts = [f"## {_plain(station.title)} ({station.number})", f"**{_ticks(station.sentence)}**"]
    if station.flow:
        parts.append(_values(station.flow, station.flow_columns, words))
    if station.followed:
        parts.append(
            f"{words['token']}: {_ticks(station.followed)}"
            if value.lang == "en"
            else _ticks(station.followed)
        )
    parts.append(_ticks(station.paragraph))
    if station.facts:
        parts.append("\n".join(f"- {_plain(one.name)}: {_plain(one.value)}" for one in station.facts))
    if station.key == "construction" and value.structure is not None:
        columns = [_plain(one) for one in value.structure.columns]
        rows = [
            ["· " * row.depth + _plain(row.label), _plain(row.class_name), _plain(row.shapes), row.total]
            for row in value.structure.rows
        ]
        parts += [_plain(value.structure.sentence), _table([*columns[:3], columns[4]], rows)]
    for block in station.blocks:
        parts += _block(block, words)
    return [*parts, _ticks(station.note)] if station.note else parts


def _block(block: FunctionBlock, words: dict[str, str]) -> list[str]:
    place = " · ".join(filter(None, (block.place, block.package, block.aside)))
    width = len(str(max(row.number for row in block.rows)))
    code = "\n".join(_numbered(row, width) for row in block.rows)
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", code)), default=0))
    parts = [f"### {_plain(block.function)}", _plain(place), f"{fence}python\n{code}\n{fence}"]
    if any(cells for row in block.rows for cells in row.columns):
        parts.append(_values(block.rows, block.columns, words))
    return [*parts, _plain(block.note)] if block.note else parts


def _numbered(row: LineRow, width: int) -> str:
    """Returns the code with the number of its first line before it, so that the table can be followed."""
    first, *more = row.code.split("\n")
    head = f"{row.number or '':>{width}}  {first}"
    return "\n".join([head, *(f"{'':>{width}}  {line}" for line in more)])


def _values(rows: tuple[LineRow, ...], columns: tuple[str, ...], words: dict[str, str]) -> str:
    """Returns the names of each line; what differs from the first column is bold, what is equal in all stands once."""
    head = [words["line"], "", words["name"], words["shape"], "dtype", words["values"]]
    table = []
    for row in rows:
        is_same = len(set(row.columns)) == 1
        for title, cells in zip(columns, row.columns[:1] if is_same else row.columns, strict=not is_same):
            step = "" if is_same and len(columns) > 1 else title.replace(" ", "\u00a0")
            for one in cells:
                mark = "**" if one.is_different else ""
                values = [one.name, one.shape, one.dtype, _short(one.values)]
                shown = [f"{mark}{_plain(text)}{mark}" if text else "" for text in values]
                table.append([str(row.number or ""), step, *shown])
    return _table(head, table)


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _short(text: str) -> str:
    return text if len(text) <= _MOST_VALUES else f"{text[:_MOST_VALUES]}…"


def _plain(text: str) -> str:
    """Returns text on one line with every sign of Markdown escaped."""
    return _escaped(" ".join(text.split()))


def _escaped(line: str) -> str:
    return _SIGNS.sub(r"\\\1", line).replace("`", "\\`")


def _ticks(text: str) -> str:
    """Returns text escaped, except for what stands between single backticks."""
    line = " ".join(text.split())
    parts = line.split("`")
    if len(parts) % 2 == 0:
        return _escaped(line)
    inside = [f"`{part}`".replace("|", "\\|") if part else r"\`\`" for part in parts]
    return "".join(inside[place] if place % 2 else _escaped(part) for place, part in enumerate(parts))
