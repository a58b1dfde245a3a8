"""Answers that needed the model, kept in a trace's `derived/` folder: a JSON document each, and its arrays.

    derived/
      lens-000-000003-0.json                       what was asked, how it was made, what came out
      lens-000-000003-0-5f0c….safetensors          its arrays, under the first digits of their sha256

An answer counts once its JSON, renamed last, is there; it names the file of its arrays, so that a reader never
sees the document of one answer beside the arrays of another. A trace that cannot be written keeps nothing, and
that is no error. Knows nothing of what the answers mean; a caller compares the document with what it asks.
"""

import json
import logging
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from uuid import uuid4

from tracer.errors import TraceFormatError
from tracer.store.format import DERIVED
from tracer.store.safetensors_file import AnyArray, SafetensorsFile, StoredArray, write_safetensors

logger = logging.getLogger(__name__)

_VERSION = 1
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,127}")
_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Derived:
    """One kept answer: the document and arrays as they were given, when, and by which version of tracer."""

    document: dict[str, Any]
    arrays: dict[str, AnyArray]
    created_at: str
    tracer: str


def write_derived(
    trace_path: Path, name: str, document: Mapping[str, Any], arrays: Mapping[str, AnyArray]
) -> Path | None:
    """Keeps an answer under a name, in place of the one before, and returns the path of its document.

    Returns None, and logs a warning, where the trace cannot be written.

    Args:
        document: JSON-ready; it should say how the answer was made.

    Raises:
        ValueError: the name is no file name, or the document is not JSON-ready.
        TypeError: an array, or a value of the document, cannot be stored.
    """
    path = _document_path(trace_path, name)
    stored = {key: StoredArray.of(values) for key, values in arrays.items()}
    envelope: dict[str, Any] = {
        "derived_version": _VERSION,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "tracer": _own_version(),
        "document": dict(document),
    }
    json.dumps(envelope, allow_nan=False)  # before anything is written
    try:
        path.parent.mkdir(exist_ok=True)
        file = _write_arrays(path, name, stored) if stored else None
        text = json.dumps(envelope | {"arrays": file}, ensure_ascii=False, indent=1, allow_nan=False)
        _replace(path, text.encode())
        _remove_others(path.parent, name, file)
    except OSError as error:
        reason = error.strerror or str(error)
        logger.warning("%s is not kept: %s cannot be written (%s)", name, path.parent, reason)
        return None
    return path


def read_derived(trace_path: Path, name: str) -> Derived | None:
    """Returns the answer that was kept under a name, or None where there is none.

    bfloat16 and float16 arrays come back as float32.

    Raises:
        ValueError: the name is no file name.
        TraceFormatError: a file of the answer is damaged, missing, or of a newer version.
    """
    path = _document_path(trace_path, name)
    if not path.is_file():
        return None
    try:
        envelope = json.loads(path.read_bytes())
        if envelope["derived_version"] > _VERSION:
            raise ValueError(f"its version {envelope['derived_version']!r} is newer than {_VERSION}")
        document, file = dict(envelope["document"]), envelope["arrays"]
        arrays = {} if file is None else _read_arrays(path, name, str(file))
        return Derived(document, arrays, str(envelope["created_at"]), str(envelope["tracer"]))
    except TraceFormatError as error:
        raise _damaged(path, str(error).split(". ", 1)[0]) from error
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise _damaged(path, f"{type(error).__name__}: {error}") from error


def derived_names(trace_path: Path) -> tuple[str, ...]:
    """Returns the names of the answers that a trace keeps, in order."""
    folder = Path(trace_path) / DERIVED
    return tuple(sorted(path.stem for path in folder.glob("*.json") if _NAME.fullmatch(path.stem)))


def _document_path(trace_path: Path, name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"name={name!r} is no name for a kept answer; it may hold lower-case letters, digits, '.', '_' "
            "and '-'. Type for example name='lens-000-000003-0'."
        )
    return Path(trace_path) / DERIVED / f"{name}.json"


def _write_arrays(path: Path, name: str, arrays: Mapping[str, StoredArray]) -> str:
    aside = _aside(path)
    try:
        digest = write_safetensors(aside, arrays)
        file = f"{name}-{digest[:_DIGITS]}.safetensors"
        os.replace(aside, path.with_name(file))
    finally:
        aside.unlink(missing_ok=True)
    return file


def _read_arrays(path: Path, name: str, file: str) -> dict[str, AnyArray]:
    if not _arrays_pattern(name).fullmatch(file):
        raise ValueError(f"{file!r} is no name of its arrays")
    arrays = SafetensorsFile(path.with_name(file))
    return {key: arrays.read(key) for key in arrays.entries}


def _arrays_pattern(name: str) -> re.Pattern[str]:
    return re.compile(re.escape(name) + rf"-[0-9a-f]{{{_DIGITS}}}\.safetensors")


def _replace(path: Path, content: bytes) -> None:
    aside = _aside(path)
    try:
        aside.write_bytes(content)
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)


def _aside(path: Path) -> Path:
    return path.with_name(f"{path.name}.{uuid4().hex}.tmp")


def _remove_others(folder: Path, name: str, file: str | None) -> None:
    pattern = _arrays_pattern(name)
    for other in folder.iterdir():
        if other.name != file and pattern.fullmatch(other.name):
            other.unlink(missing_ok=True)


def _damaged(path: Path, reason: str) -> TraceFormatError:
    return TraceFormatError(
        f"{str(path)!r} cannot be read: {reason.rstrip('.')}. It only keeps an answer that can be computed again. "
        "Delete the file, and ask again."
    )


def _own_version() -> str:
    try:
        return version("generation-tracer")
    except PackageNotFoundError:
        return "unknown"
