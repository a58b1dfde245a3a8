"""The attention page in a real browser: the text, the heads, the map of one head, its links and its keys."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.browser import Served, idle, open_step
from tests.synthetic import Synthetic, write_trace

LONG = "attention-long"
PROMPT = 900


@pytest.fixture(scope="module")
def long_text(served: Served) -> Iterator[str]:
    """Puts a trace there whose map has more rows than a tile."""
    path = served.folder / f"{LONG}.trace"
    write_trace(path, Synthetic(prompt_len=PROMPT, steps=3))
    yield LONG
    shutil.rmtree(path)


def show(page: Page, served: Served, trace: str = "whole", step: int = 2, **query: object) -> None:
    """Opens the attention page and waits until it has drawn itself."""
    open_step(page, served, trace, step, page_name="attention", **query)
    page.wait_for_selector(".tr-head-row")
    idle(page)


def expect_selected(page: Page, **wanted: int) -> None:
    """Waits until the address names exactly this selection."""
    page.wait_for_function(
        """wanted => JSON.stringify(wanted) === JSON.stringify(Object.fromEntries(["layer", "head", "source"]
          .map(name => [name, new URL(location.href).searchParams.get(name)])
          .filter(([, value]) => value !== null).map(([name, value]) => [name, Number(value)])))""",
        arg=wanted,
    )


def test_it_opens_with_the_text_its_heads_and_the_permanent_line(page: Page, served: Served) -> None:
    show(page, served)

    expect(page.locator(".tr-attention-token")).to_have_count(7)
    expect(page.locator(".tr-attention-token.tr-is-aside")).to_have_count(1)
    expect(page.locator(".tr-head-row")).to_have_count(8)
    expect(page.locator(".tr-attention-note")).to_contain_text("not why the token won")


def test_a_step_shows_one_token_more_and_leaves_the_map_as_it_is(page: Page, served: Served) -> None:
    show(page, served)
    page.keyboard.press("ArrowRight")

    expect(page.locator(".tr-attention-token")).to_have_count(8)
    expect(page.locator(".tr-attention-summary")).to_contain_text("Step 3")
    expect(page.locator(".tr-attention-map-detail")).to_have_text("exact · rows 0–28, columns 0–28")


def test_a_head_is_selected_in_the_grid_with_the_keyboard(page: Page, served: Served) -> None:
    show(page, served)
    page.focus(".tr-head-grid-frame")
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "Enter"):
        page.keyboard.press(key)

    expect(page.locator(".tr-attention-map-side h3")).to_have_text("Attention map: layer 1, head 2")
    expect(page.locator(".tr-head-grid-live")).to_contain_text("L1 H2")
    expect_selected(page, layer=1, head=2)

    page.keyboard.press("Escape")
    expect(page.locator(".tr-attention-map-side h3")).to_contain_text("mean over the heads")
    expect_selected(page)


def test_a_link_opens_the_same_head_and_source(page: Page, served: Served) -> None:
    show(page, served, layer=1, head=3, source=4)

    expect(page.locator(".tr-attention-map-side h3")).to_have_text("Attention map: layer 1, head 3")
    expect(page.locator(".tr-attention-token[aria-selected=true]")).to_have_attribute("data-place", "4")
    expect_selected(page, layer=1, head=3, source=4)


def test_a_token_is_selected_and_let_go(page: Page, served: Served) -> None:
    show(page, served)
    page.click(".tr-attention-token[data-place='3']")
    expect(page.locator(".tr-attention-heads h3")).to_contain_text("Heads that looked at")
    expect_selected(page, source=3)

    page.click(".tr-attention-hint button")
    expect(page.locator(".tr-attention-heads h3")).to_contain_text("Heads that looked hardest")
    expect_selected(page)


def test_a_row_of_the_list_selects_its_head(page: Page, served: Served) -> None:
    show(page, served)
    page.click(".tr-head-row >> nth=0")

    expect(page.locator(".tr-head-row >> nth=0")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".tr-attention-map-side h3")).to_contain_text("head")


def test_zooming_asks_again_until_the_map_is_exact(page: Page, served: Served, long_text: str) -> None:
    show(page, served, long_text, step=1, layer=0, head=1)
    detail = page.locator(".tr-attention-map-detail")
    expect(detail).to_have_text("max of 2 × 2 · rows 0–901, columns 0–901")

    page.get_by_role("button", name="Zoom in", exact=True).click()
    expect(detail).to_contain_text("exact")

    page.get_by_role("button", name="Whole map").click()
    expect(detail).to_contain_text("max of 2 × 2")


def test_a_cell_is_reached_and_explained_with_the_keyboard(page: Page, served: Served) -> None:
    show(page, served, layer=0, head=1)
    page.focus(".tr-attention-map-frame")
    for key in ("ArrowLeft", "ArrowLeft", "+", "Enter"):
        page.keyboard.press(key)

    expect(page.locator(".tr-attention-map-cell")).to_contain_text("(place 6)")
    expect(page.locator(".tr-attention-map-cell")).to_contain_text("tracer.open_trace")
    assert "2" == page.evaluate("new URL(location.href).searchParams.get('step')")


def test_lines_and_thumbnails_are_drawn_when_asked_for(page: Page, served: Served) -> None:
    show(page, served, layer=0, head=1)
    page.get_by_role("button", name="lines", exact=True).click()
    page.click("text=maps of all heads of layer 0")

    expect(page.locator(".tr-lines-line").first).to_be_attached()
    expect(page.locator(".tr-thumbnail")).to_have_count(4)
    page.click(".tr-thumbnail >> nth=2")
    expect_selected(page, layer=0, head=2)
    page.get_by_role("button", name="map", exact=True).click()
    expect(page.locator(".tr-attention-map-side h3")).to_have_text("Attention map: layer 0, head 2")


def test_contribution_says_what_to_type_where_none_is_kept(page: Page, served: Served) -> None:
    show(page, served)
    page.get_by_role("button", name="contribution", exact=True).click()

    expect(page.locator(".tr-attention-heads .tr-command")).to_contain_text("tracer sources")
    page.get_by_role("button", name="weight", exact=True).click()
    expect(page.locator(".tr-head-row")).to_have_count(8)


def test_without_attention_one_text_says_why(page: Page, served: Served) -> None:
    open_step(page, served, "sparse", 1, page_name="attention")

    expect(page.locator(".tr-attention-refusal")).to_contain_text("queries")
    expect(page.locator(".tr-attention-board")).to_be_hidden()


def test_layers_that_were_not_recorded_are_named_with_what_to_type(page: Page, served: Served) -> None:
    show(page, served, "rain", step=35)

    line = page.locator(".tr-attention li").filter(has_text="Layers 20, 21, 23")
    expect(line.locator(".tr-chip")).to_have_text("record(..., layers=None)")


def test_a_grid_of_small_shares_tells_them_apart(page: Page, served: Served) -> None:
    show(page, served, "rain", step=35)

    expect(page.locator(".tr-head-grid-legend")).to_contain_text("1.1 %")


def test_hostile_tokens_are_only_text(page: Page, served: Served) -> None:
    show(page, served, "preset-full", step=3)
    page.get_by_role("button", name="lines", exact=True).click()
    idle(page)

    texts = page.locator(".tr-attention-token").all_inner_texts()
    assert any("<" in text for text in texts)
    expect(page.locator(".tr-attention b:not(.tr-head-grid-top b), .tr-attention script")).to_have_count(0)
