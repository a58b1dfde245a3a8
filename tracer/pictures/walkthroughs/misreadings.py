"""Common misreadings of a `generate` call, each with what in this run shows that it is one.

One for which the run has no evidence is left out.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tracer.analysis.executed_lines import LineRecord
from tracer.analysis.live_facts import LiveFacts
from tracer.errors import SignalMissingError
from tracer.pictures.walkthroughs.run import Run
from tracer.wording import numbers
from tracer.wording.composition import Language, Whole, chip, compose

Evidence = tuple[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Misreading:
    """A common mistake, what is true, and what in this run shows it."""

    claim: str
    answer: str
    evidence: str


def misreadings(
    record: LineRecord, run: Run | None, live: LiveFacts | None, lang: Language
) -> tuple[Misreading, ...]:
    """Returns the common mistakes for which this run has evidence."""
    return tuple(
        Misreading(
            compose(f"misreading.{key}", lang),
            compose(f"misreading.{key}.answer", lang),
            compose(f"misreading.{key}.evidence", lang, **values),
        )
        for key, values in _evidence(record, run, live)
    )


def _evidence(record: LineRecord, run: Run | None, live: LiveFacts | None) -> Iterator[Evidence]:
    if live is not None:
        counts = {"trainable": str(live.num_trainable), "total": str(live.num_tensors)}
        yield "eval", {"training": str(live.is_training), **counts}
    for frame in record.named("generate")[:1]:
        for line in frame.function.lines[:3]:
            if line.strip().startswith("@") and "no_grad" in line:
                yield "no_grad", {"function": chip(frame.function.name), "decorator": chip(line.strip())}
    if run is not None and run.terminators:
        ids = [one.id for one in run.terminators]
        yield "terminators", {"ids": Whole(str(ids)), "distinct": str(len(set(ids)))}
    yield from _cache(record)
    if run is not None and run.step is not None:
        yield from _probabilities(run)
    yield from _prefill(record, run)


def _cache(record: LineRecord) -> Iterator[Evidence]:
    for frame in record.named("update", step=record.steps[0] if record.steps else None)[:1]:
        tensors = (f"{one.name} {one.shape}" for one in frame.arguments if one.shape is not None)
        yield (
            "cache",
            {"function": chip(frame.function.qualified_name), "names": Whole(", ".join(tensors))},
        )


def _probabilities(run: Run) -> Iterator[Evidence]:
    assert run.step is not None
    try:
        logits = run.step.logits
        total = float(np.sum(run.step.probabilities(0), dtype=np.float64))
    except SignalMissingError:
        return
    ends = {"lowest": numbers.decimal(float(logits.min())), "highest": numbers.decimal(float(logits.max()))}
    yield "logits", {**ends, "total": f"{total:.4f}"}


def _prefill(record: LineRecord, run: Run | None) -> Iterator[Evidence]:
    """The shape of the ids that the model read before the first choice, and what was chosen from it."""
    for frame in record.named("forward", step=0):
        ids = next((one for one in frame.arguments if "input_ids" in one.name and one.shape), None)
        if frame.module_path == "" and ids is not None and ids.shape is not None:
            if run is not None and run.chosen is not None:
                count = numbers.count(ids.shape[-1])
                yield "prefill", {"count": count, "token": chip(run.chosen.text)}
            return
