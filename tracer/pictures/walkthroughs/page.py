"""A walk-through of one `generate` call: its stations with sentence, paragraph and lines, as one frozen value.

From the executed lines and, where there is one, the trace of the same call. Draws nothing; exporters write it.
"""

import re
from dataclasses import dataclass, replace

from tracer.analysis.executed_lines import ExecutedFrame, LineRecord, Part
from tracer.analysis.live_facts import Change, LiveFacts
from tracer.analysis.stations import STATIONS, assign_stations, present_stations
from tracer.pictures.model_structure import ModelStructurePicture, structure_picture
from tracer.pictures.walkthroughs.facts import Fact, printable, station_facts
from tracer.pictures.walkthroughs.flows import flow, flow_of_lines
from tracer.pictures.walkthroughs.followed import followed_token
from tracer.pictures.walkthroughs.lines import (
    FunctionBlock,
    LineRow,
    count_more,
    function_blocks,
    shown,
    slice_blocks,
)
from tracer.pictures.walkthroughs.misreadings import Misreading, misreadings
from tracer.pictures.walkthroughs.run import Run
from tracer.wording.composition import Language, Whole, chip, compose, join, require_language, together

_MOST_TITLE = 80
_MOST_MODULES = 32
_OWN = re.compile(r"Recording[A-Z]\w+|\b_listen_to\b")
"""Parts of the recorder that stand among the values of a run."""


@dataclass(frozen=True, slots=True)
class StationView:
    """One station: level 1 `sentence`, level 2 `paragraph`, level 3 `blocks`; `flow` is what went in and came out."""

    key: str
    number: str
    title: str
    sentence: str
    paragraph: str
    followed: str
    facts: tuple[Fact, ...]
    flow_columns: tuple[str, ...]
    flow: tuple[LineRow, ...]
    blocks: tuple[FunctionBlock, ...]
    lines_title: str
    note: str


@dataclass(frozen=True, slots=True)
class ThenNow:
    """A name or habit of older versions, what stands in its place, and the installed line that bears it out."""

    then: str
    now: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Walkthrough:
    """The page; `words` are the headings that every writer needs, by their key without `walk.`."""

    lang: Language
    title: str
    sentence: str
    notes: tuple[str, ...]
    stations: tuple[StationView, ...]
    structure: ModelStructurePicture | None
    then_now: tuple[ThenNow, ...]
    misreadings: tuple[Misreading, ...]
    sources: tuple[str, ...]
    words: dict[str, str]

    @property
    def num_lines(self) -> int:
        """How many statements stand on the page."""
        return sum(len(block.rows) for station in self.stations for block in station.blocks)


_WORDS = (
    *("contents", "why", "flow", "token", "facts", "line", "code", "name", "shape", "values"),
    *("then_now", "then_now_note", "then", "now", "checked", "misreadings", "sources"),
    *("level_1", "level_2", "level_3", "part"),
)


@dataclass(frozen=True, slots=True)
class _Source:
    """What every station is made from."""

    record: LineRecord
    stations: dict[int, str]
    run: Run | None
    live: LiveFacts | None
    lang: Language


def walkthrough_page(
    record: LineRecord,
    run: Run | None = None,
    lang: Language = "en",
    *,
    live: LiveFacts | None = None,
    is_repeated: bool = False,
) -> Walkthrough:
    """Returns the walk-through of a call.

    Args:
        run: what was asked and answered; without it the page has the lines and no facts of the run.
        live: what the model at hand tells.
        is_repeated: the lines are of a call that was run again.
    """
    require_language(lang)
    name = record.model_class if run is None else run.model.name
    notes = [compose("walk.levels", lang)]
    if is_repeated:
        notes.insert(0, compose("walk.repeated", lang))
    source = _Source(record, assign_stations(record), run, live, lang)
    return Walkthrough(
        lang=lang,
        title=compose("walk.title", lang, model=Whole(name)),
        sentence=_sentence(name, run, lang),
        notes=tuple(notes),
        stations=_stations(source),
        structure=_structure(run, lang),
        then_now=tuple(_then_now(one, lang) for one in (() if live is None else live.changed)),
        misreadings=misreadings(record, run, live, lang),
        sources=_sources(record, lang),
        words={word: compose(f"walk.{word}", lang) for word in _WORDS},
    )


def _sentence(name: str, run: Run | None, lang: Language) -> str:
    if run is None:
        return compose("walk.sentence_lines", lang, model=Whole(name))
    texts = {"prompt": Whole(_short(run.asked)), "answer": Whole(_short(run.answer))}
    return compose("walk.sentence", lang, model=Whole(name), **texts)


