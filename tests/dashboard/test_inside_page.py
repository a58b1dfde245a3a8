"""The page about the inside of the model: every tab and section over every kind of trace, and the two steps beside."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import plotly.graph_objects as go
import pytest
from playwright.sync_api import Page, expect
from streamlit.testing.v1 import AppTest

from dashboard import navigation
from dashboard.components.chart import dressed
from dashboard.data import current
from dashboard.data.library import key_of
from dashboard.navigation import PAGES
from tests.dashboard.browser import Served, idle, open_step, wait_for_step
from tests.dashboard.made_traces import KINDS
from tests.lenses import lens
from tests.made_shares import make_shares
from tracer.figures.heatmap import source_heatmap
from tracer.figures.layer_grid import lens_grid
from tracer.figures.waterfall import contribution_waterfall

MAIN = Path(current.__file__).parents[1] / "main.py"
LAYERS, INPUTS, MODEL = range(3)
SECTIONS = (
    *(
        (LAYERS, "layers-part", f"ui.layers_{name}")
        for name in ("contributions", "lens", "attribution", "norms")
    ),
    *((INPUTS, "inputs-part", f"ui.inputs_{name}") for name in ("cache", "mask", "positions")),
    *((MODEL, "model-part", f"ui.model_{name}") for name in ("modules", "configuration")),
)
each_section = pytest.mark.parametrize(
    "section", SECTIONS, ids=lambda section: section[2].removeprefix("ui.")
)
DIFFERING = ".tr-inputs-changed"
STEPS_WITHIN_S = 5
AS_WIDE = """() => [...document.querySelectorAll(".tr-figure")].every(
    (one) => Math.abs(one.querySelector(".main-svg").getBoundingClientRect().width - one.clientWidth) < 2)"""


@pytest.fixture
def shown(traces: Path) -> Iterator[Path]:
    """Makes this process show the traces, and afterwards those that it showed before."""
    before = current.library().root
    current.show(traces)
    yield traces
    current.show(before)


def opened(
    monkeypatch: pytest.MonkeyPatch, trace: Path, section: tuple[int, str, str], **query: str
) -> AppTest:
    """Runs the script with this page in front, a tab open and a section chosen."""
    inside = next(page for page in PAGES if page.name == "inside")
    monkeypatch.setattr(navigation, "PAGES", (inside, *(page for page in PAGES if page is not inside)))
    app = AppTest.from_file(str(MAIN), default_timeout=60)
    tab, key, chosen = section
    app.session_state["inside-tab"] = tab
    app.session_state[key] = chosen
    for name, value in {"trace": key_of(trace), **query}.items():
        app.query_params[name] = value
    return app.run()


@each_section
def test_every_section_shows_every_trace(
    section: tuple[int, str, str], shown: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in KINDS:
        app = opened(monkeypatch, shown / f"{kind}.trace", section)

        assert [] == list(app.exception), kind


@each_section
def test_every_section_speaks_chinese(
    section: tuple[int, str, str], shown: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in ("preset-full", "sparse"):
        app = opened(monkeypatch, shown / f"{kind}.trace", section, lang="zh")

        assert [] == list(app.exception), kind


def test_only_the_open_tab_is_worked_out(shown: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trace = shown / "preset-full.trace"

    assert ["layers-part"] == choices(opened(monkeypatch, trace, SECTIONS[0]))
    assert ["inputs-part"] == choices(opened(monkeypatch, trace, SECTIONS[4]))
    assert ["model-part"] == choices(opened(monkeypatch, trace, SECTIONS[7]))


def choices(app: AppTest) -> list[str]:
    """The keys of the choices of a section that are on the page."""
    return [box.key for box in app.get("button_group") if str(box.key).endswith("-part")]


def test_the_open_tab_stays_open_in_another_language(shown: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(monkeypatch, shown / "preset-full.trace", SECTIONS[7], lang="en")
    app.session_state["lang"] = "zh"

    assert ["model-part"] == choices(app.run())


def test_figures_keep_their_shape_and_have_the_colors_of_the_theme() -> None:
    for figure in (contribution_waterfall(make_shares()), source_heatmap(make_shares()), lens_grid(lens())):
        light, dark = dressed(figure, is_dark=False), dressed(figure, is_dark=True)

        assert {"rgba(0,0,0,0)"} == {one["layout"]["plot_bgcolor"] for one in (light, dark)}
        assert figure.data[0].hovertemplate == dark["data"][0]["hovertemplate"]
        assert list(figure.layout.yaxis.ticktext) == dark["layout"]["yaxis"]["ticktext"]
        assert "#D55E00" in json.dumps(light)
        assert "#D55E00" not in json.dumps(dark)


def test_plotly_takes_what_the_page_adds_to_a_figure() -> None:
    for is_dark in (False, True):
        layout = go.Figure(dressed(contribution_waterfall(make_shares()), is_dark=is_dark)).layout

        assert layout.font.color == layout.template.layout.hoverlabel.font.color


def test_a_token_that_is_spelled_like_a_color_stays_as_it_is() -> None:
    shares = make_shares(source_tokens=("#FFFFFF", "$1", "?", "#1A1D21"))
    figure = source_heatmap(shares)
    figure.update_yaxes(ticktext=["#FFFFFF", "#D55E00"])

    assert ["#FFFFFF", "#D55E00"] == dressed(figure, is_dark=True)["layout"]["yaxis"]["ticktext"]


# -- in a browser -------------------------------------------------------------------------------------------------


def show(page: Page, served: Served, tab: str, step: int, trace: str = "preset-full") -> None:
    """Opens a tab of the page at a step."""
    open_step(page, served, trace, step, page_name="inside")
    page.get_by_role("tab", name=tab).click()
    idle(page)
    page.evaluate("document.activeElement.blur()")  # on a tab, arrows choose among the tabs


@pytest.mark.parametrize("step", [0, 1])
def test_the_first_two_steps_stand_beside_each_other(step: int, page: Page, served: Served) -> None:
    show(page, served, "Inputs and cache", step)
    table = page.locator(".tr-inputs")

    expect(table.get_by_role("columnheader").nth(1)).to_contain_text("Step 0: reading the prompt (prefill)")
    expect(table.get_by_role("columnheader").nth(2)).to_contain_text("Step 1: writing one token (decode)")
    ids = table.get_by_role("row").filter(has_text="input_ids")
    expect(ids.get_by_role("cell").last).to_contain_text("shape")
    expect(ids.locator(DIFFERING).first).to_be_visible()


def test_inputs_follow_the_step_and_can_be_compared_with_the_first(page: Page, served: Served) -> None:
    show(page, served, "Inputs and cache", 2)
    left = page.locator(".tr-inputs").get_by_role("columnheader").nth(1)
    expect(left).to_contain_text("Step 1:")

    page.keyboard.press("ArrowRight")
    wait_for_step(page, 3)
    expect(left).to_contain_text("Step 2:")

    page.get_by_text("Beside the first step").click()
    expect(left).to_contain_text("Step 0:")


def test_figures_of_the_layers_follow_the_step(page: Page, served: Served) -> None:
    show(page, served, "Layers", 1)
    title = page.locator(".gtitle").first
    expect(title).to_contain_text("Step 1:")
    expect(page.get_by_role("img", name="Step 1:").first).to_be_visible()

    page.keyboard.press("ArrowRight")
    wait_for_step(page, 2)
    begun = time.monotonic()
    expect(title).to_contain_text("Step 2:")
    assert STEPS_WITHIN_S >= time.monotonic() - begun


def test_figures_are_larger_for_a_room(page: Page, served: Served) -> None:
    def size(**query: str) -> float:
        open_step(page, served, "preset-full", 1, page_name="inside", **query)
        title = page.locator(".gtitle").first
        expect(title).to_contain_text("Step 1:")
        return float(title.evaluate("one => parseFloat(getComputedStyle(one).fontSize)"))

    assert size(projector="1") == pytest.approx(1.5 * size())


def test_the_model_is_shown_as_modules_and_as_configuration(page: Page, served: Served) -> None:
    show(page, served, "Model", 1)
    expect(page.get_by_text("lm_head", exact=True).first).to_be_attached()

    page.get_by_text("Configuration", exact=True).click()
    expect(page.get_by_role("cell", name="hidden_size", exact=True)).to_be_visible()


def test_a_section_stays_chosen_while_its_tab_is_closed(page: Page, served: Served) -> None:
    show(page, served, "Inputs and cache", 1)
    part = page.locator(".st-key-inputs-part")
    part.get_by_text("Position ids").click()
    idle(page)
    page.get_by_role("tab", name="Model").click()
    idle(page)
    page.get_by_role("tab", name="Inputs and cache").click()

    expect(part.get_by_role("radio", checked=True)).to_have_text("Position ids")


@pytest.mark.parametrize("tab", ["Layers", "Inputs and cache", "Model"])
def test_no_tab_scrolls_sideways(tab: str, page: Page, served: Served) -> None:
    show(page, served, tab, 1)

    for width in (700, 320, 1000):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_function("width => document.documentElement.scrollWidth <= width", arg=width)
        page.wait_for_function(AS_WIDE)
