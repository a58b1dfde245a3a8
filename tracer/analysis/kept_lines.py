"""The executed source lines that a trace keeps for a call, read without torch or a model.

They were recorded with the call itself, or when it was repeated; the document says which.
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from tracer.analysis.executed_lines import LineRecord, line_document, read_line_document
from tracer.errors import TraceFormatError
from tracer.store.derived import read_derived, write_derived

if TYPE_CHECKING:
    from tracer.trace.call import Call

KIND = "source-lines"
_VERSION = 1


class Origin(StrEnum):
    """How the lines came about: while the trace was recorded, or by running its call again."""

    RECORDED = "recorded"
    REPEATED = "repeated"


@dataclass(frozen=True, slots=True)
class KeptLines:
    """A call's executed lines, how and when they came about, and by which version of tracer."""

    record: LineRecord
    origin: Origin
    created_at: str
    tracer: str


def lines_name(call: "Call") -> str:
    """Returns the name under which a call's lines are kept."""
    return f"{KIND}-{call.index:03d}"


def keep_lines(call: "Call", record: LineRecord, *, origin: Origin = Origin.RECORDED) -> Path | None:
    """Keeps lines in the trace's `derived/` folder; returns the document's path, None where it cannot be written.

    Raises:
        ValueError: the lines are those of a run that gave other tokens.
    """
    difference = differing_token(call, record)
    if difference is not None:
        raise ValueError(
            f"These source lines are of another run: {difference}. Keep them with the call that they were "
            "recorded with."
        )
    document = {"kind": KIND, "version": _VERSION, "origin": str(origin), "record": line_document(record)}
    return write_derived(call.trace.path, lines_name(call), document, {})


def kept_lines(call: "Call") -> KeptLines | None:
    """Returns the executed lines that the trace keeps for a call, or None.

    Raises:
        TraceFormatError: they are damaged, or of a newer version.
    """
    derived = read_derived(call.trace.path, lines_name(call))
    if derived is None or derived.document.get("kind") != KIND:
        return None
    document = derived.document
    try:
        if document["version"] > _VERSION:
            raise ValueError(f"its version {document['version']!r} is newer than {_VERSION}")
        record = read_line_document(document["record"])
        return KeptLines(record, Origin(document["origin"]), derived.created_at, derived.tracer)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise TraceFormatError(
            f"The source lines {lines_name(call)!r} of {str(call.trace.path)!r} cannot be read "
            f"({type(error).__name__}: {error}). They can be recorded again. Delete the file in its folder "
            "'derived', and ask again."
        ) from error


def differing_token(call: "Call", record: LineRecord) -> str | None:
    """Returns where the run of the lines gave another token than the trace holds, as a clause, or None."""
    rows, start = record.output_ids, call.info.prompt_len
    if len(rows) != len(call.sequences):
        return f"it gave {len(rows)} rows, and the trace has {len(call.sequences)}"
    for sequence in call.sequences:
        given = rows[sequence.row]
        if given[:start] != tuple(call.info.prompt_ids[sequence.row]):
            return f"row {sequence.row} has another prompt"
        for step, token_id in enumerate(sequence.token_ids):
            now = given[start + step] if start + step < len(given) else None
            if now != token_id:
                return f"row {sequence.row}, step {step} gave token {now}, and the trace has {token_id}"
    rounds = max(len(sequence.token_ids) for sequence in call.sequences) if call.sequences else 0
    if any(len(given) != start + rounds for given in rows):
        return f"it gave another number of steps than {rounds}"
    return None
