"""Reads the JSON documents of a trace and says plainly what is wrong with one that cannot be read.

Knows the documents of `tracer.schema` and nothing of tables and arrays.
"""

import json
from pathlib import Path

from pydantic import ValidationError

from tracer.errors import TraceFormatError, TraceNotFoundError
from tracer.schema import FORMAT_VERSION, CallInfo, Manifest, ModelStructure
from tracer.store import format as layout

_MAX_LISTED = 5


def read_manifest(folder: Path) -> Manifest:
    """Returns the manifest of the trace in `folder`.

    Raises:
        TraceNotFoundError: there is no trace.
        TraceFormatError: `trace.json` is damaged, foreign, or of a newer format.
    """
    path = folder / layout.MANIFEST
    if not path.is_file():
        raise _not_found(folder)
    document = _load(path)
    version = document.get("format_version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise TraceFormatError(
            f"{str(path)!r} is not the manifest of a trace: its format_version is {version!r}, "
            f"and a number from 1 to {FORMAT_VERSION} was expected. Name a folder that `record` wrote."
        )
    if version > FORMAT_VERSION:
        raise TraceFormatError(
            f"{str(folder)!r} has format version {version}, and this version reads up to {FORMAT_VERSION}. "
            "Upgrade with: pip install -U generation-tracer"
        )
    try:
        return Manifest.model_validate(document)
    except ValidationError as error:
        raise damaged(path, _first_problem(error)) from error


def read_call_info(path: Path) -> CallInfo:
    """Returns the document of one call.

    Raises:
        TraceFormatError: it is missing or damaged.
    """
    try:
        return CallInfo.model_validate(_load(path))
    except ValidationError as error:
        raise damaged(path, _first_problem(error)) from error


def read_structure(path: Path) -> ModelStructure | None:
    """Returns the tree of modules, or None where the trace has none.

    Raises:
        TraceFormatError: it is damaged.
    """
    if not path.exists():
        return None
    try:
        return ModelStructure.model_validate(_load(path))
    except ValidationError as error:
        raise damaged(path, _first_problem(error)) from error


def damaged(path: Path, reason: str) -> TraceFormatError:
    """Returns the error for a file of a trace that cannot be read."""
    return TraceFormatError(
        f"{str(path)!r} is damaged or no part of a trace: {reason.rstrip('.')}. "
        "Copy the trace again or record it again; the other files of this trace can still be read."
    )


def _load(path: Path) -> dict[str, object]:
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise damaged(path, str(error)) from error
    if not isinstance(document, dict):
        raise damaged(path, "it is not a JSON object")
    return document


def _first_problem(error: ValidationError) -> str:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"field {place!r}: {first['msg'].lower()}"


def _not_found(folder: Path) -> TraceNotFoundError:
    if not folder.exists():
        found, cure = "does not exist", "Check the path, or record a trace with record(..., to=…)"
    elif not folder.is_dir():
        found, cure = "is a file; a trace is a folder with a trace.json", "Name that folder"
    else:
        inside = sorted(str(path.parent) for path in folder.glob(f"*/{layout.MANIFEST}"))[:_MAX_LISTED]
        found = "holds no trace.json, so it is not a trace"
        cure = (
            f"Traces in it: {', '.join(map(repr, inside))}" if inside else "Name a folder that `record` wrote"
        )
    return TraceNotFoundError(f"{str(folder)!r} {found}. {cure}.")
