"""`pack`: a trace as one zip file: whole, light, or without what is private. Changes nothing in the trace.

The same trace gives the same bytes. `unpacking.unpack` is the way back.
"""

import tempfile
from pathlib import Path

from tracer.errors import TraceExistsError
from tracer.exporters.packing.archive import unwritable, write_zip
from tracer.exporters.packing.lighter import write_light
from tracer.exporters.packing.members import members_of
from tracer.exporters.packing.redaction import write_redacted
from tracer.trace.opening import open_trace
from tracer.trace.trace import Trace


def pack(
    trace: Trace | str | Path,
    to: str | Path,
    *,
    light: bool = False,
    logits: bool = False,
    redact: bool = False,
    overwrite: bool = False,
) -> Path:
    """Writes a trace as one zip file, and returns its path.

    Args:
        trace: the trace, or its folder.
        to: the new file, ending with .zip.
        light: leaves out the arrays; tables, decision pictures and explanations stay.
        logits: of a light pack, keeps the scores of all tokens, which what-if needs.
        redact: takes out prompts, paths, user and host names, and every array that depends on the prompt.
        overwrite: replaces a file that is there.

    Raises:
        ValueError: `to` does not end with .zip, `logits` is asked for without `light` or with `redact`, or the trace
            is still being recorded.
        TraceNotFoundError: there is no trace.
        TraceExistsError: the file is there already.
        TargetError: the file cannot be written.
        TraceFormatError: a file of the trace is damaged.
    """
    target = zip_path(to, overwrite=overwrite)
    trace = trace if isinstance(trace, Trace) else open_trace(trace)
    _check(trace, light=light, logits=logits, redact=redact)
    if not (light or redact):
        write_zip(target, members_of(trace))
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = tempfile.TemporaryDirectory(dir=target.parent, prefix=".packing-")
    except OSError as error:
        raise unwritable(target, error) from error
    with beside as folder:
        write_zip(
            target,
            members_of(open_trace(reduced(trace, Path(folder) / "trace", redact=redact, logits=logits))),
        )
    return target


def reduced(trace: Trace, made: Path, *, redact: bool, logits: bool = False) -> Path:
    """Writes the redacted or else the light trace into a new folder, and returns that folder."""
    if redact:
        write_redacted(trace, made)
    else:
        write_light(trace, made, keeps_logits=logits)
    return made


def zip_path(to: str | Path, *, overwrite: bool) -> Path:
    """Returns the path of a new zip file.

    Raises:
        ValueError: it does not end with .zip.
        TraceExistsError: it is there already and is not to be overwritten.
    """
    path = Path(to)
    if path.suffix.lower() != ".zip":
        raise ValueError(f"{str(path)!r} does not end with .zip. Type --to {path.stem or 'trace'}.zip.")
    if path.is_dir() or (path.exists() and not overwrite):
        raise TraceExistsError(
            f"{str(path)!r} is there already; nothing was changed. "
            "Replace it with overwrite=True (--overwrite), or give another path."
        )
    return path


def _check(trace: Trace, *, light: bool, logits: bool, redact: bool) -> None:
    if logits and (redact or not light):
        said = "cannot stay in a redacted trace" if redact else "are in every pack that is not light"
        raise ValueError(
            f"logits=True (--logits): the logits {said}. Leave it out, or type --light --logits."
        )
    if trace.status == "recording":
        raise ValueError(
            f"{str(trace.path)!r} is being recorded at this moment. Pack it when the recording has ended."
        )
