"""The page of one step in a real browser: what stands below the picture, and what becomes of a moved slider."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.dashboard.browser import Served, idle, open_step, shown_step

ANSWER = ".st-key-what-if-answer"
TEMPERATURE = "temperature"
MOST_PRESSES = 14


def slider(page: Page, name: str = TEMPERATURE) -> Locator:
    """The handle of a setting's slider."""
    return page.get_by_role("slider", name=name)


def sentence(page: Page) -> str:
    """What the dashed frame says."""
    return page.locator(f"{ANSWER} .tr-decision-sentence").inner_text()


def open_tab(page: Page, name: str) -> None:
    """Opens one of the tabs below the picture."""
    page.get_by_role("tab", name=name).click()
    idle(page)


def move_until_the_token_changes(page: Page) -> None:
    """Moves the temperature down with the keyboard until another token than the recorded one would have come."""
    slider(page).focus()
    for _ in range(MOST_PRESSES):
        before = slider(page).input_value()
        page.keyboard.press("ArrowLeft")
        expect(slider(page)).not_to_have_value(before)
        answer = page.locator(f"{ANSWER} .tr-decision-sentence")
        expect(answer).to_contain_text(f"temperature {slider(page).input_value()},")
        if "all the same" not in sentence(page):
            return
    pytest.fail(f"{MOST_PRESSES} presses of ← changed no token: {sentence(page)}")


def test_a_moved_slider_shows_another_token_as_simulated(page: Page, served: Served) -> None:
    page.goto(served.address("rain"))
    idle(page)
    step = shown_step(page)
    chosen = page.locator(".tr-decision-row-chosen .tr-chip, .tr-piece-current").first.inner_text()
    move_until_the_token_changes(page)

    frame = page.locator(f"{ANSWER} .tr-decision-not-real")
    assert "dashed" == frame.evaluate("element => getComputedStyle(element).borderTopStyle")
    expect(frame.locator(".tr-decision-frame-note")).to_have_text("simulated, not what happened")
    expect(frame.locator(".tr-decision-sentence")).to_contain_text(f", not {chosen}")
    expect(page.get_by_text("recorded: 0.8")).to_be_visible()
    assert step == shown_step(page)

    page.get_by_role("button", name="Back to the recorded settings").click()
    expect(page.locator(ANSWER)).to_have_count(0)
    expect(slider(page)).to_have_value("0.8")


def test_another_draw_is_simulated_too(page: Page, served: Served) -> None:
    open_step(page, served, "preset-standard", step=1)
    page.get_by_role("button", name="Draw again").click()
    idle(page)

    expect(page.locator(f"{ANSWER} .tr-decision-not-real")).to_be_visible()
    page.get_by_role("button", name="Back to the recorded settings").click()
    expect(page.locator(ANSWER)).to_have_count(0)


def test_what_if_says_what_to_type_where_too_little_was_recorded(page: Page, served: Served) -> None:
    open_step(page, served, "preset-light", step=1)
    slider(page).focus()
    page.keyboard.press("ArrowRight")
    idle(page)

    expect(page.locator(ANSWER)).to_contain_text("logits='last'")


def test_any_token_of_the_vocabulary_is_found_with_its_stages(page: Page, served: Served) -> None:
    open_step(page, served, "preset-standard", step=1)
    open_tab(page, "Any token")
    rows = page.locator(".st-key-vocabulary tbody tr")
    expect(rows.filter(has_text="✓")).to_have_count(1)

    page.get_by_role("textbox", name="Token").fill("q")
    page.keyboard.press("Enter")
    idle(page)
    expect(rows.first).to_contain_text(re.compile("^q"))
    cells = rows.first.locator("td").all_inner_texts()
    assert re.search("% · .* · ", cells[2]) or "1 in" in cells[2]
    expect(page.locator(".st-key-vocabulary th")).to_have_count(len(cells))

    page.get_by_role("textbox", name="Token").fill("no such token at all")
    page.keyboard.press("Enter")
    expect(rows).to_have_count(0)


def test_why_it_went_on_is_told_for_each_criterion(page: Page, served: Served) -> None:
    open_step(page, served, "preset-standard", step=1)
    open_tab(page, "Why it went on")
    table = page.locator(".st-key-stopping")

    expect(table).to_contain_text("MaxLengthCriteria")
    page.locator(".tr-piece[data-step='5']").click()
    expect(table.locator("tr", has_text="MaxLengthCriteria")).to_contain_text("yes")


def test_the_fold_out_tells_prompt_settings_and_checks(page: Page, served: Served) -> None:
    open_step(page, served, "preset-standard", step=1)
    page.get_by_text("This run", exact=True).click()
    idle(page)

    expect(page.locator(".st-key-run-texts")).to_contain_text("rain <b>&")
    settings = page.locator(".st-key-run-settings tr")
    expect(settings.filter(has_text="temperature")).to_contain_text("argument")
    page.get_by_text("Show defaults too").click()
    expect(settings.filter(has_text="num_beams")).to_contain_text("default")

    page.get_by_role("button", name="Check this trace against itself").click()
    checks = page.locator(".st-key-run-checks tr")
    expect(checks.filter(has_text="holds").first).to_be_visible()
    expect(checks.filter(has_text="fails")).to_have_count(0)
