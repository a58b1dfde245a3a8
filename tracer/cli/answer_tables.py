"""The tables that are not about a trace's content: plans, checks, models, and what is on this machine.

Computes nothing beyond layout.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from tracer.cli.tables import new_table, plain_text
from tracer.config import format_bytes
from tracer.live.loading.inventory import Finding, ModelEntry

if TYPE_CHECKING:
    from tracer.recording.planning.call_plan import Plan
    from tracer.replay.verdicts import Check


def models_table(models: Sequence[ModelEntry]) -> Table:
    """Returns the models that --model takes, one a row."""
    table = new_table("model", "what it is", "size", right=("size",))
    for entry in models:
        table.add_row(Text(entry.name), Text(entry.what), format_bytes(entry.nbytes) if entry.nbytes else "")
    return table


def findings_table(findings: Sequence[Finding]) -> Table:
    """Returns the doctor's findings, one a row, with what to type where something is missing."""
    table = new_table("needed for", "name", "found", "what to type")
    for finding in findings:
        mark = Text(finding.value) if finding.is_fine else Text(finding.value, style="bold red")
        table.add_row(finding.topic, finding.name, mark, Text(finding.cure))
    return table


def checks_table(checks: "Sequence[Check]") -> Table:
    """Returns the checks of a verification, one a row."""
    table = new_table("check", "answer", "call", "detail", right=("call",))
    for check in checks:
        style = "bold red" if check.verdict == "fails" else ""
        verdict = Text(check.verdict.replace("_", " "), style=style)
        table.add_row(
            check.name, verdict, "" if check.call is None else str(check.call), plain_text(check.detail)
        )
    return table


def plan_table(plan: "Plan") -> Table:
    """Returns a plan, one part a row, the total last."""
    table = new_table("part", "at least", "at most", "what", right=("at least", "at most"))
    for part in plan.parts:
        table.add_row(part.name, format_bytes(part.lower_bytes), format_bytes(part.upper_bytes), part.note)
    table.add_section()
    table.add_row("total", format_bytes(plan.lower_bytes), format_bytes(plan.upper_bytes), style="bold")
    return table
