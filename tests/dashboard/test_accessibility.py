"""Every page in both themes: no serious finding of axe-core, and a way through it with the keyboard alone."""

from itertools import product
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from dashboard.navigation import PAGES
from tests.dashboard.browser import Served, idle, open_step, shown_step, wait_for_step
from tests.dashboard.conftest import OpenPage
from tracer.replay.counterfactual import what_if
from tracer.trace.opening import open_trace

SERIOUS = ("serious", "critical")
# Streamlit's own: its scrolling container cannot take the focus.
NOT_OURS = ("scrollable-region-focusable",)
MOST_TABS = 60


def findings(page: Page) -> list[str]:
    """Returns what axe-core finds serious, each with where it is."""
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {node['html'][:160]} {node['failureSummary'][:300]}"
        for one in found
        if one["impact"] in SERIOUS and one["id"] not in NOT_OURS
        for node in one["nodes"]
    ]


SLOW_IN_THE_DARK = ("inside", "compare", "run")


@pytest.mark.parametrize(
    ("name", "scheme"),
    [
        pytest.param(name, scheme, marks=[pytest.mark.slow] * (scheme == "dark" and name in SLOW_IN_THE_DARK))
        for name, scheme in product([page.name for page in PAGES], ["light", "dark"])
    ],
)
def test_no_page_has_a_serious_finding(name: str, scheme: str, open_page: OpenPage, served: Served) -> None:
    page = open_page(color_scheme=scheme)
    open_step(page, served, "preset-full", step=1, page_name="" if name == PAGES[0].name else name)

    assert [] == findings(page)
    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(page.get_by_text("Deploy", exact=True)).to_have_count(0)
    expect(page.get_by_test_id("stMainMenu")).to_have_count(0)


def test_chinese_has_no_serious_finding(page: Page, served: Served) -> None:
    open_step(page, served, "chinese", step=1, lang="zh")

    assert [] == findings(page)


def test_projector_mode_has_no_serious_finding(page: Page, served: Served) -> None:
    open_step(page, served, "rain", step=4, projector=1)

    assert [] == findings(page)


def tab_to(page: Page, condition: str, *, backwards: bool = False) -> None:
    """Presses Tab until the focused element fulfils a condition in JavaScript."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Shift+Tab" if backwards else "Tab")
        if page.evaluate(f"(element => {condition})(document.activeElement)"):
            return
    pytest.fail(f"{MOST_TABS} presses of Tab reached nothing with {condition}")


def test_a_step_and_a_setting_are_reached_with_the_keyboard_alone(page: Page, served: Served) -> None:
    open_step(page, served, "preset-full", step=0)
    tab_to(page, "element.closest('.st-key-panel-strip') !== null")
    page.keyboard.press("ArrowRight")
    wait_for_step(page, 1)
    tab_to(page, "element.closest('[data-testid=stSlider]') !== null")
    page.keyboard.press("ArrowRight")
    idle(page)

    expect(page.locator(".st-key-what-if-answer")).to_be_visible()
    assert 1 == shown_step(page)


def test_an_attention_cell_is_reached_with_the_keyboard_alone(page: Page, served: Served) -> None:
    open_step(page, served, "preset-full", step=1)
    tab_to(page, "element.getAttribute('href')?.endsWith('/attention')")
    page.keyboard.press("Enter")
    page.wait_for_url("**/attention?**")
    idle(page)
    tab_to(page, "element.getAttribute('role') === 'option' && element.closest('.st-key-panel-attention')")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")

    page.wait_for_url("**source=*")
    assert 1 == shown_step(page)


def test_the_trace_is_changed_with_the_keyboard_alone(page: Page, served: Served) -> None:
    open_step(page, served, "preset-full", step=0)
    tab_to(page, "element.closest('.st-key-bar-trace') !== null")
    page.keyboard.press("ArrowDown")
    page.keyboard.type("rows-and-calls")
    page.keyboard.press("Enter")

    page.wait_for_url(lambda url: served.key("rows-and-calls") in url)
    expect(page.locator(".st-key-bar-call")).to_be_visible()


def test_one_path_of_keys_leads_from_opening_to_a_cell_of_attention(page: Page, served: Served) -> None:
    page.goto(served.address("rain", step=34))
    idle(page)
    tab_to(page, "element.closest('.st-key-panel-strip') && element.getAttribute('role') === 'option'")
    page.keyboard.press("ArrowRight")
    wait_for_step(page, 35)
    tab_to(page, "element.closest('[data-testid=stSlider]') !== null")
    page.keyboard.press("Home")
    idle(page)
    step = open_trace(served.folder / "rain.trace").step(35)
    other = what_if(step, temperature=0.1)
    assert step.token_id != other.token_id
    answer = page.locator(".st-key-what-if-answer .tr-decision-sentence")
    expect(answer).to_contain_text(step.call.trace.vocabulary.visible(other.token_id))

    tab_to(page, "element.getAttribute('href')?.endsWith('/attention')", backwards=True)
    page.keyboard.press("Enter")
    page.wait_for_url("**/attention?**")
    idle(page)
    tab_to(page, "element.classList.contains('tr-attention-map-frame')")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    expect(page.locator(".tr-attention-map-cell")).to_contain_text(" % on ")
    assert 35 == shown_step(page)


def test_a_tab_that_was_clicked_leaves_the_arrows_to_the_steps(page: Page, served: Served) -> None:
    open_step(page, served, "preset-full", step=1)
    tabs = page.get_by_role("tab")
    tabs.nth(1).click()
    idle(page)
    page.keyboard.press("ArrowRight")
    wait_for_step(page, 2)
    expect(tabs.nth(1)).to_have_attribute("aria-selected", "true")

    page.keyboard.press("Shift+Tab")
    tab_to(page, "element.getAttribute('role') === 'tab'")
    page.keyboard.press("ArrowRight")
    expect(tabs.nth(2)).to_be_focused()
    assert 2 == shown_step(page)
