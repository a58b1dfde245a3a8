"""The answers of `why`, `what_if`, `compare`, `expected`, `lint` and `verify` as notebooks show them."""

from collections.abc import Iterable

from tracer.analysis.alternative import WhatIf, WhatIfText
from tracer.analysis.comparison import Comparison
from tracer.analysis.explanation import Explanation
from tracer.analysis.findings.finding import Finding, Findings
from tracer.analysis.findings.grouping import grouped
from tracer.notebook.decision import decision
from tracer.notebook.html import LINE, Markup, chip, element, joined, paragraph, sentence, table
from tracer.pictures.decision import DecisionPicture, picture_of
from tracer.wording import numbers
from tracer.wording.alternative import step_sentences, text_sentences
from tracer.wording.comparison import comparison_text
from tracer.wording.composition import Language, compose
from tracer.wording.expectation import Expected
from tracer.wording.findings import finding_text, place_text, remedy_text, rule_title, severity_name
from tracer.wording.reasons import Why

_MOST_ROWS = 10
_FRAME = "border:2px dashed #7A8594;padding:4px 10px"


def sentence_of(picture: DecisionPicture, lang: Language) -> Markup:
    """Returns the clauses of a decision picture as one paragraph."""
    parts: list[str] = []
    for clause in picture.clauses:
        parts += [
            chip(one.text, style="font-weight:bold") if one.is_token else one.text for one in clause.parts
        ]
        parts += [] if lang == "zh" else [" "]
    return paragraph(*parts)


def why_html(why: Why, lang: Language) -> Markup:
    """Returns the sentences and the decision picture."""
    return explanation_html(why.explanation, lang)


def explanation_html(explanation: Explanation, lang: Language) -> Markup:
    """Returns the sentences and the decision picture."""
    picture = picture_of(explanation, lang)
    return joined([sentence_of(picture, lang), decision(picture)])


def what_if_html(answer: WhatIf, lang: Language) -> Markup:
    """Returns what a step would have given, in the dashed frame of what did not happen."""
    head = [compose(f"notebook.column_{name}", lang) for name in ("token", "before", "after")]
    rows = [
        (
            chip(row.token, style="font-weight:bold" if row.is_chosen or row.is_answer else ""),
            numbers.percent(row.probability_before, lang),
            "—" if row.removed_at is not None else numbers.percent(row.probability_after, lang),
            compose("notebook.is_chosen" if row.is_chosen else "notebook.is_answer", lang)
            if row.is_chosen or row.is_answer
            else "",
        )
        for row in answer.rows[:_MOST_ROWS]
    ]
    tokens = [answer.token or "", answer.chosen, *(row.token for row in answer.rows)]
    said = sentence(step_sentences(answer, lang), filter(None, tokens))
    return element("div", paragraph(said), table((*head, ""), rows), style=_FRAME)


def what_if_text_html(answer: WhatIfText, lang: Language) -> Markup:
    """Returns where a text would first have been another one."""
    known = (token for one in answer.steps for token in (one.token, one.chosen) if token)
    return element("div", paragraph(sentence(text_sentences(answer, lang), known)), style=_FRAME)


def comparison_html(comparison: Comparison, lang: Language) -> Markup:
    """Returns where two runs part, and why."""
    parted = comparison.first_divergence
    tokens = [] if parted is None else [side.token for side in (parted.a, parted.b) if side is not None]
    lines = comparison_text(comparison, lang).splitlines()
    return joined(paragraph(sentence(line, tokens)) for line in lines)


def expected_html(expected: Expected, lang: Language) -> Markup:
    """Returns where a text leaves the expected one, and both tokens through the stages."""
    text = expected.text(lang)
    said, _, below = text.partition("\n\n")
    departure = expected.expectation.departure
    tokens = [] if departure is None else [departure.chosen.token, departure.expected_token]
    block = element("pre", below, style=f"overflow-x:auto;border-top:{LINE}") if below else Markup("")
    return joined([paragraph(sentence(said, tokens)), block])


def findings_html(findings: Findings, lang: Language) -> Markup:
    """Returns what `lint` found, what to do about it, and where."""
    groups = grouped(tuple(findings))
    if not groups:
        return paragraph(compose("notebook.no_findings", lang))
    head = [compose(f"notebook.column_{name}", lang) for name in ("severity", "found", "remedy", "place")]
    rows = [
        (
            severity_name(group.strongest.severity, lang),
            sentence(finding_text(group.strongest, lang), group.strongest.tokens.values()),
            sentence(remedy_text(group.strongest, lang), group.strongest.tokens.values()),
            place_text(group, lang),
        )
        for group in groups
    ]
    return table(head, rows, wraps=True)


def finding_html(finding: Finding, lang: Language) -> Markup:
    """Returns one finding of `lint`."""
    tokens = tuple(finding.tokens.values())
    return joined(
        [
            paragraph(
                element("b", rule_title(finding.rule, lang)), f" · {severity_name(finding.severity, lang)}"
            ),
            _told(finding_text(finding, lang), tokens),
            _told(remedy_text(finding, lang), tokens),
        ]
    )


def _told(said: str, tokens: Iterable[str]) -> Markup:
    return paragraph(sentence(said, tokens))
