"""The commands `tracer pack` and `tracer unpack`."""

import zipfile
from pathlib import Path

import pytest

from tests.long_trace import STOP, long_trace
from tracer.cli.main import main


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    """Runs `tracer ARGUMENTS`; returns its exit code and all that it said."""
    with pytest.raises(SystemExit) as end:
        main(list(map(str, arguments)))
    said = capsys.readouterr()
    return int(end.value.code or 0), said.out + said.err


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Returns a small trace."""
    return long_trace(tmp_path / "a.trace", [b"<end>", b"Rain", b" falls", b"."], [2], [1, 2, STOP]).path


def test_there_and_back(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = run(capsys, "pack", path, "--to", tmp_path / "a.zip", "--light")
    assert (0, True) == (code, f"{tmp_path / 'a.zip'}  " in said)

    code, said = run(capsys, "unpack", tmp_path / "a.zip", "--to", tmp_path / "b.trace")
    assert (0, True) == (code, f"{tmp_path / 'b.trace'}  " in said)
    code, said = run(capsys, "unpack", tmp_path / "a.zip", "--to", tmp_path / "b.trace")
    assert (2, True) == (code, "is there already; nothing was changed" in said)
    assert 0 == run(capsys, "unpack", tmp_path / "a.zip", "--to", tmp_path / "b.trace", "--overwrite")[0]
    code, said = run(capsys, "unpack", tmp_path / "a.zip", "--to", tmp_path / "c.trace", "--max-size", "10B")
    assert (2, True) == (code, "(--max-size) allows 10" in said)


def test_a_class_pack(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _ = run(
        capsys, "pack", "--class", path.parent, "--to", tmp_path / "class.zip", "--lang", "zh", "--redact"
    )

    assert 0 == code
    with zipfile.ZipFile(tmp_path / "class.zip") as archive:
        assert "已去除" in archive.read("index.html").decode()


def test_wrong_use_is_one_paragraph(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    to = tmp_path / "a.zip"
    code, said = run(capsys, "pack", "--to", to)
    assert (2, True) == (code, "Name either a trace or --class FOLDER" in said)
    code, said = run(capsys, "pack", "--class", path.parent, "--to", to, "--light")
    assert (2, True) == (code, "--light and --logits are for one trace" in said)
    assert not to.exists()
