"""`export`: a trace as a file for others; the suffix of the file's name chooses the exporter.

`EXPORTERS` is the only list of formats. Files appear whole or not at all. Knows no format itself.
"""

import os
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Unpack, cast

from tracer.errors import SignalMissingError, TargetError, TraceExistsError
from tracer.exporters.request import (
    Exporter,
    ExportRequest,
    Files,
    PictureChoice,
    PictureOptions,
    Progress,
    tell_nobody,
)
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
        ".png": _later("pictures.exporting", "export_png"),
        ".svg": _later("pictures.exporting", "export_svg"),
        ".pdf": _later("documents.paper", "export_paper"),
        ".pptx": _later("documents.deck", "export_deck"),
        ".ipynb": _later("documents.notebook", "export_notebook"),
        ".csv": _later("tables.files", "export_csv"),
        ".json": _later("tables.files", "export_json"),
        ".parquet": _later("tables.files", "export_parquet"),
        ".gif": _later("pictures.animation", "export_gif"),
    }
)
"""What makes a file of each suffix, loaded when it is asked for."""

PICTURES = MappingProxyType(
    {
        ".png": _later("pictures.exporting", "export_png"),
        ".svg": _later("pictures.exporting", "export_svg"),
        ".pdf": _later("pictures.exporting", "export_pdf"),
        ".gif": _later("pictures.animation", "export_gif"),
    }
)
"""What makes a picture of each suffix, where a view or anything else of a picture is asked for."""


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
    **picture: Unpack[PictureOptions],
) -> Path:
    """Writes a sequence of a trace as a file for others, and returns its path.

    `.html` is a replay in one file that needs neither network nor server; `.ipynb` a notebook; `.md` a report with its
    pictures in a folder beside it, `.pdf` the same on paper, `.pptx` a deck of slides; `.csv`, `.json` and
    `.parquet` are tables. The same trace gives the same bytes. `.png`, `.svg` and `.pdf` are pictures of one
    view, with a caption in a file beside them; `.gif` shows the decisions of all steps.

    Args:
        to: the new file; its suffix says what it becomes.
        lang: of the words in it, "en" or "zh".
        call: where the trace has several, like `row`.
        steps: only these; without it, all.
        overwrite: replaces a file that is there.
        progress: told how much of how much is done, as `progress(done, total)`.
        picture: of a picture: `view` (such as "decision" or "attention"), `step`, `size` ("column", "page" or
            "slide"), `theme` ("print", "light" or "dark"), `layer`, `head`, `source` and `measure`.

    Raises:
        ValueError: no format has this suffix, or there is no such language, call, row, step, view, size or theme.
        MissingExtraError: what the format needs is not installed.
        AmbiguousStepError: there are several sequences, and none was named.
        TraceExistsError: the file is there already.
        TargetError: the file cannot be written.
        SignalMissingError: the sequence has no steps.
    """
    path = Path(to)
    asked = PictureChoice(**picture)
    make = _exporter_of(path, asked)
    require_language(lang)
    sequence = trace.sequence(call=call, row=row)
    if not sequence.steps:
        raise SignalMissingError(
            f"Row {sequence.row} of call {sequence.call.index} of {str(trace.path)!r} has no steps to export: "
            "it was interrupted before its first token. Record the call again."
        )
    request = ExportRequest(
        sequence, cast(Language, lang), _checked(sequence, steps), progress, asked, path.stem
    )
    if not overwrite:
        _refuse_existing([path])
    files = make()(request)
    made = {_place(path, name): content for name, content in files.items()}
    if not overwrite:
        _refuse_existing(one for one, content in made.items() if not _is_same(one, content))
    _write(made)
    return path


def _place(path: Path, name: str) -> Path:
    """Where one of the files goes: beside the one that was asked for, or into a folder beside it."""
    return path.with_suffix(name) if name.startswith(".") else path.parent / f"{path.stem}{name}"


def _exporter_of(path: Path, picture: PictureChoice) -> Callable[[], Exporter]:
    suffix = path.suffix.lower()
    if picture != PictureChoice():
        return _picture_of(path, suffix)
    if suffix not in EXPORTERS:
        known = ", ".join(EXPORTERS)
        raise ValueError(
            f"{str(path)!r} ends with {suffix!r}, which is no format to export to; there are {known}. "
            f"Type {path.stem or 'replay'}.html for a replay that opens in any browser."
        )
    return EXPORTERS[suffix]


def _picture_of(path: Path, suffix: str) -> Callable[[], Exporter]:
    if suffix not in PICTURES:
        raise ValueError(
            f"{str(path)!r} is no picture, but view, step, size, theme, layer, head, source and measure are only of "
            f"pictures: {', '.join(PICTURES)}. Leave them out, or type {path.stem or 'picture'}.png."
        )
    return PICTURES[suffix]


def _is_same(path: Path, content: bytes) -> bool:
    """Whether the file is there already with this very content, as a caption of another format of a picture."""
    return path.is_file() and path.read_bytes() == content


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