def _short(text: str) -> str:
    line = printable(" ".join(text.split()))
    return line if len(line) <= _MOST_TITLE else f"{line[:_MOST_TITLE]}…"


def _then_now(change: Change, lang: Language) -> ThenNow:
    place = {"file": Whole(change.file), "number": str(change.number), "line": chip(change.line)}
    return ThenNow(
        compose(f"then.{change.key}", lang),
        compose(f"now.{change.key}", lang),
        compose("walk.evidence", lang, **place),
    )


def _stations(source: _Source) -> tuple[StationView, ...]:
    present = present_stations(source.record)
    keys = [one.key for one in STATIONS if one.key in present and (one.needs_lines or source.run is not None)]
    return tuple(_station(source, key, place, len(keys)) for place, key in enumerate(keys, start=1))


def _station(source: _Source, key: str, place: int, total: int) -> StationView:
    record, run, lang = source.record, source.run, source.lang
    frames = _frames(source, key)
    blocks = function_blocks(record, frames, lang, is_whole=key == "module_call")
    if key != "ending":
        blocks += slice_blocks(record, source.stations, key, lang)
    columns, rows = flow(record, frames, lang) if frames or not blocks else flow_of_lines(blocks[0])
    count = sum(len(block.rows) for block in shown(blocks, key))
    return StationView(
        key=key,
        number=compose("walk.progress", lang, place=str(place), total=str(total)),
        title=compose(f"station.{key}.title", lang),
        sentence=compose(f"station.{key}.sentence", lang),
        paragraph=compose(f"station.{key}.paragraph", lang),
        followed="" if run is None else followed_token(run, key, lang),
        facts=() if run is None else station_facts(run, source.live, key, lang),
        flow_columns=columns,
        flow=rows,
        blocks=shown(blocks, key),
        lines_title=compose("walk.lines", lang, count=str(count))
        if count
        else compose("walk.no_lines", lang),
        note=together([_own_part(blocks, frames, key, lang), count_more(blocks, key, lang)], lang),
    )


def _frames(source: _Source, key: str) -> list[ExecutedFrame]:
    """Returns the frames of a station: of the call itself, and of what ran around it."""
    record = source.record
    if key == "ending":
        return [
            frame for frame in record.named("generate") + record.named("_sample") if frame.part is Part.AFTER
        ]
    around = () if source.live is None else source.live.surroundings.get(key, ())
    of_call = (frame for frame in record.frames if frame.part is not Part.AFTER)
    return [*around, *(frame for frame in of_call if source.stations.get(frame.index) == key)]


def _own_part(blocks: list[FunctionBlock], frames: list[ExecutedFrame], key: str, lang: Language) -> str:
    """Returns what is said of parts that recording itself put there, and of the way around hooks."""
    if key == "module_call":
        has_hooks = any("_call_impl.<locals>" in frame.function.qualified_name for frame in frames)
        return compose("walk.hooks_ran" if has_hooks else "walk.no_hooks", lang)
    cells = (cell for block in blocks for row in block.rows for cells in row.columns for cell in cells)
    names = list(dict.fromkeys(name for cell in cells for name in _OWN.findall(cell.values)))
    return compose("walk.own_part", lang, names=join([chip(name) for name in names], lang)) if names else ""


def _structure(run: Run | None, lang: Language) -> ModelStructurePicture | None:
    if run is None or run.structure is None:
        return None
    picture = structure_picture(run.structure, run.model, lang)
    depth = max(row.depth for row in picture.rows)
    rows = picture.rows
    while len(rows) > _MOST_MODULES and depth > 1:
        rows, depth = tuple(row for row in rows if row.depth < depth), depth - 1
    if len(rows) == len(picture.rows):
        return picture
    left_out = compose("walk.modules_left_out", lang, count=str(len(picture.rows) - len(rows)))
    return replace(picture, rows=rows, notes=(*picture.notes, left_out))


def _sources(record: LineRecord, lang: Language) -> tuple[str, ...]:
    unknown = compose("walk.unknown", lang)
    functions = (frame.function for frame in record.frames)
    found = {(one.package, one.version, one.license) for one in functions if one.package}
    return tuple(
        compose(
            "walk.source",
            lang,
            package=Whole(package),
            version=Whole(version or unknown),
            license=Whole(license_name or unknown),
        )
        for package, version, license_name in sorted(found, key=str)
        if package is not None
    )
