"""`pack_class`: the traces of a folder as one zip file for a class, which opens without Python and without a network.

    index.html          the runs, each with its most telling step
    quiz.html           questions on them; answers hashed, a line with the result to copy
    runs/01-rain.html   the replay of a text, one file each
    README.txt          how to open it

Names are ASCII, links relative. The same traces give the same bytes.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from tracer.errors import SignalMissingError
from tracer.exporters.classroom.pages import index_page, quiz_page, readme
from tracer.exporters.classroom.questions import ask_class
from tracer.exporters.classroom.runs import Run, folders_in, runs_of
from tracer.exporters.packing.archive import unwritable, write_zip
from tracer.exporters.packing.packing import reduced, zip_path
from tracer.exporters.replay.page import export_replay
from tracer.exporters.request import ExportRequest, Progress, tell_nobody
from tracer.trace.opening import open_trace
from tracer.trace.trace import Trace
from tracer.wording.composition import Language, require_language


def pack_class(
    folder: str | Path,
    to: str | Path,
    *,
    lang: str = "en",
    redact: bool = False,
    overwrite: bool = False,
    progress: Progress = tell_nobody,
) -> Path:
    """Writes the replays of all traces in a folder, an index and a quiz as one zip file, and returns its path.

    Args:
        folder: where the traces lie, also in folders below; or one trace.
        to: the new file, ending with .zip.
        lang: of the words, "en" or "zh".
        redact: takes out prompts, paths and user names, as `pack` does; titles are numbers then.
        overwrite: replaces a file that is there.
        progress: told how many pages of how many are done.

    Raises:
        ValueError: `to` does not end with .zip, or there is no such language.
        TraceNotFoundError: the folder holds no trace.
        SignalMissingError: no trace in it has a step.
        TraceFormatError: a trace is damaged.
        TraceExistsError: the file is there already.
        TargetError: the file cannot be written.
        MissingExtraError: jinja2 is not installed.
    """
    require_language(lang)
    target, folders = zip_path(to, overwrite=overwrite), folders_in(Path(folder))
    with _opened(folders, target, redact=redact) as traces:
        runs = runs_of(traces, cast(Language, lang), is_named=not redact)
        if not runs:
            raise SignalMissingError(
                f"No trace in {str(folder)!r} has a step to show: they were interrupted before their first token. "
                "Record them again."
            )
        write_zip(target, _members(runs, cast(Language, lang), progress))
    return target


@contextmanager
def _opened(folders: list[Path], target: Path, *, redact: bool) -> Iterator[list[Trace]]:
    """The traces, or those without what is private, in a folder that goes away."""
    if not redact:
        yield [open_trace(path) for path in folders]
        return
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = tempfile.TemporaryDirectory(
            dir=target.parent, prefix=".packing-", ignore_cleanup_errors=True
        )  # where open arrays cannot be deleted
    except OSError as error:
        raise unwritable(target, error) from error
    with beside as folder:
        yield [
            open_trace(reduced(open_trace(path), Path(folder) / f"recording-{number:02d}.trace", redact=True))
            for number, path in enumerate(folders, start=1)
        ]


def _members(runs: list[Run], lang: Language, progress: Progress) -> dict[str, Path | bytes]:
    members: dict[str, Path | bytes] = {}
    for done, run in enumerate(runs):
        progress(done, len(runs))
        members[run.file] = export_replay(ExportRequest(run.sequence, lang))[".html"]
    progress(len(runs), len(runs))
    questions = ask_class(runs, lang)
    members["index.html"] = index_page(runs, questions, lang)
    members["quiz.html"] = quiz_page(runs, questions, lang)
    members["README.txt"] = readme(runs, lang)
    return members
