"""What a walk-through says from the trace: facts of a station, the token that is followed, evidence of misreadings.

Everything is of the first row of the call; where a signal was not recorded, the sentence is left out.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tracer.analysis.executed_lines import LineRecord
from tracer.analysis.live_facts import LiveFacts
from tracer.errors import SignalMissingError
from tracer.trace.text.glyphs import show_invisible
from tracer.wording import numbers
from tracer.wording.composition import Language, Whole, chip, compose

if TYPE_CHECKING:
    from tracer.trace.call import Call

_MOST_TEXT = 2000


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a list: a name and its value, which may hold text of the trace."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Misreading:
    """A common mistake, what is true, and what in this run shows it."""

    claim: str
    answer: str
    evidence: str


def station_facts(call: "Call", station: str, lang: Language) -> tuple[Fact, ...]:
    """Returns what the trace knows about a station."""
    sequence, vocabulary = call.sequences[0], call.trace.vocabulary
    model = call.trace.model
    found: dict[str, str | None] = {}
    if station == "loading":
        found = {"model": model.name, "dtype": model.dtype, "device": model.device}
        found |= {"attention": model.attn_implementation, "quantization": model.quantization}
        ids = _terminators(call)
        found["terminators"] = ", ".join(f"{one} {vocabulary.visible(one)}" for one in ids) or None
    elif station == "prompt":
        found["prompt"] = sequence.prompt_text[:_MOST_TEXT]
        pieces = (f"{vocabulary.visible(one)} {one}" for one in sequence.prompt_ids[:12])
        found["tokens"] = " | ".join(pieces) + (" …" if len(sequence.prompt_ids) > 12 else "")
    elif station == "generate":
        found = {"mode": call.info.mode, "processors": ", ".join(call.stage_names[1:]) or None}
        found["criteria"] = ", ".join(call.criterion_names) or None
    elif station == "decode":
        found = {"steps": str(len(sequence.steps)), "answer": sequence.text[:_MOST_TEXT]}
    return tuple(
        Fact(compose(f"walk.fact.{name}", lang), Whole(printable(value)))
        for name, value in found.items()
        if value
    )


def followed_token(call: "Call", station: str, lang: Language) -> str:
    """Returns a sentence about the prompt's last token, or the one chosen after it, at a station; or nothing."""
    sequence, vocabulary = call.sequences[0], call.trace.vocabulary
    if not sequence.prompt_ids or not sequence.steps:
        return ""
    step, last = sequence.steps[0], sequence.prompt_ids[-1]
    position = call.info.prefix_len + len(sequence.prompt_ids) - 1
    token, chosen = chip(vocabulary.visible(last)), chip(step.token)
    where = {"position": str(position)}
    match station:
        case "prompt":
            values = {"token": token, "id": str(last), **where}
        case "embedding":
            values = {"id": str(last)}
        case "prepare_inputs":
            values = {"token": token, "chosen": chosen, "next": str(position + 1), **where}
        case "cache_update":
            values = {"token": token, **where}
        case "attention_interface":
            values = {"token": token, "count": numbers.count(position + 1), **where}
        case "last_logits":
            favorite = chip(vocabulary.visible(step.favorite_id))
            probability = max(one.probability[0] for one in step.candidates)
            values = {"token": token, "favorite": favorite, "probability": numbers.percent(probability, lang)}
        case "processors":
            before, after = step.model_probability, step.probability
            shares = {"before": numbers.percent(before, lang), "after": numbers.percent(after, lang)}
            values = {"chosen": chosen, **shares}
        case "choice":
            probability = step.probability
            shares = {"probability": numbers.percent(probability, lang)}
            values = {"chosen": chosen, "id": str(step.token_id), **shares}
        case "next_inputs":
            values = {"chosen": chosen, "next": str(position + 1)}
        case "decode":
            values = {"chosen": chosen}
        case _:
            return ""
    return compose(f"followed.{station}", lang, **values)


def misreadings(
    record: LineRecord, call: "Call | None", live: LiveFacts | None, lang: Language
) -> tuple[Misreading, ...]:
    """Returns the common mistakes for which this run has evidence."""
    found = dict(_evidence(record, call, live))
    return tuple(
        Misreading(
            compose(f"misreading.{key}", lang),
            compose(f"misreading.{key}.answer", lang),
            compose(f"misreading.{key}.evidence", lang, **values),
        )
        for key, values in found.items()
    )


def _evidence(
    record: LineRecord, call: "Call | None", live: LiveFacts | None
) -> Iterator[tuple[str, dict[str, str]]]:
    if live is not None:
        counts = {"trainable": str(live.num_trainable), "total": str(live.num_tensors)}
        yield "eval", {"training": str(live.is_training), **counts}
    for frame in record.named("generate")[:1]:
        for line in frame.function.lines[:3]:
            if line.strip().startswith("@") and "no_grad" in line:
                yield "no_grad", {"function": chip(frame.function.name), "decorator": chip(line.strip())}
    if call is not None and (ids := _terminators(call)):
        yield "terminators", {"ids": Whole(str(list(ids))), "distinct": str(len(set(ids)))}
    for frame in record.named("update", step=record.steps[0] if record.steps else None)[:1]:
        tensors = (f"{one.name} {one.shape}" for one in frame.arguments if one.shape is not None)
        names = Whole(", ".join(tensors))
        yield "cache", {"function": chip(frame.function.qualified_name), "names": names}
    if call is not None and call.sequences[0].steps:
        yield from _step_evidence(call)


def _step_evidence(call: "Call") -> Iterator[tuple[str, dict[str, str]]]:
    step = call.sequences[0].steps[0]
    try:
        logits, total = step.logits, float(np.sum(step.probabilities(0), dtype=np.float64))
        ends = {
            "lowest": numbers.decimal(float(logits.min())),
            "highest": numbers.decimal(float(logits.max())),
        }
        yield "logits", {**ends, "total": f"{total:.4f}"}
    except SignalMissingError:
        pass
    yield "prefill", {"count": numbers.count(step.forward.query_len), "token": chip(step.token)}


def printable(text: str) -> str:
    """Returns text with control signs spelled out; line breaks stay."""
    return "".join(sign if sign.isprintable() or sign == "\n" else show_invisible(sign) for sign in text)


def _terminators(call: "Call") -> tuple[int, ...]:
    given = call.info.generation_config.get("eos_token_id")
    value = None if given is None else given.value
    ids = value if isinstance(value, list) else [value]
    return tuple(one for one in ids if isinstance(one, int))
