"""The commands about this machine and the format: `models`, `doctor`, `schema`.

They read what is installed; none of them loads a model or asks the network.
"""

from typing import Annotated, Any

import typer

from tracer.cli import answer_tables
from tracer.cli.command import ANSWER_IS_NO
from tracer.cli.console import print_answer, print_json
from tracer.cli.options import AsJson
from tracer.cli.tables import plain_text


def models(json: AsJson = False) -> None:
    """List what --model takes: the demo model, and the models that the hub's cache holds."""
    from tracer.live.loading.inventory import list_models

    found = list_models()
    if json:
        print_json([entry.describe() for entry in found])
        return
    note = "Any local folder and any hub id works with --model as well."
    print_answer(answer_tables.models_table(found), plain_text(note))


def doctor(json: AsJson = False) -> None:
    """Say what is installed, which devices there are, and whether the demo model is ready."""
    from tracer.live.loading.inventory import examine

    findings = examine()
    if json:
        print_json([finding.describe() for finding in findings])
    else:
        print_answer(answer_tables.findings_table(findings))
    if not all(finding.is_fine for finding in findings):
        raise typer.Exit(ANSWER_IS_NO)


def schema(
    document: Annotated[
        str, typer.Option("--document", help="trace (trace.json), call (call.json), or both.")
    ] = "both",
) -> None:
    """Print the JSON Schema of the documents in a trace."""
    from tracer.schema import CallInfo, Manifest

    schemas: dict[str, Any] = {"trace": Manifest.model_json_schema(), "call": CallInfo.model_json_schema()}
    if document != "both" and document not in schemas:
        raise ValueError(f"--document {document!r} is none of trace, call, both. Type --document trace.")
    print_json(schemas if document == "both" else schemas[document])
