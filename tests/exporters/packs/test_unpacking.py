"""A pack from a stranger: whatever could do harm is refused before anything is written."""

import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import tracer
from tracer.errors import TargetError, TraceExistsError, TraceFormatError, TraceNotFoundError
from tracer.samples import sample_paths

CHINESE = sample_paths()[1]
Change = Callable[[zipfile.ZipFile], None]


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns a good pack."""
    return tracer.pack(CHINESE, tmp_path_factory.mktemp("good") / "chinese.zip")


def named(name: str) -> Change:
    """Adds a file of this name."""

    def add(archive: zipfile.ZipFile) -> None:
        info = zipfile.ZipInfo("x")
        info.filename = name
        archive.writestr(info, b"x")

    return add


def link(archive: zipfile.ZipFile) -> None:
    """Adds a link to elsewhere under a name that a trace may have."""
    info = zipfile.ZipInfo("chat_template.jinja.json")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive.writestr(info, "/etc/passwd")


def bomb(archive: zipfile.ZipFile) -> None:
    """Adds what grows without measure."""
    archive.writestr("derived/a.json", b"0" * 3_000_000, zipfile.ZIP_DEFLATED)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (named("../evil.json"), "leads out of the folder"),
        (named("call-000/../../evil.json"), "leads out of the folder"),
        (named("/etc/evil"), "leads out of the folder"),
        (named("C:/evil"), "leads out of the folder"),
        (named("..\\evil"), "leads out of the folder"),
        (named("./trace.json"), "leads out of the folder"),
        (named("evil.py"), "which is no file of a trace"),
        (named("call-000/evil.sh"), "which is no file of a trace"),
        (named("TRACE.JSON"), "stands in it twice"),
        (link, "is a link or another special file"),
        (bomb, "would grow from"),
    ],
)
def test_what_could_do_harm_is_refused(change: Change, reason: str, pack: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.zip"
    bad.write_bytes(pack.read_bytes())
    with zipfile.ZipFile(bad, "a") as archive:
        change(archive)

    with pytest.raises(TraceFormatError, match=f"is not unpacked: .*{reason}.*Nothing was written"):
        tracer.unpack(bad, tmp_path / "out" / "x.trace")
    assert ["bad.zip"] == [path.name for path in tmp_path.iterdir()]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_stands_twice_is_refused(pack: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.zip"
    bad.write_bytes(pack.read_bytes())
    with zipfile.ZipFile(bad, "a") as archive:
        archive.writestr("trace.json", "{}")

    with pytest.raises(TraceFormatError, match=r"'trace\.json' stands in it twice"):
        tracer.unpack(bad, tmp_path / "x.trace")


def test_the_size_is_bounded(pack: Path, tmp_path: Path) -> None:
    with pytest.raises(TraceFormatError, match=r"max_bytes \(--max-size\) allows 1,000"):
        tracer.unpack(pack, tmp_path / "x.trace", max_bytes="1kB")
    with pytest.raises(ValueError, match="is not a size"):
        tracer.unpack(pack, tmp_path / "x.trace", max_bytes="much")
    assert [] == list(tmp_path.iterdir())


def test_damage_is_found_and_leaves_nothing(pack: Path, tmp_path: Path) -> None:
    content = bytearray(pack.read_bytes())
    content[len(content) // 2] ^= 0xFF
    bad = tmp_path / "bad.zip"
    bad.write_bytes(content)
    with pytest.raises(TraceFormatError, match=r"is damaged at .*Nothing was written"):
        tracer.unpack(bad, tmp_path / "x.trace")
    bad.write_bytes(b"no zip at all")
    with pytest.raises(TraceFormatError, match="it is no zip file"):
        tracer.unpack(bad, tmp_path / "x.trace")
    with pytest.raises(TraceNotFoundError, match="is no file"):
        tracer.unpack(tmp_path / "none.zip", tmp_path / "x.trace")
    assert ["bad.zip"] == [path.name for path in tmp_path.iterdir()]


def test_a_folder_around_the_trace_is_taken_off(pack: Path, tmp_path: Path) -> None:
    around = tmp_path / "around.zip"
    with zipfile.ZipFile(pack) as source, zipfile.ZipFile(around, "w") as archive:
        archive.writestr("chinese.trace/", b"")
        for name in source.namelist():
            archive.writestr(f"chinese.trace/{name}", source.read(name))

    assert tracer.open_trace(CHINESE).steps[0].token == (
        tracer.open_trace(tracer.unpack(around, tmp_path / "x.trace")).steps[0].token
    )


def test_only_a_trace_is_replaced_and_only_when_asked(pack: Path, tmp_path: Path) -> None:
    target = tmp_path / "x.trace"
    target.mkdir()
    tracer.unpack(pack, target)
    (target / "trace.json").write_text("{}")
    with pytest.raises(TraceExistsError, match="is there already; nothing was changed"):
        tracer.unpack(pack, target)
    assert "{}" == (target / "trace.json").read_text()

    assert tracer.open_trace(tracer.unpack(pack, target, overwrite=True)).steps
    other = tmp_path / "mine"
    other.mkdir()
    (other / "thesis.txt").write_text("mine")
    with pytest.raises(TraceExistsError, match="holds no trace; overwrite=True"):
        tracer.unpack(pack, other, overwrite=True)
    assert {"x.trace", "mine"} == {path.name for path in tmp_path.iterdir()}


def test_a_target_that_cannot_be_written_is_said(pack: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TargetError, match="cannot be written"):
        tracer.unpack(pack, tmp_path / "file" / "x.trace")
