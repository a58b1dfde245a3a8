"""The report with its pictures beside it, and on paper."""

import logging
import shutil
import subprocess
from pathlib import Path

import pytest

import tracer
from tracer.samples import sample_paths
from tracer.trace.trace import Trace

SAMPLE = next(path for path in sample_paths() if path.stem == "rain")
PNG = b"\x89PNG"


def test_the_pictures_lie_beside_the_report_and_are_the_same_twice(tmp_path: Path) -> None:
    trace = tracer.open_trace(SAMPLE)
    paths = [tracer.export(trace, tmp_path / place / "my run.md", steps=[10]) for place in "ab"]
    pictures = [path.parent / "my run_files" / "step-10.png" for path in paths]

    assert "](my%20run_files/step-10.png)" in paths[0].read_text(encoding="utf-8")
    assert pictures[0].read_bytes().startswith(PNG)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert pictures[0].read_bytes() == pictures[1].read_bytes()
    assert ["my run.md", "my run_files"] == sorted(one.name for one in paths[0].parent.iterdir())


@pytest.mark.parametrize(("lang", "said"), [("en", "has no pictures"), ("zh", "本报告没有图片")])
def test_without_chromium_the_report_says_that_it_has_no_pictures(
    lang: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("TRACER_CHROMIUM", "no-such-browser")
    with caplog.at_level(logging.WARNING, logger="tracer.exporters.documents.pictures"):
        path = tracer.export(tracer.open_trace(SAMPLE), tmp_path / "x.md", lang=lang, steps=[10])

    assert said in path.read_text(encoding="utf-8")
    assert ["x.md"] == [one.name for one in tmp_path.iterdir()]
    assert "The document has no pictures. Pictures are drawn by Chromium" in caplog.text


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler is not installed")
@pytest.mark.parametrize(("lang", "word"), [("en", "Steps in full"), ("zh", "详细步骤")])
def test_on_paper_the_text_can_be_selected_and_pages_have_numbers(
    lang: str, word: str, tmp_path: Path
) -> None:
    path = tracer.export(tracer.open_trace(SAMPLE), tmp_path / "x.pdf", lang=lang, steps=[10, 35])
    text = subprocess.run(
        ["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True
    ).stdout
    about = subprocess.run(["pdfinfo", path], capture_output=True, text=True, check=True).stdout

    assert word in text
    assert "49,152" in text
    assert "1/" in text.replace(" ", "")
    assert "A4" in about


def test_nothing_in_the_answer_turns_the_text_around(
    hostile: Trace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACER_CHROMIUM", "no-such-browser")
    text = tracer.export(hostile, tmp_path / "x.md", steps=[9]).read_text(encoding="utf-8")

    assert "\u202e" not in text
    assert "⟨U+202E⟩evil" in text


@pytest.mark.slow
def test_hostile_text_stays_text_on_paper(hostile: Trace, tmp_path: Path) -> None:
    path = tracer.export(hostile, tmp_path / "x.pdf", steps=[0])

    assert path.read_bytes().startswith(b"%PDF")
    assert b"javascript:" not in path.read_bytes()
