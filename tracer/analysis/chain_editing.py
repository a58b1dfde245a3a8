"""The chain of logits processors as it would be with other settings: the recorded one, edited.

Knows the five common settings and `do_sample`: what they no longer switch on is taken out, what they newly
switch on is put where transformers would put it, everything else stays as recorded, processors of the user's
own included. Settings beside these are edited where transformers is at hand, in `tracer.replay`. Runs nothing.

Source: transformers 5.17 and 5.23, generation/utils.py, _get_logits_processor.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from tracer import processor_names
from tracer.analysis.settings import setting_of
from tracer.schema import ProcessorInfo

if TYPE_CHECKING:
    from tracer.trace.call import Call

COMMON = ("repetition_penalty", "temperature", "top_k", "top_p", "min_p")
"""The settings that numpy can change, in the order in which they act."""

_PROCESSOR = MappingProxyType(
    {
        "repetition_penalty": ("RepetitionPenaltyLogitsProcessor", "penalty"),
        "temperature": ("TemperatureLogitsWarper", "temperature"),
        "top_k": ("TopKLogitsWarper", "top_k"),
        "top_p": ("TopPLogitsWarper", "top_p"),
        "min_p": ("MinPLogitsWarper", "min_p"),
    }
)

_BEFORE_PENALTY = frozenset({"guidance_scale", "sequence_bias", "encoder_repetition_penalty"})
_RARE_WARPERS = ("top_h", "typical_p", "epsilon_cutoff", "eta_cutoff")
WARPERS = ("temperature", "top_h", "top_k", "top_p", "min_p", "typical_p", "epsilon_cutoff", "eta_cutoff")
"""The settings that only sampling reads, in the order in which they act."""

_ENDING = (*WARPERS, "watermarking_config", "renormalize_logits")
"""The settings whose processors stand behind those of the user's own, in order."""


@dataclass(frozen=True, slots=True)
class Link:
    """One processor of the edited chain. `processor` is the object to run where `info` does not say all."""

    info: ProcessorInfo
    is_recorded: bool
    processor: Any = None


def recorded_chain(call: "Call") -> tuple[Link, ...]:
    """Returns the chain as it was."""
    return tuple(Link(info, is_recorded=True) for info in call.processors)


def recorded_settings(call: "Call") -> dict[str, Any]:
    """Returns the settings of the call by name; `do_sample` says how it really chose."""
    values = {name: parameter.value for name, parameter in call.info.generation_config.items()}
    return values | {"do_sample": call.info.mode == "sample"}


def is_numpy_enough(call: "Call", settings: Mapping[str, Any]) -> bool:
    """Returns whether `edited_chain` can make these changes; if not, transformers has to."""
    if any(name not in (*COMMON, "do_sample", "seed") for name in settings):
        return False
    before = recorded_settings(call)
    starts_sampling = settings.get("do_sample") and not before["do_sample"]
    needs_rare_warper = starts_sampling and any(_is_rare_warper_on(before, name) for name in _RARE_WARPERS)
    return not needs_rare_warper and not _adds_penalty_to_padding(call, before, {**before, **settings})


