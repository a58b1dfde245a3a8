"""Every page on a small screen, enlarged, for a room, and in either language and theme."""

import pytest
from playwright.sync_api import Page, expect

from dashboard.navigation import PAGES
from tests.dashboard.browser import Served, idle, open_step
from tests.dashboard.conftest import OpenPage
from tests.dashboard.test_frame import background

NARROW = (320, 640)
ENLARGED = (683, 384)
"""A screen of 1366 × 768 at 200 %, in CSS pixels."""
ROOM = (1280, 720)
HAN = "[\u3400-\u9fff]"
# Parts of the page that follow one another, and pieces of one line of controls: no two of a kind share a point.
OVERLAPPING = """() => {
  const rows = [".st-key-bar button, .st-key-bar [data-baseweb=select]",
    ".tr-bar-top .tr-button, .tr-bar-top .tr-input",
    ".tr-bar-bottom > *", "[data-testid=stMainBlockContainer] > [data-testid=stVerticalBlock] > *"];
  const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 &&
    Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
  return rows.flatMap((row) => {
    const boxes = [...document.querySelectorAll(row)].filter((one) => one.checkVisibility() &&
      !["fixed", "absolute"].includes(getComputedStyle(one).position)).map((one) => [one, one.getBoundingClientRect()]);
    return boxes.flatMap(([one, a], place) => boxes.slice(place + 1)
      .filter(([other, b]) => !one.contains(other) && meet(a, b))
      .map(([other]) => `${one.className} × ${other.className}`));
  });
}"""
QUICK = "attention"
"""The page that is looked at in every run of the tests; the others take longer together than they may."""
all_pages = pytest.mark.parametrize(
    "name",
    [pytest.param(page.name, marks=[] if page.name == QUICK else pytest.mark.slow) for page in PAGES],
)
each_page = pytest.mark.parametrize("name", [page.name for page in PAGES])


def sized(open_page: OpenPage, size: tuple[int, int], **settings: object) -> Page:
    """A page of this size in CSS pixels."""
    return open_page(viewport={"width": size[0], "height": size[1]}, **settings)


def show(page: Page, served: Served, name: str, **query: object) -> None:
    """Opens a page about the sample, and waits until it stands."""
    open_step(page, served, "rain", step=10, page_name="" if name == PAGES[0].name else name, **query)


@all_pages
def test_nothing_scrolls_sideways_or_overlaps_on_a_small_or_enlarged_screen(
    name: str, open_page: OpenPage, served: Served
) -> None:
    page = sized(open_page, NARROW)
    show(page, served, name, lang="zh")
    for width, height in (NARROW, ENLARGED):
        page.set_viewport_size({"width": width, "height": height})
        idle(page)

        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert [] == page.evaluate(OVERLAPPING)


@pytest.mark.slow
@each_page
def test_language_and_theme_can_be_changed_on_every_page(
    name: str, open_page: OpenPage, served: Served
) -> None:
    page = open_page(color_scheme="dark")
    show(page, served, name)
    page.get_by_role("button", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    idle(page)

    assert "dark" == background(page)
    expect(page.get_by_role("link", name="单步")).to_be_visible()
    page.locator(".st-key-bar-view button").first.click()
    with page.expect_navigation():
        page.locator(".st-key-bar-theme").get_by_text("浅色", exact=True).click()
    idle(page)
    assert "light" == background(page)
    assert name == PAGES[0].name or f"/{name}" in page.url
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_sentence_and_picture_stand_on_one_screen_of_a_room(
    lang: str, open_page: OpenPage, served: Served
) -> None:
    page = sized(open_page, ROOM)
    show(page, served, PAGES[0].name, projector=1, lang=lang)
    page.locator(".tr-decision-others").wait_for()
    parts = [
        ".tr-bar-top",
        ".tr-strip",
        ".tr-map",
        ".tr-bar-bottom",
        ".tr-decision-sentence",
        ".tr-decision-grid",
    ]
    boxes = [page.locator(part).bounding_box() for part in parts]
    rows = page.locator(".tr-decision-others").bounding_box()

    tops = [box["y"] for box in boxes if box]
    ends = [box["y"] + box["height"] for box in boxes if box]
    assert len(parts) == len(tops)
    assert all(end <= top + 1 for end, top in zip(ends, tops[1:], strict=False))
    assert rows is not None
    assert ROOM[1] >= rows["y"] + rows["height"]
    scroller = page.locator(".tr-decision-scroll")
    assert scroller.evaluate("one => one.scrollWidth <= one.clientWidth")
    expect(page.get_by_test_id("stSidebar")).to_be_hidden()
    leave = page.locator(".st-key-leave-projector button").bounding_box()
    assert leave is not None
    assert leave["y"] + leave["height"] <= tops[1]


def test_what_is_missing_is_said_in_chinese(page: Page, served: Served) -> None:
    open_step(page, served, "sparse", step=1, lang="zh", page_name="attention")
    expect(page.locator(".tr-attention-refusal")).to_contain_text("没有注意力")

    open_step(page, served, "sparse", step=1, lang="zh", page_name="inside")
    page.get_by_role("tab").nth(2).click()
    expect(page.locator(".st-key-model-missing")).to_contain_text("没有模型的模块结构")
    expect(page.locator(".st-key-model-missing")).to_contain_text("record(...)")
