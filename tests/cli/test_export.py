"""The command `tracer export`."""

from pathlib import Path

import pytest

from tests.synthetic import Synthetic, write_trace
from tracer.cli.main import main


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Runs the command; returns its exit code, stdout and stderr."""
    with pytest.raises(SystemExit) as ended:
        main(["export", *map(str, arguments)])
    shown = capsys.readouterr()
    return int(ended.value.code or 0), shown.out, shown.err


def test_the_suffix_chooses_and_the_size_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trace = write_trace(tmp_path / "t.trace")
    code, out, err = run(capsys, trace, tmp_path / "t.html", "--lang", "zh", "--steps", "0-1")

    assert (0, "") == (code, err)
    assert f"{tmp_path / 't.html'}  " in out
    assert (tmp_path / "t.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_file_is_only_replaced_when_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trace = write_trace(tmp_path / "t.trace")
    run(capsys, trace, tmp_path / "t.csv")
    code, _, err = run(capsys, trace, tmp_path / "t.csv")

    assert 2 == code
    assert "--overwrite" in err
    assert 0 == run(capsys, trace, tmp_path / "t.csv", "--overwrite")[0]


def test_an_unknown_suffix_lists_those_that_exist(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, write_trace(tmp_path / "t.trace"), tmp_path / "t.xyz")

    assert 2 == code
    assert ".csv, .json, .parquet" in err


def test_a_row_is_named_where_there_are_several(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trace = write_trace(tmp_path / "t.trace", Synthetic(rows=2))
    assert 2 == run(capsys, trace, tmp_path / "t.csv")[0]

    assert 0 == run(capsys, trace, tmp_path / "t.csv", "--row", "1")[0]
    assert "0,1,0," in (tmp_path / "t.csv").read_text(encoding="utf-8-sig")
