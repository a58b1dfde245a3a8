"""What stands above every page, in a real browser: player, strip, map, find, findings, expected instead, report."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.dashboard.browser import Served, open_step, shown_step, wait_for_step
from tests.dashboard.conftest import OpenPage
from tests.long_trace import STOP, long_trace

HIGHEST = 230
HOSTILE = (
    "<script>document.title='taken'</script>",
    "<img src=x onerror=\"document.title='taken'\">",
    "\"'`",
    "\x00",
    "\u202eevil\u2066",
    "x" * 5000,
    "&amp;",
)
ARABIC = ("مطر", " على", " المدينة", " rain", ".")
NUM_LONG = (8000, 2000)


@pytest.fixture(scope="module")
def more(served: Served) -> Served:
    """Returns the dashboard with hostile, right-to-left and long traces added, older than all others."""
    stop = [b"<end>"]
    hostile = [*stop, *(text.encode() for text in HOSTILE)]
    _written(served.folder / "hostile.trace", hostile, [3, 2, 1], [*range(1, len(hostile)), STOP])
    arabic = [*stop, *(text.encode() for text in ARABIC)]
    _written(served.folder / "arabic.trace", arabic, [1], [1, 2, 4, 3, 5])
    words = [*stop, *(f" w{number}".encode() for number in range(500))]
    prompt, answer = ([1 + place % 500 for place in range(count)] for count in NUM_LONG)
    _written(served.folder / "long.trace", words, prompt, answer)
    return served


def _written(path: Path, tokens: list[bytes], prompt: list[int], answer: list[int]) -> None:
    long_trace(path, tokens, prompt, answer)
    os.utime(path / "trace.json", (1, 1))


def open_bar(page: Page, served: Served, trace: str, step: int) -> None:
    """Opens a trace at a step, and waits until the strip stands there."""
    open_step(page, served, trace, step=step)
    piece(page, step).and_(page.locator(".tr-piece-current")).wait_for()


def piece(page: Page, step: int) -> Locator:
    """The piece of a step in the strip."""
    return page.locator(f".tr-piece[data-step='{step}']")


def holding(text: str) -> re.Pattern[str]:
    """Any value that holds this text."""
    return re.compile(re.escape(text))


def open_tool(page: Page, name: str) -> Locator:
    """Opens a tool's panel and returns it."""
    page.locator(f"[data-tool={name}]").click()
    panel = page.locator(".tr-popover:popover-open")
    expect(panel).to_be_visible()
    return panel


def test_the_picture_follows_without_scrolling(page: Page, served: Served) -> None:
    open_bar(page, served, "rain", step=10)

    box = page.locator(".tr-bar").bounding_box()
    assert box is not None
    assert 0 < box["height"] <= HIGHEST


def test_a_click_on_a_token_goes_to_its_step(page: Page, served: Served) -> None:
    open_bar(page, served, "rain", step=3)
    piece(page, 12).click()
    wait_for_step(page, 12)

    expect(piece(page, 12)).to_have_attribute("aria-selected", "true")
    expect(page.locator(".tr-piece-current")).to_have_count(1)
    expect(page.locator("[data-tool=go]")).to_have_value("12")


def test_tokens_to_come_look_different(page: Page, served: Served) -> None:
    open_bar(page, served, "rain", step=10)
    count = page.locator(".tr-piece[data-step]").count()
    expect(page.locator(".tr-piece-future")).to_have_count(count - 11)
    page.keyboard.press("Home")
    expect(page.locator(".tr-piece-future")).to_have_count(count - 1)
    page.keyboard.press("End")
    expect(page.locator(".tr-piece-future")).to_have_count(0)


def test_twenty_presses_end_twenty_steps_on(page: Page, served: Served) -> None:
    open_bar(page, served, "rain", step=0)
    for _ in range(20):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(33)
    wait_for_step(page, 20)

    expect(page.locator(".tr-piece-current")).to_have_attribute("data-step", "20")


def test_the_marker_moves_in_the_frame_of_the_key_press(page: Page, served: Served) -> None:
    open_bar(page, served, "rain", step=0)
    marked = page.evaluate(
        """() => new Promise((resolve, reject) => {
          document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
          requestAnimationFrame(() => {
            const marked = document.querySelector(".tr-piece-current");
            marked ? resolve(marked.dataset.step) : reject(new Error("no marker"));
          });
        })"""
    )
    assert "1" == marked


def test_the_strip_is_one_tab_stop_with_arrows_inside(page: Page, served: Served) -> None:
    open_bar(page, served, "rain", step=4)
    expect(page.locator(".tr-piece[tabindex='0']")).to_have_count(1)
    piece(page, 4).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    wait_for_step(page, 6)

    expect(piece(page, 6)).to_be_focused()
    expect(page.locator(".tr-piece[tabindex='0']")).to_have_count(1)


