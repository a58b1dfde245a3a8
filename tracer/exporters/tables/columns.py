"""The steps table of an export: one row per step, every column with its type and what it means.

The only list of the columns. Text of the model stands in two of them: as it is shown, and exactly, as a JSON string.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from tracer.trace.call import Call
from tracer.trace.step import Step
from tracer.wording.composition import Language, compose

Value = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `meaning` is what the dictionary says; `is_text`: it holds what a model wrote."""

    name: str
    type: pa.DataType
    meaning: str
    value: Callable[[Step], Value]
    is_text: bool = False


def columns_of(call: Call, lang: Language) -> tuple[Column, ...]:
    """Returns the columns of a call's steps; those of the stages are named after their processors."""
    return (*_steps(lang), *_stages(call, lang), *_verdicts(call, lang), *_times(lang))


def _steps(lang: Language) -> tuple[Column, ...]:
    text, whole, real, flag = pa.string(), pa.int64(), pa.float64(), pa.bool_()

    def column(name: str, kind: pa.DataType, value: Callable[[Step], Value], is_text: bool = False) -> Column:
        return Column(name, kind, compose(f"export.column.{name}", lang), value, is_text)

    return (
        column("call", whole, lambda step: step.call.index),
        column("row", whole, lambda step: step.sequence.row),
        column("step", whole, lambda step: step.index),
        column("phase", text, lambda step: str(step.phase)),
        column("token_id", whole, lambda step: step.token_id),
        column("token", text, lambda step: _visible(step, step.token_id), is_text=True),
        column("token_json", text, lambda step: json.dumps(step.token), is_text=True),
        column("position", whole, lambda step: step.position),
        column("kv_len", whole, lambda step: step.kv_len),
        column("model_probability", real, lambda step: step.model_probability),
        column("model_rank", whole, lambda step: step.model_rank),
        column("surprisal", real, lambda step: step.surprisal),
        column("probability", real, lambda step: step.probability),
        column("rank", whole, lambda step: step.rank),
        column("model_entropy", real, lambda step: step.model_entropy),
        column("entropy", real, lambda step: step.entropy),
        column("favorite_id", whole, lambda step: step.favorite_id),
        column("favorite", text, lambda step: _visible(step, step.favorite_id), is_text=True),
        column("winner_id", whole, lambda step: step.winner_id),
        column("winner", text, lambda step: _visible(step, step.winner_id), is_text=True),
        column("is_forced", flag, lambda step: step.is_forced),
        column("is_finished", flag, lambda step: step.is_finished),
    )


def _visible(step: Step, token_id: int) -> str:
    return step.call.trace.vocabulary.visible(token_id)


def _stages(call: Call, lang: Language) -> list[Column]:
    columns: list[Column] = []
    for stage, name in enumerate(call.stage_names):
        kinds: list[tuple[str, pa.DataType, Callable[[Step], tuple[float, ...]]]] = [
            ("survivors", pa.int64(), lambda step: step.survivors),
            ("removed_mass", pa.float64(), lambda step: step.removed_mass),
            ("logsumexp", pa.float64(), lambda step: step.logsumexp),
        ]
        for kind, type_, values in kinds:
            meaning = compose(f"export.column.{kind}", lang, stage=str(stage), name=name)
            columns.append(Column(f"{kind}_{stage}_{name}", type_, meaning, _at(values, stage)))
    return columns


def _at(values: Callable[[Step], tuple[float, ...]], stage: int) -> Callable[[Step], Value]:
    def value(step: Step) -> Value:
        found = values(step)
        return found[stage] if stage < len(found) else None

    return value


def _verdicts(call: Call, lang: Language) -> list[Column]:
    def verdict(name: str) -> Callable[[Step], Value]:
        return lambda step: step.verdicts.get(name)

    return [
        Column(
            f"verdict_{name.replace(' ', '_')}",
            pa.bool_(),
            compose("export.column.verdict", lang, name=name),
            verdict(name),
        )
        for name in call.criterion_names
    ]


def _times(lang: Language) -> list[Column]:
    def time(name: str) -> Callable[[Step], Value]:
        return lambda step: step.times_ms[name]

    return [
        Column(f"{name}_ms", pa.float64(), compose(f"export.column.{name}_ms", lang), time(name))
        for name in ("at", "processors", "choice", "waited")
    ]