def _adds_penalty_to_padding(call: "Call", before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether a penalty comes new to a padded batch: versions differ in whether it counts the padding."""
    is_new = active_value("repetition_penalty", before) is None
    is_new = is_new and active_value("repetition_penalty", after) is not None
    return is_new and any(0 in mask for mask in call.info.prompt_mask or ())


def _is_rare_warper_on(settings: Mapping[str, Any], name: str) -> bool:
    value = settings.get(name)
    off = {"top_h": (None,), "typical_p": (None, 1.0)}.get(name, (None, 0.0, 1.0))
    return value not in off


def edited_chain(call: "Call", settings: Mapping[str, Any]) -> tuple[Link, ...]:
    """Returns the chain with these settings, of which `is_numpy_enough` must be true."""
    before = recorded_settings(call)
    after = {**before, **{name: value for name, value in settings.items() if name != "seed"}}
    links = list(recorded_chain(call))
    if before["do_sample"] and not after["do_sample"]:
        switched_on = [name for name in _RARE_WARPERS if _is_rare_warper_on(before, name)]
        links = [link for link in links if not any(_carries_out(link, name, before) for name in switched_on)]
    for name in COMMON:
        was, now = active_value(name, before), active_value(name, after)
        if was != now:
            _change(links, name, (was, now), before)
    return tuple(links)


def active_value(name: str, settings: Mapping[str, Any]) -> float | int | None:
    """Returns the value of one of the five settings, or None where it switches nothing on."""
    value: float | int | None = settings.get(name)
    if value is None or (name != "repetition_penalty" and not settings["do_sample"]):
        return None
    match name:
        case "temperature" | "repetition_penalty":
            return None if value == 1.0 else value
        case "top_k":
            return None if value == 0 else value
        case "top_p":
            return None if value >= 1.0 else value
    return value


def _change(
    links: list[Link],
    name: str,
    values: tuple[float | int | None, float | int | None],
    before: Mapping[str, Any],
) -> None:
    was, now = values
    class_name, attribute = _PROCESSOR[name]
    place = _find(links, name, before) if was is not None else None
    if place is not None and now is None:
        del links[place]
    elif place is not None:
        info = links[place].info
        parameters = {**info.parameters, attribute: now}
        links[place] = Link(info.model_copy(update={"parameters": parameters}), is_recorded=False)
    elif now is not None and not (name == "repetition_penalty" and _has_own(links, class_name)):
        links.insert(_place(links, name, before), _new_link(name, now))


def _find(links: list[Link], name: str, settings: Mapping[str, Any]) -> int | None:
    """The place of the processor that carries out the setting, from the end: one's own stand before it."""
    places = (place for place in reversed(range(len(links))) if _carries_out(links[place], name, settings))
    return next(places, None)


def _carries_out(link: Link, name: str, settings: Mapping[str, Any]) -> bool:
    """Whether transformers made this processor for the setting, rather than the user."""
    setting = setting_of(link.info.class_name, link.info.parameters)
    if setting.name != name or link.info.module != processor_names.MODULE:
        return False
    value = settings.get(name)
    is_number = isinstance(value, int | float) and isinstance(setting.value, int | float)
    return value is not None and (not is_number or abs(setting.value - value) <= 1e-6 * abs(value))


def _has_own(links: list[Link], class_name: str) -> bool:
    """Whether the user passed a processor of the class: transformers then lets it take the setting's place."""
    return any(
        link.info.class_name == class_name and link.info.module == processor_names.MODULE for link in links
    )


def _place(links: list[Link], name: str, before: Mapping[str, Any]) -> int:
    if name == "repetition_penalty":
        earlier = (any(_carries_out(link, other, before) for other in _BEFORE_PENALTY) for link in links)
        return next((place for place, is_earlier in enumerate(earlier) if not is_earlier), len(links))
    later = list(_ENDING[_ENDING.index(name) + 1 :])
    place = len(links)
    while place and later:
        found = next((other for other in later if _stands_for(links[place - 1], other, before)), None)
        if found is None:
            break
        later.remove(found)
        place -= 1
    return place


def _stands_for(link: Link, name: str, before: Mapping[str, Any]) -> bool:
    return _carries_out(link, name, before) or (
        not link.is_recorded and setting_of(link.info.class_name, link.info.parameters).name == name
    )


def _new_link(name: str, value: float | int) -> Link:
    class_name, attribute = _PROCESSOR[name]
    parameters: dict[str, Any] = {attribute: value}
    if name not in ("repetition_penalty", "temperature"):
        parameters |= {"filter_value": {"float": "-inf"}, "min_tokens_to_keep": 1}
    info = ProcessorInfo(
        stage=0,
        class_name=class_name,
        module=processor_names.MODULE,
        parameters=parameters,
        is_rebuildable=True,
    )
    return Link(info, is_recorded=False)


def prompt_row(call: "Call", rows: list[list[int]], row: int) -> list[int]:
    """Returns a row of the recorded prompts or masks, which may be stored once for several answers."""
    own = row if len(rows) == call.info.num_rows else row // call.info.num_return_sequences
    return rows[own]
