"""One run at a glance: prompt and answer, the settings and where each came from, times, the end, what is missing.

Lists of lines in words; what a step did is in other pictures.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracer.analysis.explanation import explain
from tracer.analysis.findings.grouping import grouped
from tracer.analysis.findings.registry import lint
from tracer.config import format_bytes
from tracer.wording import numbers
from tracer.wording.absence import reason_in
from tracer.wording.composition import Language, compose
from tracer.wording.explanation import clauses
from tracer.wording.findings import finding_text, place_text, remedy_text, severity_name

if TYPE_CHECKING:
    from tracer.trace.call import Call
    from tracer.trace.sequence import Sequence
    from tracer.trace.trace import Trace

_PLUMBING = frozenset(
    {"return_dict_in_generate", "output_attentions", "output_hidden_states", "output_scores"}
)


@dataclass(frozen=True, slots=True)
class Fact:
    """A name and its value, both in words."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class SettingFact:
    """One setting of the call: its value as code writes it, and where it came from."""

    name: str
    value: str
    origin: str
    is_default: bool


@dataclass(frozen=True, slots=True)
class FindingFact:
    """One finding of the check for common problems; `step` is where it shows first, if at a step."""

    severity: str
    place: str
    text: str
    remedy: str
    step: int | None


@dataclass(frozen=True, slots=True)
class RunSummary:
    """Everything the fold-out shows. `missing` are signals that are not in the trace, with the reason."""

    prompt: str
    answer: str
    end: str
    facts: tuple[Fact, ...]
    settings: tuple[SettingFact, ...]
    missing: tuple[Fact, ...]
    notes: tuple[str, ...]
    findings: tuple[FindingFact, ...]


def run_summary(sequence: "Sequence", lang: Language = "en") -> RunSummary:
    """Returns what there is to know about the run of a sequence."""
    call, trace = sequence.call, sequence.call.trace
    return RunSummary(
        prompt=sequence.prompt_text,
        answer=sequence.text,
        end=_end(sequence, lang),
        facts=(*_trace_facts(trace, lang), *_time_facts(call, sequence, lang)),
        settings=setting_facts(call, lang),
        missing=tuple(
            Fact(one.signal, reason_in(one.reason, lang))
            for one in (*trace.manifest.missing, *call.info.missing)
        ),
        notes=(*call.info.notes, *(f"{fault.where}: {fault.error}" for fault in trace.manifest.faults)),
        findings=_findings(sequence, lang),
    )


def _end(sequence: "Sequence", lang: Language) -> str:
    """The closing clause of the last step."""
    if not sequence.steps:
        return compose("ui.no_steps", lang)
    explanation = explain(sequence.steps[-1])
    if not explanation.is_finished:
        return compose("ui.not_finished", lang)
    return clauses(explanation, lang)[-1]


def _trace_facts(trace: "Trace", lang: Language) -> tuple[Fact, ...]:
    model, made, preset = trace.model, trace.manifest.environment, trace.manifest.config.get("preset")
    device = made.device_name or model.device
    return (
        Fact(compose("ui.fact_model", lang), f"{model.name} ({model.class_name})"),
        Fact(
            compose("ui.fact_numbers", lang),
            compose(
                "ui.fact_numbers_text",
                lang,
                parameters=numbers.count(model.num_parameters),
                dtype=model.dtype,
                device=device,
                attention=str(model.attn_implementation),
            ),
        ),
        Fact(
            compose("ui.fact_versions", lang),
            f"torch {made.torch}, transformers {made.transformers}, Python {made.python}",
        ),
        Fact(
            compose("ui.fact_recorded", lang),
            f"{trace.manifest.created_at[:19].replace('T', ' ')} UTC, {preset}, {format_bytes(trace.nbytes)}",
        ),
    )


def _time_facts(call: "Call", sequence: "Sequence", lang: Language) -> tuple[Fact, ...]:
    facts = [
        Fact(
            compose("ui.fact_tokens", lang),
            compose(
                "ui.fact_tokens_text",
                lang,
                prompt=numbers.count(len(sequence.prompt_ids)),
                answer=numbers.count(len(sequence.token_ids)),
            ),
        )
    ]
    elapsed = call.info.elapsed_ms
    if elapsed is not None:
        per_token = elapsed / max(1, call.info.num_steps)
        facts.append(
            Fact(
                compose("ui.fact_time", lang),
                compose(
                    "ui.fact_time_text",
                    lang,
                    seconds=f"{elapsed / 1000:.1f}",
                    per_token=f"{per_token:.0f}",
                    waited=f"{call.info.waited_ms:.0f}",
                ),
            )
        )
    return tuple(facts)


def setting_facts(call: "Call", lang: Language) -> tuple[SettingFact, ...]:
    """Returns the settings of a call: those that were given first, then those of the model's files, then defaults."""
    order = {"argument": 0, "generation_config": 1, "model": 2, "default": 3}
    known = [
        (order[parameter.origin], name, parameter)
        for name, parameter in call.info.generation_config.items()
        if parameter.value is not None and name not in _PLUMBING
    ]
    return tuple(
        SettingFact(
            name,
            repr(parameter.value),
            compose(f"ui.origin_{parameter.origin}", lang),
            parameter.origin == "default",
        )
        for _, name, parameter in sorted(known, key=lambda entry: entry[:1])
    )


def _findings(sequence: "Sequence", lang: Language) -> tuple[FindingFact, ...]:
    found = [one for one in lint(sequence.call.trace) if one.call == sequence.call.index]
    found = [one for one in found if one.row in (None, sequence.row)]
    return tuple(
        FindingFact(
            severity=severity_name(group.strongest.severity, lang),
            place=place_text(group, lang),
            text=finding_text(group.strongest, lang),
            remedy=remedy_text(group.strongest, lang),
            step=group.steps[0] if group.steps else None,
        )
        for group in grouped(tuple(found))
    )
