"""A trace as slides, opened by python-pptx and, as a slow test, by LibreOffice."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

import tracer
from tracer.errors import MissingExtraError
from tracer.samples import sample_paths
from tracer.trace.trace import Trace

pptx = pytest.importorskip("pptx", reason="python-pptx is not installed")
SAMPLE = next(path for path in sample_paths() if path.stem == "rain")


def outside(deck: Any) -> list[str]:
    """The shapes that reach beyond their slide."""
    return [
        shape.name
        for slide in deck.slides
        for shape in slide.shapes
        if min(shape.left, shape.top) < 0
        or shape.left + shape.width > deck.slide_width
        or shape.top + shape.height > deck.slide_height
    ]


def texts(slide: Any) -> list[str]:
    """The texts of a slide, its title first."""
    return [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_chosen_step_has_a_slide_with_sentence_picture_and_notes(lang: str, tmp_path: Path) -> None:
    trace = tracer.open_trace(SAMPLE)
    deck = pptx.Presentation(str(tracer.export(trace, tmp_path / "x.pptx", lang=lang, steps=[10])))
    cover, step, closing = deck.slides
    notes = [slide.notes_slide.notes_text_frame.text for slide in deck.slides]

    assert [] == outside(deck)
    assert 16 / 9 == pytest.approx(deck.slide_width / deck.slide_height, abs=0.001)
    assert trace.model.name in "".join(texts(cover))
    assert "·rain" in texts(step)[0]
    assert "52.6" in texts(step)[0]
    assert [1] == [len([one for one in step.shapes if one.shape_type == 13])]
    assert "34.6" in notes[1]
    assert all(notes)
    assert "temperature" in "".join(texts(closing))
    assert 'typeface="Microsoft YaHei"' in step.shapes.title._element.xml


def test_hostile_text_stays_text_on_slides(hostile: Trace, tmp_path: Path) -> None:
    deck = pptx.Presentation(str(tracer.export(hostile, tmp_path / "x.pptx", steps=[hostile.steps[1].index])))

    assert [] == outside(deck)
    assert "\x00" not in "".join(text for slide in deck.slides for text in texts(slide))


def test_without_python_pptx_the_message_says_what_to_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pptx", None)
    with pytest.raises(MissingExtraError, match="A deck needs python-pptx"):
        tracer.export(tracer.open_trace(SAMPLE), tmp_path / "x.pptx")


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_opens_the_deck(tmp_path: Path) -> None:
    path = tracer.export(tracer.open_trace(SAMPLE), tmp_path / "x.pptx", steps=[10, 35])
    home = f"-env:UserInstallation={(tmp_path / 'home').as_uri()}"
    subprocess.run(
        ["soffice", home, "--headless", "--convert-to", "pdf", "--outdir", tmp_path, path], check=True
    )
    about = subprocess.run(["pdfinfo", tmp_path / "x.pdf"], capture_output=True, text=True, check=True).stdout

    assert "Pages:           4" in about
