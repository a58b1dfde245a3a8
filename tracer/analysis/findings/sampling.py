"""Rules about sampling: settings that nothing read, and a temperature that leaves no choice."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tracer.analysis.findings.facts import chosen_steps, stages_of
from tracer.analysis.findings.finding import Finding, Rule, Severity, of_call
from tracer.analysis.settings import Setting

if TYPE_CHECKING:
    from tracer.trace.call import Call

WITHOUT_EFFECT: dict[str, float] = {
    "temperature": 1.0,
    "top_k": 0,
    "top_p": 1.0,
    "min_p": 0.0,
    "top_h": 1.0,
    "typical_p": 1.0,
    "epsilon_cutoff": 0.0,
    "eta_cutoff": 0.0,
}
"""The settings that only sampling reads, each with the value that changes nothing."""

LOW_TEMPERATURE = 0.1


def ignored_settings(call: "Call") -> Iterator[Finding]:
    """Finds settings that the caller gave and that greedy decoding did not read."""
    ignored = [one for one in _given(call) if not _is_zero_temperature(one)]
    if call.info.mode == "greedy" and ignored:
        numbers = {"num_ignored": len(ignored), "num_steps": _num_steps(call)}
        values = {one.name: one.value for one in ignored if isinstance(one.value, int | float)}
        yield of_call(
            Rule.SAMPLING_IGNORED,
            Severity.WARNING,
            call,
            {**numbers, **{str(name): float(value) for name, value in values.items()}},
            settings=tuple(ignored),
        )


def zero_temperatures(call: "Call") -> Iterator[Finding]:
    """Finds temperature 0 given to greedy decoding, which takes the best token without it."""
    zero = [one for one in _given(call) if _is_zero_temperature(one)]
    if call.info.mode == "greedy" and zero:
        numbers = {"temperature": 0.0, "num_steps": _num_steps(call)}
        yield of_call(Rule.TEMPERATURE_ZERO, Severity.NOTE, call, numbers, settings=tuple(zero))


def low_temperatures(call: "Call") -> Iterator[Finding]:
    """Finds sampling with a temperature below `LOW_TEMPERATURE`."""
    if call.info.mode != "sample":
        return
    for at in stages_of(call, frozenset({"temperature"})):
        value, steps = at.setting.value, list(chosen_steps(call))
        if isinstance(value, int | float) and value < LOW_TEMPERATURE and steps:
            num_best = sum(step.token_id == step.winner_id for step in steps)
            numbers = {"temperature": float(value), "num_best": num_best, "num_steps": len(steps)}
            yield of_call(Rule.TEMPERATURE_LOW, Severity.WARNING, call, numbers, settings=(at.setting,))


def _given(call: "Call") -> list[Setting]:
    """What the caller set to a value with an effect; the model's own defaults are nobody's mistake."""
    return [
        Setting(class_name="", name=name, value=parameter.value)
        for name, neutral in WITHOUT_EFFECT.items()
        if (parameter := call.info.generation_config.get(name)) is not None
        and parameter.origin in {"argument", "generation_config"}
        and isinstance(parameter.value, int | float)
        and parameter.value != neutral
    ]


def _is_zero_temperature(setting: Setting) -> bool:
    return setting.name == "temperature" and setting.value == 0


def _num_steps(call: "Call") -> int:
    return sum(len(sequence.steps) for sequence in call.sequences)
