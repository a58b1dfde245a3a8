"""`export`: a trace as a file for others; the suffix of the file's name chooses the exporter.

`EXPORTERS` is the only list of formats. Files appear whole or not at all. Knows no format itself.
"""

import os
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

from tracer.errors import SignalMissingError, TargetError, TraceExistsError
from tracer.exporters.request import Exporter, ExportRequest, Files, Progress, tell_nobody
from tracer.wording.composition import Language, require_language

if TYPE_CHECKING:
    from tracer.trace.sequence import Sequence
    from tracer.trace.trace import Trace


def _later(module: str, name: str) -> Callable[[], Exporter]:
    return lambda: cast(Exporter, getattr(import_module(f"tracer.exporters.{module}"), name))


EXPORTERS = MappingProxyType(
    {
        ".html": _later("replay.page", "export_replay"),
        ".md": _later("run_report", "export_report"),
        ".csv": _later("tables.files", "export_csv"),
        ".json": _later("tables.files", "export_json"),
        ".parquet": _later("tables.files", "export_parquet"),
    }
)
"""What makes a file of each suffix, loaded when it is asked for."""


def export(
    trace: "Trace",
    to: str | Path,
    *,
    lang: str = "en",
    call: int | None = None,
    row: int | None = None,
    steps: Iterable[int] | None = None,
    overwrite: bool = False,
    progress: Progress = tell_nobody,
) -> Path:
    """Writes a sequence of a trace as a file for others, and returns its path.

    `.html` is a replay in one file that needs neither network nor server; `.md` a report; `.csv`, `.json` and
    `.parquet` are tables. The same trace gives the same bytes.

    Args:
        to: the new file; its suffix says what it becomes.
        lang: of the words in it, "en" or "zh".
        call: where the trace has several, like `row`.
        steps: only these; without it, all.
        overwrite: replaces a file that is there.
        progress: told how much of how much is done, as `progress(done, total)`.

    Raises:
        ValueError: no format has this suffix, or there is no such language, call, row or step.
        AmbiguousStepError: there are several sequences, and none was named.
        TraceExistsError: the file is there already.
        TargetError: the file cannot be written.
        SignalMissingError: the sequence has no steps.
    """
    path = Path(to)
    make = _exporter_of(path)
    require_language(lang)
    sequence = trace.sequence(call=call, row=row)
    if not sequence.steps:
        raise SignalMissingError(
            f"Row {sequence.row} of call {sequence.call.index} of {str(trace.path)!r} has no steps to export: "
            "it was interrupted before its first token. Record the call again."
        )
    request = ExportRequest(sequence, cast(Language, lang), _checked(sequence, steps), progress)
    if not overwrite:
        _refuse_existing([path])
    files = make()(request)
    paths = [path.with_suffix(suffix) for suffix in files]
    if not overwrite:
        _refuse_existing(paths)
    _write(dict(zip(paths, files.values(), strict=True)))
    return path


def _exporter_of(path: Path) -> Callable[[], Exporter]:
    suffix = path.suffix.lower()
    if suffix not in EXPORTERS:
        known = ", ".join(EXPORTERS)
        raise ValueError(
            f"{str(path)!r} ends with {suffix!r}, which is no format to export to; there are {known}. "
            f"Type {path.stem or 'replay'}.html for a replay that opens in any browser."
        )
    return EXPORTERS[suffix]


def _checked(sequence: "Sequence", steps: Iterable[int] | None) -> tuple[int, ...] | None:
    if steps is None:
        return None
    chosen = tuple(dict.fromkeys(steps))
    known = {step.index for step in sequence.steps}
    wrong = [step for step in chosen if step not in known]
    if wrong or not chosen:
        last = max(known, default=-1)
        said = (
            f"steps has {wrong[0]!r}, which is no step of this sequence" if wrong else "steps names no step"
        )
        raise ValueError(f"{said}: there are 0 to {last}. Leave steps out to export all.")
    return chosen


def _refuse_existing(paths: Iterable[Path]) -> None:
    for path in paths:
        if path.exists():
            raise TraceExistsError(
                f"{str(path)!r} is there already; nothing was changed. "
                "Replace it with overwrite=True (--overwrite), or give another path."
            )


def _write(files: "dict[Path, bytes]") -> None:
    """Writes every file beside its place first, then moves all of them there."""
    made: list[tuple[Path, Path]] = []
    try:
        for path, content in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            beside = path.with_name(f"{path.name}.tmp")
            made.append((beside, path))
            beside.write_bytes(content)
        for beside, path in made:
            os.replace(beside, path)
    except OSError as error:
        for beside, _ in made:
            beside.unlink(missing_ok=True)
        raise TargetError(
            f"{str(next(iter(files)))!r} cannot be written: {error.strerror}. "
            "Give a path in a folder that you may write, with room on its disk."
        ) from error


__all__ = ["EXPORTERS", "ExportRequest", "Exporter", "Files", "export"]
