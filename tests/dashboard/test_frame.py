"""The dashboard in a real browser: it opens, follows the keyboard, and asks nobody else for anything."""

from playwright.sync_api import Page, expect

from tests.dashboard.browser import Served, idle, open_step, shown_step, wait_for_step


def test_it_opens_on_a_trace(page: Page, served: Served) -> None:
    page.goto(served.url)
    idle(page)

    assert "tracer" in page.title()
    expect(page.locator("[data-testid=stException]")).to_have_count(0)


def test_no_key_press_is_lost_at_any_speed(page: Page, served: Served) -> None:
    open_step(page, served, "rain", step=2)
    for _ in range(20):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(33)

    wait_for_step(page, 22)
    assert 22 == shown_step(page)
