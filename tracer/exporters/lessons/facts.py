"""The numbers and tokens that a lesson names, `{{ step.fact }}` in its text, each computed from the trace.

A fact is text in the lesson's language; a token's text is only ever text. Renders nothing.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TypeVar

from tracer.analysis.chain_editing import recorded_settings
from tracer.analysis.explanation import settings_of
from tracer.analysis.stations import STATIONS
from tracer.analysis.step_columns import step_columns
from tracer.errors import SignalMissingError
from tracer.exporters.lessons.runs import Runs
from tracer.pictures.attention_text import attention_text
from tracer.trace.candidate import Candidate
from tracer.trace.sequence import Sequence
from tracer.trace.step import Step
from tracer.wording import numbers
from tracer.wording.composition import Language, compose
from tracer.wording.explanation import setting_text
from tracer.wording.sizes import byte_size

TRACE = "trace"
STATION = "station"
_HEADINGS = ("contents", "then_now", "misreadings")
_MOST_BEFORE = 4

_Subject = TypeVar("_Subject")


@dataclass(frozen=True, slots=True)
class Fact:
    """What is shown; a token stands in a chip."""

    text: str
    is_token: bool = False


def fact_of(runs: Runs, reference: str, lang: Language, sequence: Sequence | None = None) -> Fact:
    """Returns what `step.fact` or `trace.fact` stands for, or `station.key`: a heading of the walk-through.

    Raises:
        ValueError: there is no such step, fact or station.
        SignalMissingError: what the fact rests on was not recorded.
    """
    place, _, name = reference.rpartition(".")
    if not place:
        raise ValueError(
            f"{{{{ {reference} }}}} names no fact. Type a step and a fact, such as {{{{ first.favorite }}}}."
        )
    if place == STATION:
        return Fact(_heading(name, lang))
    sequence = sequence or runs.sequence()
    if place == TRACE:
        return _known(OF_TRACES, name)(sequence, lang)
    return _known(OF_STEPS, name)(runs.step(sequence, place), lang)


def _heading(name: str, lang: Language) -> str:
    keys = [one.key for one in STATIONS]
    if name in keys:
        return compose(f"station.{name}.title", lang)
    if name in _HEADINGS:
        return compose(f"walk.{name}", lang)
    raise ValueError(f"{name!r} is no station; there are {', '.join([*keys, *_HEADINGS])}. Type one of them.")


def step_fact(step: Step, name: object, lang: Language) -> Fact:
    """Returns a fact of a step.

    Raises:
        ValueError: there is no such fact.
        SignalMissingError: what the fact rests on was not recorded.
    """
    return _known(OF_STEPS, str(name))(step, lang)


def _known(
    facts: Mapping[str, Callable[[_Subject, Language], Fact]], name: str
) -> Callable[[_Subject, Language], Fact]:
    if name not in facts:
        raise ValueError(f"{name!r} is no fact; there are {', '.join(facts)}. Type one of them.")
    return facts[name]


def _token(step: Step, token_id: int) -> Fact:
    return Fact(step.call.trace.vocabulary.visible(token_id), is_token=True)


def _candidate(step: Step, token_id: int) -> Candidate:
    return next(one for one in step.candidates if one.token_id == token_id)


def _by_rank(step: Step, stage: int, rank: int) -> Candidate:
    ranked = sorted(step.candidates, key=lambda one: (one.rank[stage], one.token_id))
    if rank >= len(ranked):
        raise SignalMissingError(
            f"Step {step.index} keeps {len(ranked)} candidates. Record again with record(..., top=64)."
        )
    return ranked[rank]


def _ranked(step: Step, lang: Language, *, rank: int) -> Fact:
    return _token(step, _by_rank(step, 0, rank).token_id)


def _ranked_probability(step: Step, lang: Language, *, rank: int) -> Fact:
    return Fact(numbers.percent(_by_rank(step, 0, rank).probability[0], lang))


def _favorite_after(step: Step, lang: Language) -> Fact:
    favorite = _candidate(step, step.favorite_id)
    return Fact(numbers.percent(0.0 if any(favorite.removed) else favorite.probability[-1], lang))


def _winner_probability(step: Step, lang: Language) -> Fact:
    return Fact(numbers.percent(_candidate(step, step.winner_id).probability[-1], lang))


def _winner_before(step: Step, lang: Language) -> Fact:
    return Fact(numbers.percent(_candidate(step, step.winner_id).probability[0], lang))


def _before(step: Step, lang: Language) -> Fact:
    """The end of the text that the step goes on from."""
    sequence = step.sequence
    ids = [*sequence.prompt_ids, *sequence.token_ids[: step.index]][-_MOST_BEFORE:]
    text = sequence.call.trace.vocabulary.text([int(one) for one in ids], skip_special=True)
    return Fact(text.strip(), is_token=True)


def _overturned_by(step: Step, lang: Language) -> Fact:
    columns = step_columns(step.sequence)
    stage = int(columns.overturned_at[columns.step.tolist().index(step.index)])
    if not stage:
        raise ValueError(f"No setting overturned the favorite at step {step.index}. Type another step.")
    return Fact(setting_text(settings_of(step)[stage], lang))


def _setting(step: Step, lang: Language, *, stage: int) -> Fact:
    settings = settings_of(step)
    if stage >= len(settings):
        raise ValueError(
            f"This call has {len(settings) - 1} settings that change the scores. Type a lower number."
        )
    return Fact(setting_text(settings[stage], lang))


def _cached(step: Step) -> int:
    return step.kv_len - step.forward.query_len


def _cache_bytes(step: Step) -> int:
    return sum(layer.bytes_after or 0 for layer in step.cache.layers)


def _read(step: Step, lang: Language, *, rank: int) -> Fact:
    return Fact(attention_text(step, lang=lang).strongest[rank].text, is_token=True)


def _read_weight(step: Step, lang: Language, *, rank: int) -> Fact:
    return Fact(attention_text(step, lang=lang).strongest[rank].label)


OF_STEPS: Mapping[str, Callable[[Step, Language], Fact]] = MappingProxyType(
    {
        "index": lambda step, lang: Fact(str(step.index)),
        "before": _before,
        "chosen": lambda step, lang: _token(step, step.token_id),
        "chosen-id": lambda step, lang: Fact(str(step.token_id)),
        "favorite": lambda step, lang: _token(step, step.favorite_id),
        "winner": lambda step, lang: _token(step, step.winner_id),
        "second": partial(_ranked, rank=1),
        "third": partial(_ranked, rank=2),
        "fourth": partial(_ranked, rank=3),
        "favorite-probability": partial(_ranked_probability, rank=0),
        "second-probability": partial(_ranked_probability, rank=1),
        "favorite-after": _favorite_after,
        "winner-before": _winner_before,
        "winner-probability": _winner_probability,
        "model-probability": lambda step, lang: Fact(numbers.percent(step.model_probability, lang)),
        "probability": lambda step, lang: Fact(numbers.percent(step.probability, lang)),
        "model-rank": lambda step, lang: Fact(numbers.ordinal(step.model_rank, lang)),
        "rank": lambda step, lang: Fact(numbers.ordinal(step.rank, lang)),
        "left": lambda step, lang: Fact(numbers.count(step.survivors[-1])),
        "unsure": lambda step, lang: Fact(f"{math.exp(step.model_entropy):.1f}"),
        "overturned-by": _overturned_by,
        "setting-1": partial(_setting, stage=1),
        "setting-2": partial(_setting, stage=2),
        "setting-3": partial(_setting, stage=3),
        "setting-4": partial(_setting, stage=4),
        "tokens-read": lambda step, lang: Fact(numbers.count(step.forward.query_len)),
        "cached": lambda step, lang: Fact(numbers.count(_cached(step))),
        "positions": lambda step, lang: Fact(numbers.count(step.kv_len)),
        "cache-size": lambda step, lang: Fact(byte_size(_cache_bytes(step))),
        "cache-size-per-token": lambda step, lang: Fact(byte_size(_cache_bytes(step) // step.kv_len)),
        "read-most": partial(_read, rank=0),
        "read-most-weight": partial(_read_weight, rank=0),
        "read-second": partial(_read, rank=1),
        "read-third": partial(_read, rank=2),
        "first-token-weight": lambda step, lang: Fact(attention_text(step, lang=lang).sources[0].label),
    }
)
"""Facts of a step."""


def _asked(sequence: Sequence) -> str:
    messages = sequence.call.info.messages
    return str(messages[-1].get("content", "")) if messages else sequence.prompt_text


def _value(sequence: Sequence, lang: Language, *, name: str) -> Fact:
    value = recorded_settings(sequence.call).get(name)
    if value is None:
        raise ValueError(f"The call has no {name}. Name another fact.")
    return Fact(numbers.value(value))


def _of_model(sequence: Sequence, lang: Language, *, name: str) -> Fact:
    value = getattr(sequence.call.trace.model, name)
    if value is None:
        raise ValueError(f"The model has no {name}. Name another fact.")
    return Fact(numbers.count(value) if isinstance(value, int) else str(value))


def _num_passed(sequence: Sequence, *, with_cache: bool) -> int:
    """How many tokens went through the layers for the answer; without a cache all again at each step."""
    return sum(step.forward.query_len if with_cache else step.kv_len for step in sequence.steps)


def _saved(sequence: Sequence, lang: Language) -> Fact:
    without, used = (_num_passed(sequence, with_cache=with_cache) for with_cache in (False, True))
    return Fact(f"{without / used:.0f}")


OF_TRACES: Mapping[str, Callable[[Sequence, Language], Fact]] = MappingProxyType(
    {
        "asked": lambda sequence, lang: Fact(_asked(sequence), is_token=True),
        "text": lambda sequence, lang: Fact(sequence.text, is_token=True),
        "prompt-tokens": lambda sequence, lang: Fact(numbers.count(len(sequence.prompt_ids))),
        "prompt-characters": lambda sequence, lang: Fact(numbers.count(len(_asked(sequence)))),
        "answer-tokens": lambda sequence, lang: Fact(numbers.count(len(sequence.token_ids))),
        "answer-characters": lambda sequence, lang: Fact(numbers.count(len(sequence.text))),
        "answer-bytes": lambda sequence, lang: Fact(numbers.count(len(sequence.text.encode()))),
        "last-step": lambda sequence, lang: Fact(str(len(sequence.steps) - 1)),
        "passed": lambda sequence, lang: Fact(numbers.count(_num_passed(sequence, with_cache=True))),
        "passed-without-cache": lambda sequence, lang: Fact(
            numbers.count(_num_passed(sequence, with_cache=False))
        ),
        "times-less": _saved,
        "vocabulary": partial(_of_model, name="vocab_size"),
        "model": partial(_of_model, name="name"),
        "layers": partial(_of_model, name="num_hidden_layers"),
        "heads": partial(_of_model, name="num_attention_heads"),
        "kv-heads": partial(_of_model, name="num_key_value_heads"),
        "head-size": partial(_of_model, name="head_dim"),
        "hidden-size": partial(_of_model, name="hidden_size"),
        "parameters": partial(_of_model, name="num_parameters"),
        "temperature": partial(_value, name="temperature"),
        "top-k": partial(_value, name="top_k"),
        "top-p": partial(_value, name="top_p"),
        "repetition-penalty": partial(_value, name="repetition_penalty"),
    }
)
"""Facts of a text and its model; they stand behind `trace.`."""
