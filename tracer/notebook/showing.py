"""`show`: a value as a notebook shows it, in either language; and the list of what has a form of its own.

A value that cannot be drawn, as its trace lacks what the picture shows, is shown as its plain text with the reason.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Literal

from tracer.errors import TracerError
from tracer.notebook.html import Markup, joined, quiet, whole
from tracer.wording.composition import Language, require_language

Draw = Callable[[object, Language], Markup]
View = Literal["decision", "attention"]

_FORMS: Mapping[str, str] = MappingProxyType(
    {
        "tracer.trace.trace.Trace": "runs.trace_html",
        "tracer.trace.call.Call": "runs.call_html",
        "tracer.trace.sequence.Sequence": "runs.sequence_html",
        "tracer.trace.step.Step": "runs.step_html",
        "tracer.wording.reasons.Why": "answers.why_html",
        "tracer.wording.expectation.Expected": "answers.expected_html",
        "tracer.analysis.explanation.Explanation": "answers.explanation_html",
        "tracer.analysis.alternative.WhatIf": "answers.what_if_html",
        "tracer.analysis.alternative.WhatIfText": "answers.what_if_text_html",
        "tracer.analysis.comparison.Comparison": "answers.comparison_html",
        "tracer.analysis.findings.finding.Findings": "answers.findings_html",
        "tracer.analysis.findings.finding.Finding": "answers.finding_html",
        "tracer.analysis.source_shares.SourceShares": "model_answers.sources_html",
        "tracer.analysis.logit_lens.Lens": "model_answers.lens_html",
        "tracer.analysis.attribution.Attribution": "model_answers.attribution_html",
        "tracer.analysis.intervention.InterventionResult": "model_answers.intervention_html",
    }
)
"""The class of a value and the function of this package that draws it, found by name when it is needed."""


class Shown:
    """A value as a notebook shows it; `html` is one block without script."""

    def __init__(self, html: str, plain: str) -> None:
        self.html = html
        self._plain = plain

    def __repr__(self) -> str:
        return self._plain

    def _repr_html_(self) -> str:
        return self.html


def show(value: object, *, lang: Language = "en", view: View | None = None) -> Shown:
    """Returns a trace, call, sequence, step or answer as a notebook shows it; `view` of a step is "attention" too.

    Without `show`, a value at the end of a cell shows itself, in English or in the language it was asked in.

    Raises:
        TypeError: the value has no form of its own, or no such view.
        ValueError: there is no such language.
        SignalMissingError: the trace does not hold the attention that was asked for.
    """
    require_language(lang)
    name = _name(value)
    if name not in _FORMS:
        raise TypeError(
            f"{type(value).__name__} has no picture of its own. Type tracer.show(trace.steps[0])."
        )
    if view not in (None, "decision", "attention") or (view and not name.endswith(".Step")):
        raise TypeError(
            f"view={view!r} is no view of {value!r}. Type tracer.show(trace.steps[0], view='attention')."
        )
    if view == "attention":
        return Shown(whole(_draw("runs.attention_html")(value, lang)), repr(value))
    return Shown(_html(value, lang), _plain(value))


def bundle(value: object) -> dict[str, str]:
    """Returns a value by the kinds of text that a notebook knows."""
    lang: Language = getattr(value, "lang", "en")
    return {"text/plain": _plain(value), "text/html": _html(value, lang)}


def _html(value: object, lang: Language) -> str:
    try:
        return whole(_draw(_FORMS[_name(value)])(value, lang))
    except TracerError as error:
        return whole(joined([_plain(value), quiet(str(error))]))


def _plain(value: object) -> str:
    """The words of an answer, where it prints as words; else its `repr`."""
    return str(value) if type(value).__str__ is not object.__str__ else repr(value)


def _name(value: object) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}"


def _draw(place: str) -> Draw:
    module, function = place.split(".")
    draw: Draw = getattr(import_module(f"tracer.notebook.{module}"), function)
    return draw
