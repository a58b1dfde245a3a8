"""Every view as a picture: its size, its texts as text, type large enough, nothing told by color alone in print."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.exporters.conftest import HOSTILE
from tests.exporters.pictures.conftest import LEAST_PX, png_size, texts_of, type_sizes
from tests.long_trace import STOP, long_trace
from tracer.errors import SignalMissingError
from tracer.exporters.chromium import Chromium
from tracer.exporters.views import SIZES, VIEWS, ViewRequest, view_page, view_picture
from tracer.exporters.views.drawing import FigureDrawing, ModuleDrawing
from tracer.exporters.views.modules import MODULE_VIEWS
from tracer.exporters.views.plotly_fit import fit
from tracer.exporters.views.plotly_page import figure_json
from tracer.pictures.decision import decision_picture
from tracer.trace.trace import Trace
from tracer.wording.catalogue import CATALOGUE

Asked = Callable[..., ViewRequest]
NOT_IN_THE_SAMPLE = ("sources", "attribution", "lens", "lens-lines", "norms")
"""These need the weights once, or hidden states, which the small sample has not."""


@pytest.mark.parametrize("name", VIEWS)
def test_every_view_is_made_or_says_what_to_type(name: str, asked: Asked) -> None:
    if name in NOT_IN_THE_SAMPLE:
        with pytest.raises(SignalMissingError, match=r"Type: `tracer|Record again with"):
            VIEWS[name].make(asked(name))
        return
    drawing = VIEWS[name].make(asked(name))
    assert isinstance(drawing, ModuleDrawing | FigureDrawing)
    assert all(isinstance(sentence, str) for sentence in drawing.sentences)


def test_every_view_has_its_caption_and_no_other_is_left() -> None:
    others = {
        "steps", "model", "settings", "no_settings", "seed", "no_seed", "versions", "trace", "trace_step",
    }  # fmt: skip
    keys = {key.removeprefix("caption.") for key in CATALOGUE if key.startswith("caption.")}

    assert set(VIEWS) == keys - others


@pytest.mark.parametrize(("size", "pixels"), [("column", 321), ("page", 643), ("slide", 1280)])
def test_a_png_has_the_pixels_of_its_size(size: str, pixels: int, chromium: Chromium, asked: Asked) -> None:
    width, height = png_size(view_picture(chromium, asked(size=size), "png", scale=2))

    assert 2 * pixels == width
    assert (1440 if size == "slide" else height) == height


@pytest.mark.parametrize("size", SIZES)
def test_tokens_and_numbers_of_the_decision_are_text(size: str, chromium: Chromium, asked: Asked) -> None:
    request = asked(size=size)
    picture = decision_picture(request.step, "en")  # type: ignore[arg-type]
    texts = texts_of(view_picture(chromium, request, "svg"))

    assert [] == [row.token for row in picture.rows if row.token not in texts]
    percents = [cell.percent for column in picture.columns for cell in column.cells if cell.percent]
    assert [] == [percent for percent in percents if percent not in texts]
    words = " ".join(texts)
    assert [] == [one.title for one in picture.columns if one.title.split()[0] not in words]


@pytest.mark.parametrize(
    ("view", "size"),
    [*((view.name, "column") for view in MODULE_VIEWS), ("attention", "slide"), ("map", "slide")],
)
def test_no_type_is_smaller_than_seven_points(view: str, size: str, chromium: Chromium, asked: Asked) -> None:
    sizes = type_sizes(view_picture(chromium, asked(view, size=size, lang="zh"), "svg"))

    assert sizes
    assert min(sizes) >= LEAST_PX - 0.05


@pytest.mark.slow
def test_the_type_of_figures_is_as_large(chromium: Chromium, asked: Asked) -> None:
    pytest.importorskip("plotly")
    sizes = type_sizes(view_picture(chromium, asked("draw", size="column"), "svg"))

    assert len(sizes) > 10
    assert min(sizes) >= LEAST_PX - 0.05


def test_the_text_of_the_strip_is_whole(chromium: Chromium, asked: Asked) -> None:
    request = asked("strip")
    texts = texts_of(view_picture(chromium, request, "svg"))
    visible = request.sequence.call.trace.vocabulary.visible

    assert [] == [one for one in map(visible, request.sequence.token_ids) if one not in texts]


def test_a_text_that_is_longer_than_a_slide_is_cut_around_the_step(
    chromium: Chromium, asked: Asked, tmp_path: Path
) -> None:
    tokens = [b"<end>", *(f" word{number}".encode() for number in range(50))]
    answer = [1 + place % 50 for place in range(2000)]
    sequence = long_trace(tmp_path / "long.trace", tokens, [1, 2], [*answer, STOP]).sequence()
    request = ViewRequest(sequence, "strip", sequence.steps[1500], SIZES["slide"])
    svg = view_picture(chromium, request, "svg").decode()
    texts = texts_of(svg)

    assert 'width="1280" height="720"' in svg
    assert 200 < len(texts) < 900
    assert "The text is longer than the slide." in texts
    assert min(type_sizes(svg)) >= LEAST_PX - 0.05


def test_print_hatches_what_is_orange_elsewhere(chromium: Chromium, asked: Asked) -> None:
    printed, light = (
        view_picture(chromium, asked(theme=theme), "svg").decode() for theme in ("print", "light")
    )

    assert 'fill="url(#tr-chosen)"' in printed
    assert "url(#tr-chosen)" not in light
    assert 'fill="#0e1117"' in view_picture(chromium, asked(theme="dark"), "svg").decode()


def test_hostile_tokens_stay_text(chromium: Chromium, hostile: Trace) -> None:
    sequence = hostile.sequence()
    for view in ("decision", "strip"):
        svg = view_picture(chromium, ViewRequest(sequence, view, sequence.steps[0]), "svg").decode()
        assert "<script" not in svg
        assert (
            "</script>"
            not in view_page(ViewRequest(sequence, view, sequence.steps[0]))
            .split("tr-about")[1]
            .split("</script>")[0]
        )
    texts = "".join(texts_of(svg))
    for part in ("</script><script>", "<!--", "$x^2$|**b**", "{{7*7}}", "&amp;", "=cmd|'/Ccalc'!A0"):
        assert part in texts.replace("·", "").replace(" ", ""), part
    assert any("x" * 20 in text for text in texts_of(svg))
    assert len(HOSTILE) == len(sequence.token_ids) - 1


def test_a_head_that_is_not_there_is_refused(asked: Asked) -> None:
    with pytest.raises(ValueError, match="layer"):
        view_page(asked("map", layer=99, head=0))
    with pytest.raises(ValueError, match="measure='x' is none of"):
        view_page(asked("heads", measure="x"))
    with pytest.raises(
        SignalMissingError, match=r"Step 10 has no heads by 'source'\. Type measure='previous'"
    ):
        view_page(asked("heads", measure="source"))


def test_a_dark_figure_has_colors_that_are_seen_on_dark(asked: Asked) -> None:
    go = pytest.importorskip("plotly.graph_objects")
    figure = go.Figure(go.Bar(x=[1], y=[1], marker_color=["#D55E00"]))
    made = figure_json(asked("draw", theme="dark"), figure)

    assert ["#f59e4b"] == made["data"][0]["marker"]["color"]
    assert "#0e1117" == made["layout"]["paper_bgcolor"]


def test_a_map_of_both_signs_says_them_in_print(asked: Asked) -> None:
    go = pytest.importorskip("plotly.graph_objects")
    figure = go.Figure(go.Heatmap(z=[[1.0, -1.0, 0.01]]))
    figure_json(asked("sources", theme="light"), figure)
    assert figure.data[0].text is None
    figure_json(asked("sources"), figure)

    assert (("+", "−", ""),) == tuple(map(tuple, figure.data[0].text))


def test_labels_that_would_lie_on_each_other_are_left_out() -> None:
    layout = {
        "xaxis": {"tickvals": list(range(60)), "ticktext": [str(one) for one in range(60)]},
        "title": {"text": "a long title " * 10},
        "margin": {"t": 60},
    }
    fit([], layout, 321)

    assert len(layout["xaxis"]["ticktext"]) == len(layout["xaxis"]["tickvals"]) < 20
    assert "<br>" in str(layout["title"]["text"])
    assert layout["margin"]["t"] > 60


def test_long_labels_and_cells_are_broken_and_cut_by_what_is_to_be_read() -> None:
    label, cell = "&lt;|im_start|&gt; 0", "&lt;&lt;&lt;antropology"
    layout: dict[str, Any] = {"yaxis": {"ticktext": [label, "of words that are many"]}}
    cells: dict[str, Any] = {"type": "heatmap", "texttemplate": "%{text}", "text": [["·a", cell, "·b"]]}
    fit([cells], layout, 300)

    assert [label, "of words that<br>are many"] == layout["yaxis"]["ticktext"]
    assert [["·a", "&lt;&lt;&lt;an…", "·b"]] == cells["text"]