def test_keys_leave_fields_and_modified_presses_alone(page: Page, served: Served) -> None:
    open_bar(page, served, "rain", step=5)
    for key in ("Control+ArrowRight", "Alt+n", "Meta+g"):
        page.keyboard.press(key)
    open_tool(page, "find")
    page.keyboard.type("n g/?")
    page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(300)

    assert 5 == shown_step(page)
    expect(page.locator(".tr-popover:popover-open input")).to_have_value("n g/?")


def test_keys_can_be_switched_off_for_good(page: Page, served: Served) -> None:
    open_bar(page, served, "rain", step=5)
    open_tool(page, "keys").get_by_role("checkbox").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.reload()
    piece(page, 5).wait_for()
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(300)

    assert 5 == shown_step(page)


def test_go_to_takes_a_number_and_stays_inside_the_text(page: Page, served: Served) -> None:
    open_bar(page, served, "rain", step=5)
    page.keyboard.press("g")
    page.keyboard.type("17")
    page.keyboard.press("Enter")
    wait_for_step(page, 17)
    page.locator("[data-tool=go]").fill("99999")
    page.keyboard.press("Enter")

    last = page.locator(".tr-piece[data-step]").count() - 1
    wait_for_step(page, last)
    expect(page.locator("[data-tool=go]")).to_have_value(str(last))


def test_play_moves_and_stops(page: Page, served: Served) -> None:
    open_bar(page, served, "rain", step=5)
    page.get_by_label("Speed").select_option("4")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Play", exact=True).click()
    wait_for_step(page, 8)
    page.get_by_role("button", name="Pause", exact=True).click()
    stopped = shown_step(page)
    page.wait_for_timeout(700)

    assert stopped == shown_step(page)


def test_space_plays_also_from_within_the_strip(page: Page, served: Served) -> None:
    open_bar(page, served, "rain", step=5)
    piece(page, 5).focus()
    page.keyboard.press("Space")
    wait_for_step(page, 6)
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()


def test_interesting_steps_are_a_key_away(page: Page, served: Served) -> None:
    open_bar(page, served, "rain", step=0)
    expect(page.locator("[data-tool=findings]")).to_be_enabled()
    page.keyboard.press("n")
    page.wait_for_function("!location.search.includes('step=0&') && !location.search.endsWith('step=0')")
    expect(page.locator(".tr-bar-reason")).not_to_be_empty()
    first = shown_step(page)
    page.keyboard.press("n")
    page.wait_for_function(
        f"!location.search.includes('step={first}&') && !location.search.endsWith('step={first}')"
    )
    page.keyboard.press("N")
    wait_for_step(page, first)


def test_findings_and_forks_are_listed(page: Page, served: Served) -> None:
    open_bar(page, served, "rain", step=0)
    panel = open_tool(page, "findings")
    expect(panel.locator("ol").first.locator("li")).to_have_count(5)
    panel.get_by_role("button", name="all").click()
    assert panel.locator("ol").first.locator("li").count() > 5
    expect(panel.get_by_role("heading", name="Forks")).to_be_visible()
    panel.locator("ol").first.locator("button").nth(1).click()
    page.wait_for_function("!/[?&]step=0(&|$)/.test(location.search)")


def test_find_crosses_the_borders_of_tokens(page: Page, served: Served) -> None:
    open_bar(page, served, "rain", step=0)
    page.keyboard.press("/")
    page.keyboard.type("raindrops")
    page.keyboard.press("Enter")
    wait_for_step(page, 10)

    hit = page.locator(".tr-piece-hit")
    assert hit.count() > 1
    assert "raindrops" in "".join(hit.all_inner_texts())


def test_enter_waits_for_the_answer_to_what_was_typed_last(page: Page, served: Served) -> None:
    open_bar(page, served, "rain", step=0)
    page.keyboard.press("/")
    page.keyboard.type("of")
    page.wait_for_function("document.querySelectorAll('.tr-list li').length > 1")
    held = []
    page.route("**/view/find?*", lambda route: held.append(route))
    with page.expect_request("**/view/find?*raindrops*"):
        page.keyboard.press("Control+a")
        page.keyboard.type("raindrops")
    page.keyboard.press("Enter")
    for route in held:
        route.continue_()

    wait_for_step(page, 10)


def test_find_says_where_nothing_is(page: Page, served: Served) -> None:
    open_bar(page, served, "rain", step=0)
    panel = open_tool(page, "find")
    page.keyboard.type("zebra")
    expect(panel.get_by_role("status")).to_have_text("not in this text")


def test_expected_instead_tells_what_removed_it_and_what_would_have_chosen_it(
    page: Page, served: Served
) -> None:
    open_bar(page, served, "rain", step=30)
    panel = open_tool(page, "expected")
    page.keyboard.type("zebra")
    page.keyboard.press("Enter")
    told = panel.get_by_role("status")
    expect(told).to_contain_text("Top-k 50 removed it")
    expect(told).to_contain_text("It stays in with top-k at least")
    expect(told.locator("tbody tr").first).to_contain_text("Model")


