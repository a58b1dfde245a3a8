"""The page that compares two texts, in a real browser: links, the divergence, both strips under one position."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.data.library import key_of
from dashboard.navigation import PAGES
from tests.dashboard.browser import TIMEOUT_MS, Faults, Served, idle, open_step, shown_step, wait_for_step
from tests.dashboard.conftest import OpenPage
from tests.dashboard.serving import serving
from tests.dashboard.test_accessibility import findings
from tests.dashboard.test_pages import opened, shown, texts
from tests.long_trace import long_trace
from tests.synthetic import write_trace

__all__ = ["shown"]
CURRENT = ".tr-pair-current"
HEADLINE = ".tr-compare-headline"
COMPARE = next(page for page in PAGES if page.name == "compare")


def open_pair(page: Page, served: Served, a: str, b: str, step: int = 0, **query: object) -> None:
    """Opens the page over two traces by its link."""
    open_step(page, served, a, step=step, page_name="compare", **{"with": served.key(b), **query})
    page.wait_for_selector(HEADLINE)


def column(page: Page) -> int:
    """Returns the step that both strips mark."""
    return int(page.locator(CURRENT).get_attribute("data-column") or -1)


def wait_for_column(page: Page, step: int) -> None:
    """Waits until both strips mark a step, and the candidates are those of that step."""
    expect(page.locator(CURRENT)).to_have_attribute("data-column", str(step))
    expect(page.locator(".tr-beside h2")).to_contain_text(f"Step {step}")


def test_a_link_opens_both_texts_and_can_be_followed_again(page: Page, served: Served) -> None:
    open_pair(page, served, "whole", "interrupted", step=3)
    assert {f"with={served.key('interrupted')}", "with_call=0", "with_row=0", "step=3"} <= set(
        page.url.split("?")[1].split("&")
    )
    expect(page.locator(HEADLINE)).to_have_text(re.compile("^B ends before step 7"))
    expect(page.locator(".tr-pair")).to_have_count(25)
    expect(page.locator(".tr-pair-shared[role=option]")).to_have_count(7)
    wait_for_column(page, 3)

    first = page.url
    page.goto("about:blank")
    page.goto(first)
    idle(page)
    wait_for_column(page, 3)
    assert set(first.split("?")[1].split("&")) == set(page.url.split("?")[1].split("&"))


def test_the_button_goes_to_the_first_divergence(page: Page, served: Served) -> None:
    open_pair(page, served, "whole", "interrupted", step=3)
    page.get_by_role("button", name="Go to the first divergence (step 7)").click()

    wait_for_step(page, 7)
    wait_for_column(page, 7)
    expect(page.locator(".tr-beside")).to_contain_text("B has no such step")
    expect(page.locator(CURRENT)).to_have_attribute("data-parts", "7")


def test_keys_clicks_and_the_curve_move_one_position(page: Page, served: Served) -> None:
    open_pair(page, served, "whole", "interrupted", step=3)
    page.keyboard.press("ArrowRight")
    wait_for_column(page, 4)

    page.locator('.tr-pair[data-column="2"] .tr-pair-token').last.click()
    wait_for_column(page, 2)
    page.keyboard.press("ArrowRight")
    wait_for_column(page, 3)
    assert page.evaluate("document.activeElement.dataset.column") == "3"

    page.locator(".tr-kl-slider").focus()
    page.keyboard.press("ArrowLeft")
    wait_for_column(page, 2)
    expect(page.locator(".tr-kl-readout")).to_contain_text("Step 2: model (logits) 0")
    assert 2 == shown_step(page)


def test_no_key_press_is_lost_at_any_speed(page: Page, served: Served) -> None:
    open_pair(page, served, "rain", "preset-full", step=2)
    for _ in range(20):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(33)

    wait_for_step(page, 22)
    wait_for_column(page, 22)


def test_another_text_is_chosen_and_swapped(page: Page, served: Served) -> None:
    open_pair(page, served, "whole", "interrupted", step=5)
    page.locator(".st-key-compare-swap button").click()
    page.wait_for_url(re.compile(f"trace={served.key('interrupted')}.*with={served.key('whole')}"))
    idle(page)
    expect(page.locator(HEADLINE)).to_have_text(re.compile("^A ends before step 7"))
    wait_for_column(page, 5)
    expect(page.get_by_role("button", name="Go to the last step of A (step 6)")).to_be_visible()

    page.locator(".st-key-compare-with input").click()
    page.keyboard.type("rows-and-calls")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(f"with={served.key('rows-and-calls')}"))
    expect(page.locator(".st-key-compare-row")).to_be_visible()


@pytest.mark.parametrize(
    ("a", "b", "said"),
    [
        ("whole", "whole", "A and B are the same: prompt and 25 tokens."),
        ("rain", "whole", "A and B part at step 0"),
        ("whole", "sparse", "B ends before step"),
        ("whole", "no-steps", "B ends before step 0"),
        ("preset-standard", "preset-light", "A and B are the same"),
        ("rows-and-calls", "rows-and-calls", "A and B are the same"),
    ],
)
def test_every_pair_says_what_it_finds(a: str, b: str, said: str, page: Page, served: Served) -> None:
    open_pair(page, served, a, b)

    expect(page.locator(HEADLINE)).to_contain_text(said)


def test_equal_texts_have_nowhere_to_go(page: Page, served: Served) -> None:
    open_pair(page, served, "whole", "whole")

    expect(page.locator(".tr-compare-go")).to_have_count(0)
    expect(page.locator(".tr-compare-why")).to_contain_text("The logits are equal at every step.")


@pytest.mark.parametrize(("b", "said"), [("no-calls", "holds no call"), ("damaged-step", "is damaged")])
def test_a_second_trace_that_cannot_be_read_says_why(b: str, said: str, page: Page, served: Served) -> None:
    open_step(page, served, "whole", page_name="compare", **{"with": served.key(b)})

    expect(page.get_by_test_id("stAlert")).to_contain_text(said)
    expect(page.locator(".st-key-compare-with")).to_be_visible()


@pytest.mark.slow
def test_a_long_hostile_pair_stays_usable(browser: Browser, tmp_path: Path) -> None:
    tokens = [b"</s>", b"<script>alert(1)</script>", b"\xd7\xa9\xd7\x9c", b"x" * 300, b"\xe4\xbb", b"\n"]
    ids = [1 + number % 5 for number in range(2000)]
    long_trace(tmp_path / "a.trace", tokens, [1], ids)
    long_trace(tmp_path / "b.trace", tokens, [1], [*ids[:1500], *reversed(ids[1500:])])
    (tmp_path / "home").mkdir()
    pair = f"trace={key_of(tmp_path / 'a.trace')}&with={key_of(tmp_path / 'b.trace')}"
    with serving(tmp_path, tmp_path / "home") as url, browser.new_page() as page:
        faults = Faults(url.removeprefix("http://"))
        faults.watch(page)
        page.goto(f"{url}/compare?{pair}&step=3")
        page.wait_for_selector(HEADLINE, timeout=TIMEOUT_MS)
        page.get_by_role("button", name="Go to the first divergence (step 1500)").click()
        wait_for_column(page, 1500)

        assert page.locator(CURRENT).is_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("innerWidth")
        assert [] == faults.found


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_a_divergence_has_no_serious_finding(scheme: str, open_page: OpenPage, served: Served) -> None:
    page = open_page(color_scheme=scheme)
    open_pair(page, served, "whole", "interrupted", step=7, lang="zh")
    open_pair(page, served, "rain", "whole", step=3)

    assert [] == findings(page)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"with": "no-such-key"}, "a second trace that is not here"),
        ({"with_row": "9"}, "no such call or row"),
        ({"with_call": "x"}, "a call of the second trace that is no number"),
    ],
)
def test_a_link_that_names_no_second_text_shows_another_and_says_so(
    query: dict[str, str], said: str, shown: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = {"trace": key_of(shown / "whole.trace"), "with": key_of(shown / "rows-and-calls.trace"), **query}
    app = opened(COMPARE, monkeypatch, **named)

    assert [] == list(app.exception)
    assert said in texts(app)
    assert said not in texts(app.run())


def test_a_trace_alone_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dashboard.data import current

    before = current.library().root
    current.show(write_trace(tmp_path / "alone.trace"))
    try:
        app = opened(COMPARE, monkeypatch)
    finally:
        current.show(before)

    assert [] == list(app.exception)
    assert any("only one trace" in one.value for one in app.text)
    assert {"compare-to-branch", "compare-to-run"} <= {str(one.key) for one in app.button}
