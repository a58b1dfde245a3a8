"""A finding in words: its title, what was found with its numbers, and the remedy.

Pure functions of a finding and a language; which words, stands in `tracer.wording.catalogue_lint`.
"""

from string import Formatter

from tracer.analysis.findings.finding import Finding, Rule, Severity
from tracer.analysis.findings.grouping import Group
from tracer.wording import numbers
from tracer.wording.catalogue import CATALOGUE
from tracer.wording.composition import Language, Whole, chip, compose, join
from tracer.wording.explanation import setting_text

_MOST_LISTED = 12


def rule_title(rule: Rule, lang: Language = "en") -> str:
    """Returns what a rule is about, in a few words."""
    return compose(f"lint.{rule}.title", lang)


def severity_name(severity: Severity, lang: Language = "en") -> str:
    """Returns "warning"."""
    return compose(f"lint.severity.{severity}", lang)


def finding_text(finding: Finding, lang: Language = "en") -> str:
    """Returns the sentence that says what was found, with its numbers."""
    return _filled(f"lint.{finding.rule}.found", finding, lang)


def remedy_text(finding: Finding, lang: Language = "en") -> str:
    """Returns what to do about it."""
    return _filled(f"lint.{finding.rule}.remedy", finding, lang)


def place_text(group: Group, lang: Language = "en", *, is_only_sequence: bool = True) -> str:
    """Returns where a group of findings lies: its sequence unless that is the only one, and its steps."""
    finding = group.strongest
    parts = [] if is_only_sequence else [_sequence(finding, lang)]
    parts += [_steps(finding, group.steps, lang)] if group.steps else []
    return Whole(", ".join(parts)) if parts else compose("lint.whole_run", lang)


def _sequence(finding: Finding, lang: Language) -> str:
    call = numbers.count(finding.call)
    if finding.row is None:
        return compose("lint.call", lang, call=call)
    return compose("lint.call_and_row", lang, call=call, row=numbers.count(finding.row))


def _steps(finding: Finding, all_steps: tuple[int, ...], lang: Language) -> str:
    step = "" if finding.step is None else numbers.count(finding.step)
    if len(all_steps) == 1:
        return compose("lint.one_step", lang, step=step)
    steps = ", ".join(map(numbers.count, all_steps[:_MOST_LISTED]))
    if len(all_steps) > _MOST_LISTED:
        steps += ", …"
    return compose(
        "lint.more_steps", lang, step=step, count=numbers.count(len(all_steps)), steps=Whole(steps)
    )


def _filled(key: str, finding: Finding, lang: Language) -> str:
    wanted = {name for _, name, _, _ in Formatter().parse(CATALOGUE[key].en) if name}
    values = {name: _spelled(name, value, lang) for name, value in finding.numbers.items()}
    values |= {name: chip(token) for name, token in finding.tokens.items()}
    values["settings"] = join([setting_text(setting, lang) for setting in finding.settings], lang)
    return compose(key, lang, **{name: values[name] for name in wanted})


def _spelled(name: str, value: float, lang: Language) -> str:
    """By what the number is: a probability, an id, a count, a difference or score, a setting's value."""
    if "probability" in name:
        return numbers.percent(value, lang)
    if name.endswith("_id"):
        return str(int(value))
    if name in {"gap", "score"}:
        return numbers.decimal(value)
    return numbers.count(value) if isinstance(value, int) else numbers.value(value)
