"""What a walk-through lists beside a station: what the run, or the model at hand, knows about it."""

from collections.abc import Mapping
from dataclasses import dataclass

from tracer.analysis.live_facts import LiveFacts
from tracer.pictures.walkthroughs.run import Run
from tracer.schema import ConfigParameter
from tracer.trace.text.glyphs import show_invisible
from tracer.wording import numbers
from tracer.wording.composition import Language, Whole, compose

_MOST_TEXT = 2000
_MOST_TOKENS = 12
_SIZES = (
    *("num_hidden_layers", "hidden_size", "num_attention_heads", "num_key_value_heads", "head_dim"),
    "vocab_size",
)
_UNTOLD = frozenset({"transformers_version", "_from_model_config"})


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a list: a name and its value, which may hold text of the trace."""

    name: str
    value: str


def station_facts(run: Run, live: LiveFacts | None, station: str, lang: Language) -> tuple[Fact, ...]:
    """Returns what is known about a station."""
    model = run.model
    found: dict[str, str | None] = {}
    if station == "loading":
        found = {"model": model.name, "dtype": model.dtype, "device": model.device}
        found["device_map"] = live.device_map if live is not None else None
        found |= {"attention": model.attn_implementation}
        found["quantization"] = model.quantization or compose("walk.none", lang)
        found["terminators"] = ", ".join(f"{one.id} {one.text}" for one in run.terminators)
    elif station == "construction":
        sizes = {name: getattr(model, name) for name in _SIZES}
        found["configuration"] = ", ".join(f"{name}={size}" for name, size in sizes.items() if size)
    elif station == "prompt":
        found["prompt"] = run.prompt[:_MOST_TEXT]
        pieces = (f"{one.text} {one.id}" for one in run.tokens[:_MOST_TOKENS])
        found["tokens"] = " | ".join(pieces) + (" …" if len(run.tokens) > _MOST_TOKENS else "")
    elif station == "generate":
        found = {"mode": run.mode}
        found |= {origin: _settings(run.settings, origin) for origin in ("argument", "generation_config")}
        found |= {"processors": ", ".join(run.processors), "criteria": ", ".join(run.criteria)}
    elif station == "decode":
        found = {"steps": str(len(run.answer_ids)), "answer": run.answer[:_MOST_TEXT]}
    return tuple(
        Fact(compose(f"walk.fact.{name}", lang), Whole(printable(value)))
        for name, value in found.items()
        if value
    )


def _settings(settings: Mapping[str, ConfigParameter], origin: str) -> str:
    """Returns the settings of one origin, as they were resolved."""
    return ", ".join(
        f"{name}={numbers.value(one.value)}"
        for name, one in sorted(settings.items())
        if one.origin == origin and one.value is not None and name not in _UNTOLD
    )


def printable(text: str) -> str:
    """Returns text with control signs spelled out; line breaks stay."""
    return "".join(sign if sign.isprintable() or sign == "\n" else show_invisible(sign) for sign in text)