def test_the_report_holds_the_prompt_only_if_asked_for(open_page: OpenPage, served: Served) -> None:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    open_bar(page, served, "rain", step=10)
    panel = open_tool(page, "report")
    text = panel.get_by_role("textbox")
    expect(text).to_have_value(holding("repetition_penalty"))
    assert "Write one sentence" not in text.input_value()
    panel.get_by_role("checkbox").check()
    expect(text).to_have_value(holding("Write one sentence"))
    panel.get_by_role("button", name="Copy report").click()
    expect(panel.get_by_role("status")).to_have_text("Copied")
    assert "Write one sentence" in page.evaluate("navigator.clipboard.readText()")


def test_the_link_names_the_step(open_page: OpenPage, served: Served) -> None:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    open_bar(page, served, "rain", step=10)
    page.keyboard.press("ArrowRight")
    page.locator("[data-tool=link]").click()
    page.wait_for_timeout(200)

    link = page.evaluate("navigator.clipboard.readText()")
    assert "step=11" in link
    assert served.key("rain") in link


def test_the_hint_goes_with_the_first_step_and_does_not_come_back(page: Page, served: Served) -> None:
    open_bar(page, served, "rain", step=10)
    expect(page.locator(".tr-bar-hint")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".tr-bar-hint")).to_have_count(0)
    page.reload()
    piece(page, 11).wait_for()
    expect(page.locator(".tr-bar-hint")).to_have_count(0)


def test_the_template_is_folded_until_it_is_opened(page: Page, served: Served) -> None:
    open_bar(page, served, "rain", step=0)
    before = page.locator(".tr-piece-prompt").count()
    page.get_by_role("button", name="system, 24 tokens").click()
    assert before + 24 == page.locator(".tr-piece-prompt").count()
    page.get_by_role("button", name="system, 24 tokens").click()
    assert before == page.locator(".tr-piece-prompt").count()


def test_a_click_on_the_map_jumps(page: Page, served: Served) -> None:
    open_bar(page, served, "rain", step=0)
    slider = page.get_by_role("slider", name="Map of the text")
    box = slider.bounding_box()
    assert box is not None
    slider.click(position={"x": box["width"] - 2, "y": box["height"] / 2})
    last = page.locator(".tr-piece[data-step]").count() - 1
    wait_for_step(page, last)
    expect(slider).to_have_attribute("aria-valuenow", str(last))


def test_a_column_of_the_map_shows_its_worst_step(page: Page, served: Served) -> None:
    open_bar(page, served, "rain", step=0)
    columns = page.evaluate(
        """async (base) => {
          const { columnsOf } = await import(`${base}/web/text_map.js`);
          return columnsOf({ bins: "01420", marks: "-3-1-" }, 2).map(({ bin, mark }) => [bin, mark]);
        }""",
        served.url,
    )
    assert [[4, "3"], [2, "1"]] == columns


def test_hostile_tokens_are_only_text(page: Page, more: Served) -> None:
    open_bar(page, more, "hostile", step=0)
    page.keyboard.press("End")
    open_tool(page, "findings")
    page.keyboard.press("Escape")
    open_tool(page, "find")
    page.keyboard.type("<")

    expect(piece(page, 0)).to_have_text(HOSTILE[0])
    assert "⟨U+202E⟩evil⟨U+2066⟩" == piece(page, 4).inner_text()
    assert 0 == page.locator(".tr-bar img, .tr-bar script").count()
    assert "taken" != page.title()
    assert "no" == piece(page, 0).get_attribute("translate")


def test_text_from_right_to_left_runs_that_way(page: Page, more: Served) -> None:
    open_bar(page, more, "arabic", step=0)

    expect(page.locator(".tr-strip")).to_have_attribute("dir", "rtl")
    first, second = piece(page, 0).bounding_box(), piece(page, 1).bounding_box()
    assert first is not None
    assert second is not None
    assert second["x"] < first["x"]
    page.keyboard.press("ArrowRight")
    wait_for_step(page, 1)


def test_a_long_text_is_folded_and_the_current_token_in_view(page: Page, more: Served) -> None:
    open_bar(page, more, "long", step=1500)

    assert page.locator(".tr-piece-prompt").count() < 100
    shown = page.evaluate(
        """() => {
          const outer = document.querySelector(".tr-strip").getBoundingClientRect();
          const inner = document.querySelector(".tr-piece-current").getBoundingClientRect();
          return inner.top >= outer.top && inner.bottom <= outer.bottom;
        }"""
    )
    assert shown
    page.locator(".tr-fold").click()
    assert page.locator(".tr-piece-prompt").count() == NUM_LONG[0]
    box = page.locator(".tr-bar").bounding_box()
    assert box is not None
    assert box["height"] <= HIGHEST
