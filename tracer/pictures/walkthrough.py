"""A walk-through of one `generate` call: its stations with sentence, paragraph and lines, as one frozen value.

From the executed lines and, where there is one, the trace of the same call. Draws nothing; exporters write it.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracer.analysis.executed_lines import LineRecord
from tracer.analysis.live_facts import LiveFacts
from tracer.analysis.stations import STATIONS, assign_stations, present_stations
from tracer.errors import SignalMissingError
from tracer.pictures.model_structure import ModelStructurePicture, model_structure
from tracer.pictures.walkthrough_facts import (
    Fact,
    Misreading,
    followed_token,
    misreadings,
    printable,
    station_facts,
)
from tracer.pictures.walkthrough_lines import (
    FunctionBlock,
    LineRow,
    count_more,
    flow,
    function_blocks,
    shown,
    slice_blocks,
)
from tracer.wording.composition import Language, Whole, compose, require_language

if TYPE_CHECKING:
    from tracer.trace.call import Call

_MOST_TITLE = 80


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
class Walkthrough:
    """The page; `words` are the headings that every writer needs, by their key without `walk.`."""

    lang: Language
    title: str
    sentence: str
    notes: tuple[str, ...]
    stations: tuple[StationView, ...]
    structure: ModelStructurePicture | None
    then_now: tuple[tuple[str, str], ...]
    misreadings: tuple[Misreading, ...]
    sources: tuple[str, ...]
    words: dict[str, str]

    @property
    def num_lines(self) -> int:
        """How many statements stand on the page."""
        return sum(len(block.rows) for station in self.stations for block in station.blocks)


_WORDS = (
    *("contents", "why", "flow", "token", "facts", "line", "code", "name", "shape", "values"),
    *("then_now", "then_now_note", "then", "now", "misreadings", "sources"),
)


def walkthrough(
    record: LineRecord,
    call: "Call | None" = None,
    lang: Language = "en",
    *,
    live: LiveFacts | None = None,
    is_repeated: bool = False,
) -> Walkthrough:
    """Returns the walk-through of a call.

    Args:
        call: the trace of the same call; without it the page has the lines and no facts of the run.
        live: what the model at hand tells.
        is_repeated: the lines are of a call that was run again.
    """
    require_language(lang)
    name = record.model_class if call is None else call.trace.model.name
    notes = [compose("walk.levels", lang)]
    if is_repeated:
        notes.insert(0, compose("walk.repeated", lang))
    changed = () if live is None else live.changed
    return Walkthrough(
        lang=lang,
        title=compose("walk.title", lang, model=Whole(name)),
        sentence=_sentence(name, call, lang),
        notes=tuple(notes),
        stations=_stations(record, call, lang),
        structure=_structure(call, lang),
        then_now=tuple((compose(f"then.{key}", lang), compose(f"now.{key}", lang)) for key in changed),
        misreadings=misreadings(record, call, live, lang),
        sources=_sources(record, lang),
        words={word: compose(f"walk.{word}", lang) for word in _WORDS},
    )


def _sentence(name: str, call: "Call | None", lang: Language) -> str:
    if call is None:
        return compose("walk.sentence_lines", lang, model=Whole(name))
    messages = call.info.messages or []
    asked = messages[-1]["content"] if messages else call.sequences[0].prompt_text
    answer = call.trace.vocabulary.text(call.sequences[0].token_ids, skip_special=True)
    texts = {"prompt": Whole(_short(asked)), "answer": Whole(_short(answer))}
    return compose("walk.sentence", lang, model=Whole(name), **texts)


def _short(text: str) -> str:
    line = printable(" ".join(text.split()))
    return line if len(line) <= _MOST_TITLE else f"{line[:_MOST_TITLE]}…"


def _stations(record: LineRecord, call: "Call | None", lang: Language) -> tuple[StationView, ...]:
    assigned, present = assign_stations(record), present_stations(record)
    keys = [one.key for one in STATIONS if one.key in present and (one.needs_lines or call is not None)]
    return tuple(
        _station(
            record,
            assigned,
            key,
            (compose("walk.progress", lang, place=str(place), total=str(len(keys))), call, lang),
        )
        for place, key in enumerate(keys, start=1)
    )


def _station(
    record: LineRecord, assigned: dict[int, str], key: str, at: tuple[str, "Call | None", Language]
) -> StationView:
    number, call, lang = at
    frames = [frame for frame in record.frames if assigned.get(frame.index) == key]
    blocks = function_blocks(record, frames, lang) + slice_blocks(record, assigned, key, lang)
    if key == "ending":
        ends = [
            frame for frame in record.named("generate") + record.named("_sample") if frame.part == "after"
        ]
        blocks = function_blocks(record, ends, lang)
    columns, rows = flow(frames, lang)
    count = sum(len(block.rows) for block in shown(blocks))
    return StationView(
        key=key,
        number=number,
        title=compose(f"station.{key}.title", lang),
        sentence=compose(f"station.{key}.sentence", lang),
        paragraph=compose(f"station.{key}.paragraph", lang),
        followed="" if call is None else followed_token(call, key, lang),
        facts=() if call is None else station_facts(call, key, lang),
        flow_columns=columns,
        flow=rows,
        blocks=shown(blocks),
        lines_title=compose("walk.lines", lang, count=str(count))
        if count
        else compose("walk.no_lines", lang),
        note=count_more(blocks, lang),
    )


def _structure(call: "Call | None", lang: Language) -> ModelStructurePicture | None:
    try:
        return None if call is None else model_structure(call.trace, lang)
    except SignalMissingError:
        return None


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
