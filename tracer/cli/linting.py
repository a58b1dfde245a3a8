"""The command `lint`: what people trip over, found in a trace, with the numbers and the remedy."""

from typing import TYPE_CHECKING, Any, cast

import typer
from rich.table import Table

from tracer.cli.command import ANSWER_IS_NO
from tracer.cli.console import print_answer, print_json
from tracer.cli.options import AsJson, Lang, TracePath
from tracer.cli.tables import new_table, plain_text
from tracer.wording.composition import Language, compose, require_language

if TYPE_CHECKING:
    from tracer.analysis.findings.finding import Finding


def lint(path: TracePath, lang: Lang = "en", json: AsJson = False) -> None:
    """Find and explain what people trip over: padding, templates, stop tokens, penalties, filters, loops.

    Exits with 1 where there is a warning or an error, with 0 where there are none, or notes only.
    """
    import tracer
    from tracer.analysis.findings.finding import Severity
    from tracer.analysis.findings.registry import RULES

    require_language(lang)
    language = cast(Language, lang)
    trace = tracer.open_trace(path)
    findings = tracer.lint(trace)
    if json:
        print_json([_described(finding) for finding in findings])
    elif findings:
        is_only_sequence = sum(len(call.sequences) for call in trace.calls) == 1
        print_answer(_table(findings, language, is_only_sequence=is_only_sequence))
    else:
        print(compose("lint.clean", language, count=str(len(RULES))))
    if any(finding.severity is not Severity.NOTE for finding in findings):
        raise typer.Exit(ANSWER_IS_NO)


def _table(findings: tuple["Finding", ...], lang: Language, *, is_only_sequence: bool) -> Table:
    """Returns the findings, the most severe first; those of one rule in one sequence share a row."""
    from tracer.analysis.findings.grouping import grouped
    from tracer.wording import findings as words

    columns = [compose(f"lint.column_{name}", lang) for name in ("severity", "finding", "where", "words")]
    table = new_table(*columns)
    for group in grouped(findings):
        finding = group.strongest
        table.add_row(
            words.severity_name(finding.severity, lang),
            words.rule_title(finding.rule, lang),
            words.place_text(group, lang, is_only_sequence=is_only_sequence),
            plain_text(f"{words.finding_text(finding, lang)}\n→ {words.remedy_text(finding, lang)}"),
        )
    return table


def _described(finding: "Finding") -> dict[str, Any]:
    from tracer.wording.composition import LANGUAGES
    from tracer.wording.findings import finding_text, remedy_text

    words = {
        lang: {"found": finding_text(finding, lang), "remedy": remedy_text(finding, lang)}
        for lang in LANGUAGES
    }
    return {**finding.describe(), "words": words}
