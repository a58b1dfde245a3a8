"""Every rule under its name, and `lint`, which asks them all.

A new rule is a member of `Rule`, a function here, and three entries of the catalogue.
"""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from tracer.analysis.findings.filters import cut_rivals
from tracer.analysis.findings.finding import Finding, Findings, Rule
from tracer.analysis.findings.loops import loops
from tracer.analysis.findings.overruled import forced_tokens, suppressed_tokens
from tracer.analysis.findings.penalty import penalties_on_prompt, pushed_down_stops
from tracer.analysis.findings.prompt import (
    cut_prompts,
    double_templates,
    missing_starts,
    missing_templates,
    prompts_at_limit,
    right_paddings,
    truncated_prompts,
)
from tracer.analysis.findings.sampling import ignored_settings, low_temperatures, zero_temperatures
from tracer.analysis.findings.stopping import missed_stops, repeated_stops, unlisted_stops
from tracer.analysis.findings.ties import ties

if TYPE_CHECKING:
    from tracer.trace.call import Call
    from tracer.trace.trace import Trace

RULES: Mapping[Rule, Callable[["Call"], Iterable[Finding]]] = MappingProxyType(
    {
        Rule.RIGHT_PADDING: right_paddings,
        Rule.STOP_PUSHED_DOWN: pushed_down_stops,
        Rule.STOP_MISSED: missed_stops,
        Rule.STOP_NOT_LISTED: unlisted_stops,
        Rule.TEMPLATE_TWICE: double_templates,
        Rule.TEMPLATE_MISSING: missing_templates,
        Rule.PROMPT_AT_LIMIT: prompts_at_limit,
        Rule.PROMPT_TRUNCATED: truncated_prompts,
        Rule.PROMPT_CUT: cut_prompts,
        Rule.BOS_MISSING: missing_starts,
        Rule.LOOP: loops,
        Rule.SAMPLING_IGNORED: ignored_settings,
        Rule.TEMPERATURE_LOW: low_temperatures,
        Rule.PENALTY_ON_PROMPT: penalties_on_prompt,
        Rule.RIVAL_CUT: cut_rivals,
        Rule.SUPPRESSED: suppressed_tokens,
        Rule.FORCED: forced_tokens,
        Rule.TIE: ties,
        Rule.STOP_LISTED_TWICE: repeated_stops,
        Rule.TEMPERATURE_ZERO: zero_temperatures,
    }
)
"""Rule → the function that finds it in a call."""


_READING_PROMPTS = frozenset(
    {
        Rule.TEMPLATE_TWICE,
        Rule.TEMPLATE_MISSING,
        Rule.PROMPT_TRUNCATED,
        Rule.PROMPT_CUT,
        Rule.BOS_MISSING,
        Rule.PENALTY_ON_PROMPT,
    }
)
"""Of a trace whose prompt was taken out these would find what was never there."""


def lint(trace: "Trace") -> Findings:
    """Returns what people trip over and this run did, the most severe first; empty where there is nothing.

    Tables are enough, so a light trace is. A call that was interrupted before its first step has no findings.
    """
    calls = [call for call in trace.calls if call.info.prompt_ids]
    packed = trace.manifest.packed
    unasked = _READING_PROMPTS if packed is not None and packed.is_redacted else frozenset[Rule]()
    asked = [find for rule, find in RULES.items() if rule not in unasked]
    found = [finding for call in calls for find in asked for finding in find(call)]
    return Findings(sorted(found, key=_order))


def _order(finding: Finding) -> tuple[int, int, int, int, int]:
    row, step = (-1 if place is None else place for place in (finding.row, finding.step))
    return (finding.severity.place, list(Rule).index(finding.rule), finding.call, row, step)
