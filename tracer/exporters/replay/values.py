"""What a replay holds: the values that its modules will ask for, packed, the most needed first.

What every step needs is always there. The rest is added part by part as long as there is room; what was left out is
named. A value that the trace cannot give is kept as the text that says why. Knows no HTML.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from pathlib import Path

from tracer.analysis.attention_rows import AttentionRows, attention_rows
from tracer.analysis.findings.registry import lint
from tracer.analysis.head_choice import HeadChoice
from tracer.analysis.notable import notable_steps
from tracer.analysis.temperature_odds import can_change, temperature_odds
from tracer.errors import TracerError
from tracer.exporters.replay.packs import STEPS_A_PACK, Entry, key_of, packed, packed_alone
from tracer.exporters.replay.text_bytes import text_bytes
from tracer.exporters.request import ExportRequest
from tracer.pictures.attention_contribution import attention_contribution
from tracer.pictures.attention_grid import Measure, head_grid
from tracer.pictures.attention_heads import attention_heads
from tracer.pictures.attention_text import attention_text
from tracer.pictures.decision import decision_picture
from tracer.pictures.forks import forks_picture
from tracer.pictures.forward_inputs import forward_inputs
from tracer.pictures.notable import NotablePicture, notable_picture
from tracer.pictures.report import report_of
from tracer.pictures.run_summary import run_summary
from tracer.pictures.strip import strip_picture
from tracer.trace.sequence import Sequence
from tracer.trace.step import Step
from tracer.wording.absence import said_in
from tracer.wording.composition import Language

ROOM = 2_500_000
"""Characters of packs up to which parts are added that not every replay needs."""

_KEPT_WEIGHTS = 50_000_000
_GRIDS: tuple[Measure, ...] = ("previous", "induction", "first", "itself", "local", "entropy")
Make = Callable[[Step], Iterator[tuple[str, object]]]


@dataclass(frozen=True, slots=True)
class Part:
    """Something that is wholly in a replay or left out: for each step, keys and their values."""

    name: str
    make: Make
    is_needed: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """The packs by name; the parts that found no room; the step to open at and how many there are."""

    packs: dict[str, str]
    left_out: tuple[str, ...]
    opened: int
    count: int


class _Rows:
    """The attention rows of the steps asked for last, as many as fit into some memory."""

    def __init__(self) -> None:
        self._kept: OrderedDict[int, AttentionRows | TracerError] = OrderedDict()
        self._size = 0

    def of(self, step: Step) -> AttentionRows:
        """Returns the rows of a step, or raises again what was missing."""
        if step.index not in self._kept:
            try:
                found: AttentionRows | TracerError = attention_rows(step)
            except TracerError as error:
                found = error
            self._kept[step.index] = found
            self._size += _weight(found)
            while self._size > _KEPT_WEIGHTS and len(self._kept) > 1:
                self._size -= _weight(self._kept.popitem(last=False)[1])
        found = self._kept[step.index]
        if isinstance(found, TracerError):
            raise found
        return found


def _weight(found: AttentionRows | TracerError) -> int:
    return found.weights.size if isinstance(found, AttentionRows) else 1


def held_values(request: ExportRequest) -> Held:
    """Returns everything that a replay of the request holds."""
    sequence, lang = request.sequence, request.lang
    found = notable_picture(sequence, notable_steps(sequence, lint(sequence.call.trace)), lang)
    packs = _of_text(sequence, found, lang)
    steps, parts = request.steps, _parts(_Rows(), lang)
    size, left_out = sum(map(len, packs.values())), []
    for number, part in enumerate(parts):
        room = None if part.is_needed else ROOM - size
        made = _made(part, request, room, _within(request, number, len(parts)))
        if made is None:
            left_out.append(part.name)
        else:
            packs |= made
            size += sum(map(len, made.values()))
        request.progress((number + 1) * len(steps), len(parts) * len(steps))
    return Held(packs, tuple(left_out), _opened(request, found), len(sequence.steps))


def _opened(request: ExportRequest, found: NotablePicture) -> int:
    """The step that tells most, of those that the replay holds."""
    held = [step.index for step in request.steps]
    wanted = [found.opened_step, *found.steps]
    return next((step for step in wanted if step in held and step is not None), held[0])


def _of_text(sequence: Sequence, found: NotablePicture, lang: Language) -> dict[str, str]:
    """What belongs to the whole text."""
    values: dict[str, Callable[[], object]] = {
        "strip": lambda: strip_picture(sequence, notable_steps(sequence), lang),
        "notable": lambda: found,
        "forks": lambda: forks_picture(sequence, lang),
        "run": lambda: run_summary(sequence, lang),
        "find": lambda: text_bytes(sequence, lang),
    }
    packs: dict[str, str] = {}
    for name, make in values.items():
        packs |= packed_alone(name, _entry(make, sequence.call.trace.path, lang))
    return packs


def _entry(make: Callable[[], object], path: Path, lang: Language) -> Entry:
    try:
        return {"value": make()}
    except TracerError as error:
        return {"error": _said(error, path, lang)}


def _said(error: TracerError, path: Path, lang: Language) -> str:
    return said_in(_without_folder(str(error), path), lang)


def _without_folder(text: str, path: Path) -> str:
    """A page names the trace, not the folder where it lay."""
    return text.replace(repr(str(path)), repr(path.name))


def _within(request: ExportRequest, part: int, parts: int) -> Callable[[int], None]:
    """Tells how far it is within a part, given its steps that are done."""
    steps = len(request.steps)
    return lambda done: request.progress(part * steps + done, parts * steps)


def _made(
    part: Part, request: ExportRequest, room: int | None, tell: Callable[[int], None]
) -> dict[str, str] | None:
    """The packs of a part, None where there is no room; a part that no step has is nothing at all."""
    if room is not None and room <= 0:
        return None
    packs: dict[str, str] = {}
    has_any, done = part.is_needed, 0
    for _, together in groupby(request.steps, key=lambda step: step.index // STEPS_A_PACK):
        values: dict[str, list[tuple[int, Entry]]] = {}
        for step in together:
            done += 1
            try:
                for key, value in part.make(step):
                    values.setdefault(key, []).append((step.index, {"value": value}))
                    has_any = True
            except TracerError as error:
                said = _said(error, step.call.trace.path, request.lang)
                values.setdefault(part.name, []).append((step.index, {"error": said}))
        for key, found in values.items():
            packs |= packed(key, found)
        tell(done)
        if room is not None and sum(map(len, packs.values())) > room:
            return None
    return packs if has_any else {}


def _parts(rows: _Rows, lang: Language) -> tuple[Part, ...]:
    """Every part, the most needed first. The name of a part with one key is that key."""
    by_default = {"over": "mean", "span": "last_third"}
    texts = [
        Part(
            key_of("attention_text", template=template, **by_default),
            partial(_text, rows, lang, template, HeadChoice(), by_default),
        )
        for template in (0, 1)
    ]
    rankings = [
        Part(key_of("attention_heads", template=template), partial(_heads, rows, lang, template))
        for template in (0, 1)
    ]
    grids = [
        Part(key_of("attention_grid", measure=measure), partial(_grid, rows, lang, measure))
        for measure in _GRIDS
    ]
    return (
        Part("decision", partial(_decision, lang, False), is_needed=True),
        Part("inputs?against=previous", partial(_inputs, lang), is_needed=True),
        Part("odds", _odds),
        texts[0],
        rankings[0],
        grids[0],
        *(Part(key_of("report", prompt=asked), partial(_report, lang, asked)) for asked in ("no", "yes")),
        texts[1],
        rankings[1],
        Part("attention_contribution", partial(_contribution, lang)),
        Part(key_of("attention_grid", measure="contribution"), partial(_contributed_grid, rows, lang)),
        *grids[1:],
        Part("head_texts", partial(_head_texts, rows, lang)),
        Part("decision?rows=all", partial(_decision, lang, True)),
    )


def _decision(lang: Language, has_all_rows: bool, step: Step) -> Iterator[tuple[str, object]]:
    picture = decision_picture(step, lang, has_all_rows=has_all_rows)
    python = _without_folder(picture.python, step.call.trace.path)
    yield "decision?rows=all" if has_all_rows else "decision", replace(picture, python=python)


def _odds(step: Step) -> Iterator[tuple[str, object]]:
    if can_change(step.call):
        yield "odds", temperature_odds(step)


def _inputs(lang: Language, step: Step) -> Iterator[tuple[str, object]]:
    yield "inputs?against=previous", forward_inputs(step, lang)


def _report(lang: Language, asked: str, step: Step) -> Iterator[tuple[str, object]]:
    yield key_of("report", prompt=asked), report_of(step, lang, has_prompt=asked == "yes")


def _text(
    rows: _Rows, lang: Language, template: int, heads: HeadChoice, named: dict[str, str], step: Step
) -> Iterator[tuple[str, object]]:
    value = attention_text(step, heads, lang=lang, skip_template=bool(template), rows=rows.of(step))
    yield key_of("attention_text", template=template, **named), value


def _heads(rows: _Rows, lang: Language, template: int, step: Step) -> Iterator[tuple[str, object]]:
    value = attention_heads(step, lang=lang, skip_template=bool(template), rows=rows.of(step))
    yield key_of("attention_heads", template=template), value


def _head_texts(rows: _Rows, lang: Language, step: Step) -> Iterator[tuple[str, object]]:
    """The texts of the heads that are listed at a step."""
    ranked = attention_heads(step, lang=lang, rows=rows.of(step)).rows
    for layer, head in dict.fromkeys((one.layer, one.head) for one in ranked):
        value = attention_text(step, HeadChoice(layer, head), lang=lang, rows=rows.of(step))
        yield key_of("attention_text", head=head, layer=layer, template=0), value


def _grid(rows: _Rows, lang: Language, measure: Measure, step: Step) -> Iterator[tuple[str, object]]:
    yield key_of("attention_grid", measure=measure), head_grid(step, measure, lang=lang, rows=rows.of(step))


def _contribution(lang: Language, step: Step) -> Iterator[tuple[str, object]]:
    value = attention_contribution(step, lang=lang)
    if value.available:
        yield "attention_contribution", value


def _contributed_grid(rows: _Rows, lang: Language, step: Step) -> Iterator[tuple[str, object]]:
    if attention_contribution(step, lang=lang).available:
        yield from _grid(rows, lang, "contribution", step)
