"""`tracer.export` of pictures: files and captions, what is refused, PDF in other programs, the GIF."""

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest

import tracer
from tests.exporters.pictures.conftest import pdf_said
from tracer.cli.main import main
from tracer.errors import MissingExtraError, TraceExistsError
from tracer.exporters.chromium.drawing import Chromium
from tracer.exporters.pictures import animation
from tracer.exporters.views import ViewRequest, view_picture
from tracer.trace.trace import Trace

Asked = Callable[..., ViewRequest]


@pytest.mark.usefixtures("shared_chromium")
def test_a_caption_tells_what_was_drawn_and_from_what(rain: Trace, tmp_path: Path) -> None:
    tracer.export(rain, tmp_path / "x.png", view="decision", step=10, size="column", lang="en")
    told = (tmp_path / "x.caption.md").read_text(encoding="utf-8")

    made = rain.manifest.environment
    for part in (
        "How one token was chosen",
        "The draw took `·ra`",
        rain.model.name,
        "`temperature=0.8`",
        "`repetition_penalty=1.1`",
        "Seed 3.",
        f"torch {made.torch}",
        f"transformers {made.transformers}",
        "`rain.trace`",
        "step 10.",
    ):
        assert part in told, part
    assert 1 == told.count("\n")
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.usefixtures("shared_chromium")
def test_another_format_shares_the_caption_but_another_picture_does_not(rain: Trace, tmp_path: Path) -> None:
    tracer.export(rain, tmp_path / "x.png", view="strip")
    tracer.export(rain, tmp_path / "x.svg", view="strip")

    with pytest.raises(TraceExistsError, match=r"x\.caption\.md"):
        tracer.export(rain, tmp_path / "x.pdf", view="inputs")
    assert not (tmp_path / "x.pdf").exists()


@pytest.mark.usefixtures("shared_chromium")
def test_without_a_step_the_telling_one_is_drawn(rain: Trace, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    tracer.export(rain, tmp_path / "x.svg", theme="dark", progress=lambda *now: told.append(now))

    assert (1, 1) == told[-1]
    assert re.search(r"step \d+\.", (tmp_path / "x.caption.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"view": "sideways"},
            "view='sideways' is no view; there are decision, strip, attention, heads, map",
        ),
        ({"size": "a4"}, "size='a4' is none of column, page, slide"),
        ({"theme": "pink"}, "theme='pink' is none of print, light, dark"),
        ({"step": 999}, "step=999 is no step of this sequence: there are 0 to"),
    ],
)
def test_what_is_not_there_is_refused_by_name(
    options: dict[str, object], said: str, rain: Trace, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        tracer.export(rain, tmp_path / "x.png", **options)  # type: ignore[arg-type]
    assert [] == list(tmp_path.iterdir())


def test_a_view_is_only_of_pictures(rain: Trace, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"x\.csv' is no picture, but view, step"):
        tracer.export(rain, tmp_path / "x.csv", view="decision")


def test_without_chromium_the_error_says_what_to_type(
    rain: Trace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACER_CHROMIUM", str(tmp_path / "nothing"))
    monkeypatch.setattr("os.path.exists", lambda path: False)

    with pytest.raises(MissingExtraError, match=r"TRACER_CHROMIUM names, is no program.*playwright install"):
        tracer.export(rain, tmp_path / "x.png", view="decision")


def test_without_playwright_the_error_names_the_extra(
    rain: Trace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "playwright.sync_api", None)

    with pytest.raises(MissingExtraError, match=r"need playwright.*generation-tracer\[export\]"):
        tracer.export(rain, tmp_path / "x.png", view="decision")


def test_without_plotly_the_error_names_the_extra(
    rain: Trace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "plotly", None)

    with pytest.raises(MissingExtraError, match=r"needs plotly.*generation-tracer\[figures\]"):
        tracer.export(rain, tmp_path / "x.png", view="draw")


@pytest.mark.parametrize(("size", "width"), [("column", 85), ("slide", 338.67)])
def test_a_pdf_is_one_sheet_of_its_size_with_its_text(
    size: str, width: float, chromium: Chromium, asked: Asked, tmp_path: Path
) -> None:
    path = tmp_path / "x.pdf"
    path.write_bytes(view_picture(chromium, asked(size=size, lang="zh"), "pdf"))
    told = pdf_said(path, "pdfinfo")
    found = re.search(r"Page size: +([\d.]+) x ([\d.]+)", told)

    assert found
    assert width == pytest.approx(float(found[1]) / 72 * 25.4, abs=0.1)
    assert re.search(r"Pages: +1\n", told)
    text = pdf_said(path, "pdftotext", "-layout")
    for part in ("·sunlight", "34.6%", "模型最看好", "重复惩罚"):
        assert part in text, part


@pytest.mark.usefixtures("shared_chromium")
def test_the_gif_has_a_picture_for_each_step(rain: Trace, tmp_path: Path) -> None:
    pillow = pytest.importorskip("PIL.Image")
    told: list[tuple[int, int]] = []
    path = tracer.export(
        rain, tmp_path / "x.gif", steps=[3, 4, 10], size="column", progress=lambda *now: told.append(now)
    )
    with pillow.open(io.BytesIO(path.read_bytes())) as image:
        assert 3 == image.n_frames
        assert 1000 == image.info["duration"]
        assert 482 == image.size[0]
    assert [(1, 3), (2, 3), (3, 3)] == told
    assert "from step 3 to step 10" in (tmp_path / "x.caption.md").read_text(encoding="utf-8")


@pytest.mark.usefixtures("shared_chromium")
def test_a_long_gif_is_cut_and_says_so(
    rain: Trace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pytest.importorskip("PIL.Image")
    monkeypatch.setattr(animation, "MOST_FRAMES", 1)
    tracer.export(rain, tmp_path / "x.gif", steps=[3, 4], size="column")

    assert "The GIF shows the first 1 of 2 steps" in caplog.text


def test_a_gif_takes_no_other_view(rain: Trace, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="A GIF shows the decisions of many steps"):
        tracer.export(rain, tmp_path / "x.gif", view="map")


def test_the_command_takes_the_same_options(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from tracer.samples import sample_paths

    with pytest.raises(SystemExit) as ended:
        main(["export", str(sample_paths()[0]), str(tmp_path / "x.svg"), "--view", "strip", "--size", "a4"])

    assert 2 == ended.value.code
    assert "size='a4' is none of column, page, slide" in capsys.readouterr().err
