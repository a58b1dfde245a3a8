"""One zip file: written so that the same files give the same bytes, and read without trusting it.

What cannot be made smaller, tables and arrays, is stored as it is. Nothing is written while a pack is judged.
"""

import os
import stat
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from tracer.errors import TargetError, TraceFormatError, TraceNotFoundError
from tracer.exporters.packing.members import is_member

BLOCK = 1 << 20
MAX_MEMBERS = 100_000
MAX_RATIO = 200
_SMALL = 1 << 20
_EARLIEST = (1980, 1, 1, 0, 0, 0)
_STORED = {".parquet", ".safetensors", ".png"}


def write_zip(to: Path, members: Mapping[str, Path | bytes]) -> None:
    """Writes the members, in order of their names, beside `to` and moves the file there.

    Raises:
        TargetError: it cannot be written.
    """
    beside = to.with_name(f"{to.name}.tmp")
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(beside, "w") as archive:
            for name, content in sorted(members.items()):
                _add(archive, name, content)
        os.replace(beside, to)
    except OSError as error:
        raise unwritable(to, error) from error
    finally:
        beside.unlink(missing_ok=True)


def unwritable(path: Path, error: OSError) -> TargetError:
    """Returns the error for a target that cannot be written."""
    return TargetError(
        f"{str(path)!r} cannot be written: {error.strerror or error}. "
        "Give a path in a folder that you may write, with room on its disk."
    )


def _add(archive: zipfile.ZipFile, name: str, content: Path | bytes) -> None:
    info = zipfile.ZipInfo(name, _EARLIEST)
    info.create_system = 3
    info.external_attr = (stat.S_IFREG | 0o644) << 16
    size = len(content) if isinstance(content, bytes) else content.stat().st_size
    is_small = size <= _SMALL or Path(name).suffix == ".html"  # `_judge` refuses what grows too much
    is_stored = Path(name).suffix in _STORED or not is_small
    info.compress_type = zipfile.ZIP_STORED if is_stored else zipfile.ZIP_DEFLATED
    if isinstance(content, bytes):
        archive.writestr(info, content)
        return
    info.file_size = size
    with content.open("rb") as file, archive.open(info, "w") as target:
        while block := file.read(BLOCK):
            target.write(block)


def open_pack(path: Path) -> zipfile.ZipFile:
    """Returns the pack, opened for reading.

    Raises:
        TraceNotFoundError: there is no such file.
        TraceFormatError: it is no zip file.
    """
    if not path.is_file():
        raise TraceNotFoundError(
            f"{str(path)!r} is no file. Name the file that `tracer pack` wrote, such as rain.zip."
        )
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise _refused(path, f"it is no zip file ({error})") from error


def judged(path: Path, archive: zipfile.ZipFile, max_bytes: int) -> dict[str, zipfile.ZipInfo]:
    """Returns what a pack holds by name, a folder around everything left out, after looking at all of it.

    Raises:
        TraceFormatError: a name leads elsewhere, stands twice, is a link or no part of a trace, or the pack would
            become too large.
    """
    infos = [info for info in archive.infolist() if not info.is_dir()]
    if len(infos) > MAX_MEMBERS:
        raise _refused(path, f"it holds {len(infos):,} files, and {MAX_MEMBERS:,} is the most")
    for info in infos:
        _judge(path, info)
    total = sum(info.file_size for info in infos)
    if total > max_bytes:
        raise _refused(
            path, f"it would take {total:,} bytes, and max_bytes (--max-size) allows {max_bytes:,}"
        )
    if sum(info.compress_size for info in infos) > path.stat().st_size:
        raise _refused(path, "its files overlap")
    prefix = _folder_around([info.filename for info in infos])
    members = {info.filename.removeprefix(prefix): info for info in infos}
    seen: set[str] = set()
    for name in (info.filename.removeprefix(prefix) for info in infos):
        if name.casefold() in seen:
            raise _refused(path, f"{name!r} stands in it twice")
        if not is_member(name):
            raise _refused(path, f"it holds {name!r}, which is no file of a trace")
        seen.add(name.casefold())
    return members


def _judge(path: Path, info: zipfile.ZipInfo) -> None:
    name, mode = info.orig_filename, info.external_attr >> 16
    parts = name.split("/")
    if "\\" in name or ":" in name or "\x00" in name or any(part in ("", ".", "..") for part in parts):
        raise _refused(path, f"the name {name!r} leads out of the folder")
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        raise _refused(path, f"{name!r} is a link or another special file")
    if info.flag_bits & 0x1:
        raise _refused(path, f"{name!r} is encrypted")
    if info.file_size > _SMALL and info.file_size > MAX_RATIO * max(info.compress_size, 1):
        raise _refused(path, f"{name!r} would grow from {info.compress_size:,} to {info.file_size:,} bytes")


def _folder_around(names: Iterable[str]) -> str:
    """The one folder that everything lies in, as other programs pack it; of a trace's own folders none is one."""
    firsts = {name.split("/")[0] for name in names if "/" in name}
    is_around = len(firsts) == 1 and all("/" in name for name in names)
    return f"{firsts.pop()}/" if is_around else ""


def _refused(path: Path, reason: str) -> TraceFormatError:
    return TraceFormatError(
        f"{str(path)!r} is not unpacked: {reason}. Nothing was written. "
        "Only packs that `tracer pack` wrote are taken; ask for the file again."
    )
