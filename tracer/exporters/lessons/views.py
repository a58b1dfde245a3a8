"""The blocks `view` of a lesson: the values of `tracer.pictures`, each with the template that shows it.

Computes no number and holds no markup.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from tracer.analysis.alternative import AlternativeRow, WhatIf
from tracer.analysis.explanation import explain
from tracer.analysis.head_choice import HeadChoice
from tracer.analysis.notable import notable_steps
from tracer.analysis.settings import Setting
from tracer.exporters.lessons.runs import Runs
from tracer.pictures.attention_text import attention_text
from tracer.pictures.cache_growth import cache_growth
from tracer.pictures.decision import decision_picture
from tracer.pictures.forward_inputs import forward_inputs
from tracer.pictures.strip import strip_picture
from tracer.pictures.token_stages import token_table
from tracer.replay.counterfactual import what_if
from tracer.trace.sequence import Sequence
from tracer.trace.step import Step
from tracer.wording import numbers
from tracer.wording.composition import Language, compose
from tracer.wording.explanation import setting_text

_WHERE = ("view", "trace", "call", "row", "step")
_SETTINGS = ("temperature", "top_k", "top_p", "min_p", "repetition_penalty", "do_sample", "seed")
_FIXED = ("do_sample", "seed")
_MOST_ASKED = 8

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture for the template of its name; `caption` says where it is from."""

    template: str
    picture: Any
    caption: str


@dataclass(frozen=True, slots=True)
class TrialCell:
    """A token with one of the settings asked for."""

    probability: float
    percent: str
    is_answer: bool


@dataclass(frozen=True, slots=True)
class TrialRow:
    """A token and a cell for each setting asked for."""

    token: str
    is_chosen: bool
    cells: tuple[TrialCell | None, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """One step under several values of one setting, with the same luck."""

    frame: str
    titles: tuple[str, ...]
    left: tuple[str, ...]
    rows: tuple[TrialRow, ...]
    answers: tuple[str, ...]


def show(runs: Runs, fields: Fields, lang: Language) -> Shown:
    """Returns what a block asks for.

    Raises:
        ValueError: there is no such view, trace, step or option.
        TypeError: an option is of the wrong kind.
        TracerError: the trace cannot be opened, or what the view shows was not recorded.
    """
    name = fields.get("view")
    if not isinstance(name, str) or name not in VIEWS:
        raise ValueError(f"view: {name!r} is none of {', '.join(VIEWS)}. Type view: decision.")
    make, options = VIEWS[name]
    for field in fields:
        if field not in (*_WHERE, *options):
            known = ", ".join((*_WHERE, *options))
            raise ValueError(f"{field!r} is no field of the view {name}; it has {known}. Leave it out.")
    sequence = runs.sequence(fields.get("trace"), call=fields.get("call"), row=fields.get("row"))
    step = None
    if name != "strip":
        if "step" not in fields:
            raise ValueError(f"The view {name} is of one step. Type step: 0, or step: stop-overruled.")
        step = runs.step(sequence, fields["step"])
    elif "step" in fields:
        step = runs.step(sequence, fields["step"])
    chosen = {field: fields[field] for field in fields if field in options}
    return Shown(name, make(sequence, step, chosen, lang), _caption(sequence, step, lang))


def _caption(sequence: Sequence, step: Step | None, lang: Language) -> str:
    name = sequence.call.trace.path.stem
    if step is None:
        return compose("lesson.from_trace", lang, trace=name)
    return compose("lesson.from_step", lang, trace=name, step=str(step.index))


def _decision(sequence: Sequence, step: Any, options: Fields, lang: Language) -> Any:
    return decision_picture(step, lang)


def _strip(sequence: Sequence, step: Any, options: Fields, lang: Language) -> Any:
    here = step.index if step is not None else None
    return strip_picture(sequence, notable_steps(sequence), lang), here


def _attention(sequence: Sequence, step: Any, options: Fields, lang: Language) -> Any:
    skips = bool(options.pop("skip_template", False))
    return attention_text(step, HeadChoice(**options), lang=lang, skip_template=skips)


def _cache(sequence: Sequence, step: Any, options: Fields, lang: Language) -> Any:
    return cache_growth(step, lang)


def _inputs(sequence: Sequence, step: Any, options: Fields, lang: Language) -> Any:
    return forward_inputs(step, lang, against=options.get("against", "previous"))


def _stages(sequence: Sequence, step: Any, options: Fields, lang: Language) -> Any:
    rows = sorted(explain(step).rows, key=lambda row: row.ranks[0])
    return token_table(step, tuple(row.token_id for row in rows), lang)


def _trial(sequence: Sequence, step: Any, options: Fields, lang: Language) -> Any:
    varied = [name for name, value in options.items() if isinstance(value, list) and name not in _FIXED]
    if len(varied) != 1 or not 2 <= len(options[varied[0]]) <= _MOST_ASKED:
        raise ValueError(
            f"A what-if varies one setting over 2 to {_MOST_ASKED} values. Type temperature: [0.5, 1.0, 1.5]."
        )
    name = varied[0]
    answers = [what_if(step, **{**options, name: value}) for value in options[name]]
    return Trial(
        frame=compose("lesson.simulated", lang),
        titles=tuple(setting_text(Setting("", name, value), lang) for value in options[name]),
        left=tuple(
            compose("tokens_left", lang, count=numbers.count(answer.stages[-1].num_left))
            for answer in answers
        ),
        rows=tuple(
            TrialRow(
                row.token,
                row.is_chosen,
                tuple(_trial_cell(answer.rows, row.token_id, lang) for answer in answers),
            )
            for row in _trial_rows(answers)
        ),
        answers=tuple(answer.token or "?" for answer in answers),
    )


def _trial_rows(answers: list[WhatIf]) -> list[AlternativeRow]:
    """The tokens that every answer tells about, and what each answered."""
    found = {row.token_id: row for answer in answers for row in answer.rows}
    shared = set.intersection(*({row.token_id for row in answer.rows} for answer in answers))
    kept = shared | {answer.token_id for answer in answers if answer.token_id is not None}
    return sorted((found[one] for one in kept), key=lambda row: (-row.probability_before, row.token_id))


def _trial_cell(rows: tuple[AlternativeRow, ...], token_id: int, lang: Language) -> TrialCell | None:
    row = next((one for one in rows if one.token_id == token_id), None)
    if row is None:
        return None
    return TrialCell(row.probability_after, numbers.percent(row.probability_after, lang), row.is_answer)


VIEWS: Mapping[str, tuple[Callable[[Sequence, Any, Fields, Language], Any], tuple[str, ...]]] = (
    MappingProxyType(
        {
            "decision": (_decision, ()),
            "strip": (_strip, ()),
            "attention": (_attention, ("layer", "head", "over", "span", "skip_template")),
            "what-if": (_trial, _SETTINGS),
            "cache": (_cache, ()),
            "inputs": (_inputs, ("against",)),
            "stages": (_stages, ()),
        }
    )
)
"""View → what makes its picture, and its own fields."""
