"""The dashboard in a real browser: it opens, follows keys and links, keeps choices, and asks nobody else."""

import re

import pytest
from playwright.sync_api import Page, expect

from dashboard.navigation import PAGES
from tests.dashboard.browser import Served, idle, open_step, shown_step, wait_for_step
from tests.dashboard.conftest import OpenPage
from tests.dashboard.made_traces import SAMPLES

ABOUT_TRACES = tuple(page.name for page in PAGES if page.has_trace)
BAR = ".st-key-bar"
PRESS_AND_LEAVE = """name => {
    const press = () => document.body.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowRight", bubbles: true}));
    press();
    setTimeout(press, 20);
    setTimeout(press, 40);
    const link = [...document.querySelectorAll("a")].find(one => one.textContent.trim() === name);
    setTimeout(() => link.click(), 60);
}"""


def background(page: Page) -> str:
    """Returns "light" or "dark", by what is to be seen."""
    color = page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor")
    return "dark" if max(map(int, re.findall(r"\d+", color)[:3])) < 128 else "light"


def choose_theme(page: Page, name: str) -> None:
    """Chooses a theme in the bar and waits for the page that comes of it."""
    page.locator(".st-key-bar-view button").first.click()
    with page.expect_navigation():
        page.locator(".st-key-bar-theme").get_by_text(name, exact=True).click()
    idle(page)


@pytest.mark.parametrize("trace", SAMPLES)
def test_samples_open_without_a_fault(trace: str, page: Page, served: Served) -> None:
    open_step(page, served, trace, step=3)

    assert 3 == shown_step(page)


def test_no_key_press_is_lost_at_any_speed(page: Page, served: Served) -> None:
    open_step(page, served, "rain", step=2)
    for _ in range(20):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(33)

    wait_for_step(page, 22)
    idle(page)
    assert 22 == shown_step(page)


def test_the_step_stays_when_the_page_changes(page: Page, served: Served) -> None:
    open_step(page, served, "rain", step=5)
    page.keyboard.press("ArrowRight")
    wait_for_step(page, 6)
    for name in ABOUT_TRACES[1:]:
        page.locator(f'a[href$="/{name}"]').first.click()
        page.wait_for_url(re.compile(f"/{name}[?]"))
        idle(page)
        assert 6 == shown_step(page)


def test_a_link_reopens_trace_call_row_step_and_selection(page: Page, served: Served) -> None:
    open_step(page, served, "rows-and-calls", step=2, call=0, row=1, layer=1, head=3)
    first = page.url
    assert {"call=0", "row=1", "step=2", "layer=1", "head=3"} <= set(first.split("?")[1].split("&"))

    page.goto("about:blank")
    page.goto(first)
    idle(page)
    assert set(first.split("?")[1].split("&")) == set(page.url.split("?")[1].split("&"))


def test_the_language_is_the_browsers_until_another_is_chosen(open_page: OpenPage, served: Served) -> None:
    page = open_page(locale="zh-CN")
    page.goto(served.url)
    idle(page)
    expect(page.get_by_role("link", name="单步")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")

    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("link", name="Step", exact=True)).to_be_visible()
    idle(page)

    page.goto(served.url)
    idle(page)
    expect(page.get_by_role("link", name="Step", exact=True)).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_theme_follows_the_system(scheme: str, open_page: OpenPage, served: Served) -> None:
    page = open_page(color_scheme=scheme)
    open_step(page, served, "rain")

    assert scheme == background(page)
    assert scheme == page.evaluate("document.documentElement.dataset.trTheme")


def test_a_chosen_theme_holds_on_other_pages_and_at_the_next_visit(page: Page, served: Served) -> None:
    open_step(page, served, "rain", step=4)
    choose_theme(page, "Dark")
    assert ("dark", 4) == (background(page), shown_step(page))

    for name in ("attention", "run"):
        open_step(page, served, "rain", step=4, page_name=name)
        assert "dark" == background(page)

    choose_theme(page, "Light")
    assert "light" == background(page)


def test_projector_mode_shows_the_picture_alone_and_larger(open_page: OpenPage, served: Served) -> None:
    page = open_page(viewport={"width": 1280, "height": 720})
    open_step(page, served, "rain", step=4, projector=1)
    assert "24px" == page.evaluate("getComputedStyle(document.documentElement).fontSize")
    expect(page.locator(BAR)).to_have_count(0)
    expect(page.get_by_test_id("stHeader")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280

    page.get_by_role("button", name="Leave projector mode").click()
    expect(page.locator(BAR)).to_be_visible()
    idle(page)
    assert 4 == shown_step(page)
    assert "projector" not in page.url


def test_no_space_is_lost_above_the_text(page: Page, served: Served) -> None:
    open_step(page, served, "rain", step=4)

    box = page.locator(".st-key-panel-strip").bounding_box()
    assert box is not None
    assert box["y"] <= 60


def test_the_page_does_not_scroll_sideways(page: Page, served: Served) -> None:
    open_step(page, served, "rain", step=4)

    for width in (1024, 700, 320):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_function("width => document.documentElement.scrollWidth <= width", arg=width)


def test_keys_pressed_just_before_another_page_is_opened_leave_that_page_whole(
    page: Page, served: Served
) -> None:
    open_step(page, served, step=3)
    for name, module in (("Attention", "attention"), ("Step", "decision"), ("Attention", "attention")):
        page.evaluate(PRESS_AND_LEAVE, name)
        expect(page.locator(f".st-key-panel-{module}")).to_be_visible()
        idle(page)

        expect(page.locator(f".st-key-panel-{module}")).to_be_visible()


def test_the_first_page_is_found_under_its_own_name_too(page: Page, served: Served) -> None:
    page.goto(served.address("preset-full", PAGES[0].name, step=2))
    idle(page)

    expect(page.locator(".st-key-panel-decision")).to_be_visible()
    assert 2 == shown_step(page)


def test_what_was_asked_for_early_is_not_asked_for_again(page: Page, served: Served) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.removeprefix(served.url)))
    open_step(page, served, step=3, call=0, row=0, lang="en")

    assert 1 == sum(url.startswith("/words") for url in asked)
    assert 1 == sum(url.startswith("/view/strip") for url in asked)


def test_a_page_that_was_taken_away_is_asked_for_again_however_often(page: Page, served: Served) -> None:
    open_step(page, served, step=3)
    for _ in range(2):
        page.evaluate("""async () => {
            document.body.classList.remove("asked-again");
            const links = [...document.querySelectorAll("[data-testid=stHeader] a")];
            const own = links.find(one => one.textContent.trim() === "Step");
            own.addEventListener("click", () => document.body.classList.add("asked-again"));
            document.querySelector(".tr-page-end")?.remove();
            (await import(new URL("browser/mend.js", document.baseURI))).mend();
        }""")

        expect(page.locator("body.asked-again")).to_have_count(1)
        idle(page)
