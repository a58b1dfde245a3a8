"""In what two recorded calls differ before any token is looked at: settings, processors, model, versions, recording.

Compares the documents of both; opens no table and no array, and does not say which difference mattered.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from tracer.analysis.settings import Setting, setting_of

if TYPE_CHECKING:
    from tracer.schema import ConfigParameter
    from tracer.trace.call import Call
    from tracer.trace.trace import Trace

_ABSENT = object()
_PLUMBING = frozenset(
    {"return_dict_in_generate", "output_attentions", "output_hidden_states", "output_scores", "output_logits"}
)
_NOT_ABOUT_THE_RUN = frozenset({"overwrite", "messages", "queue_bytes", "unsupported"})
_CALL_FACTS = ("num_rows", "prefix_len", "cache_class", "use_cache")


class Group(StrEnum):
    """What a fact is about."""

    MODEL = "model"
    ENVIRONMENT = "environment"
    CALL = "call"
    RECORDING = "recording"


@dataclass(frozen=True, slots=True)
class SettingValue:
    """The value of a setting, and where it came from: argument, generation_config, model or default."""

    value: Any
    origin: str


@dataclass(frozen=True, slots=True)
class SettingDifference:
    """One setting of `generate` with other values; None where one of the two does not know it."""

    name: str
    a: SettingValue | None
    b: SettingValue | None


@dataclass(frozen=True, slots=True)
class ParameterDifference:
    """One recorded parameter of a processor or criterion, as the trace's document has it."""

    name: str
    a: Any
    b: Any


@dataclass(frozen=True, slots=True)
class PartDifference:
    """A logits processor or stopping criterion that only one has, or whose `parameters` have other values.

    `a` and `b` are the settings carried out; None where that side has none of this class.
    """

    class_name: str
    a: Setting | None
    b: Setting | None
    parameters: tuple[ParameterDifference, ...] = ()


@dataclass(frozen=True, slots=True)
class FactDifference:
    """One fact about the model, the environment, the call or the recording that differs; None: not there."""

    group: Group
    name: str
    a: Any
    b: Any


def setting_differences(a: "Call", b: "Call") -> tuple[SettingDifference, ...]:
    """Returns the settings whose resolved values differ, those given as arguments first."""
    ours, theirs = a.info.generation_config, b.info.generation_config
    found = [
        SettingDifference(name, _setting(ours.get(name)), _setting(theirs.get(name)))
        for name in (*ours, *(name for name in theirs if name not in ours))
        if name not in _PLUMBING and _value(ours.get(name)) != _value(theirs.get(name))
    ]
    return tuple(sorted(found, key=lambda one: not _is_given(one)))


def _value(parameter: "ConfigParameter | None") -> Any:
    return None if parameter is None else parameter.value


def _setting(parameter: "ConfigParameter | None") -> SettingValue | None:
    return None if parameter is None else SettingValue(parameter.value, parameter.origin)


def _is_given(one: SettingDifference) -> bool:
    return any(side is not None and side.origin == "argument" for side in (one.a, one.b))


def processor_differences(a: "Call", b: "Call") -> tuple[PartDifference, ...]:
    """Returns the logits processors that differ, in the order in which they act."""
    return _part_differences(a.processors, b.processors)


def criterion_differences(a: "Call", b: "Call") -> tuple[PartDifference, ...]:
    """Returns the stopping criteria that differ, in the order in which they are asked."""
    return _part_differences(a.criteria, b.criteria)


def _part_differences(a: Iterable[Any], b: Iterable[Any]) -> tuple[PartDifference, ...]:
    ours, theirs = _by_place(a), _by_place(b)
    found = []
    for place in (*ours, *(place for place in theirs if place not in ours)):
        old, new = ours.get(place), theirs.get(place)
        if old is not None and new is not None:
            names = _changed(old.parameters, new.parameters)
            if names:
                found.append(PartDifference(place[0], _carried_out(old), _carried_out(new), names))
        else:
            found.append(
                PartDifference(
                    place[0],
                    None if old is None else _carried_out(old),
                    None if new is None else _carried_out(new),
                )
            )
    return tuple(found)


def _by_place(parts: Iterable[Any]) -> dict[tuple[str, int], Any]:
    """The parts by class name and how many of that class came before."""
    seen: Counter[str] = Counter()
    placed = {}
    for part in parts:
        placed[part.class_name, seen[part.class_name]] = part
        seen[part.class_name] += 1
    return placed


def _carried_out(part: Any) -> Setting:
    return setting_of(part.class_name, part.parameters)


def _changed(a: Mapping[str, Any], b: Mapping[str, Any]) -> tuple[ParameterDifference, ...]:
    names = (*a, *(name for name in b if name not in a))
    return tuple(
        ParameterDifference(name, a.get(name), b.get(name))
        for name in names
        if _placeless(a.get(name)) != _placeless(b.get(name))
    )


def _placeless(parameter: Any) -> Any:
    """A recorded parameter without the device on which its tensor lay."""
    if isinstance(parameter, Mapping):
        return {name: _placeless(value) for name, value in parameter.items() if name != "device"}
    return [_placeless(value) for value in parameter] if isinstance(parameter, list) else parameter


def fact_differences(a: "Call", b: "Call") -> tuple[FactDifference, ...]:
    """Returns what differs of model, environment, call and recording."""
    calls = [{name: getattr(call.info, name) for name in _CALL_FACTS} for call in (a, b)]
    found = list(_facts(Group.CALL, *calls))
    if a.trace is b.trace:
        return tuple(found)
    return (
        *_facts(Group.MODEL, _model(a.trace), _model(b.trace)),
        *_facts(
            Group.ENVIRONMENT,
            a.trace.manifest.environment.model_dump(),
            b.trace.manifest.environment.model_dump(),
        ),
        *found,
        *_facts(Group.RECORDING, _recording(a.trace), _recording(b.trace)),
    )


def _model(trace: "Trace") -> dict[str, Any]:
    facts = trace.model.model_dump()
    config = {f"config.{name}": value for name, value in facts.pop("config").items()}
    known = set(facts)
    return facts | {name: value for name, value in config.items() if name.split(".")[-1] not in known}


def _recording(trace: "Trace") -> dict[str, Any]:
    return {
        name: value for name, value in trace.manifest.config.items() if name not in _NOT_ABOUT_THE_RUN
    } | {"status": trace.status}


def _facts(group: Group, a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterable[FactDifference]:
    for name in (*a, *(name for name in b if name not in a)):
        if a.get(name, _ABSENT) != b.get(name, _ABSENT):
            yield FactDifference(group, name, a.get(name), b.get(name))
