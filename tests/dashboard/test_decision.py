"""The decision picture in a real browser: it follows the step, every number leads to its formula, text stays text."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.analysis.chain import Words, log, make_step, rain_step
from tests.dashboard.browser import Served, open_step, shown_step, wait_for_step
from tests.dashboard.conftest import OpenPage
from tracer.analysis.explanation import explain, json_ready
from tracer.pictures.decision import DecisionPicture, decision_picture, picture_of
from tracer.pictures.what_if_decision import picture_of_what_if
from tracer.replay.counterfactual import what_if
from tracer.trace.opening import open_trace

HOSTILE = (
    "<script>window.hurt = 1</script>",
    "\"'`<b>&amp;",
    "\u202eevil",
    "<img src=x onerror=hurt()>",
    "x" * 5000,
)
MOUNT = """async (value) => {
  const base = document.baseURI;
  const { mount } = await import(new URL("web/decision.js", base));
  const { wordsOf } = await import(new URL("web/words.js", base));
  const words = wordsOf(await (await fetch(new URL("words?lang=en", base))).json());
  const root = document.createElement("div");
  root.className = "tr";
  root.id = "mounted";
  document.body.append(root);
  const position = { step: 0, count: 1, subscribe: () => () => {} };
  mount(root, { source: null, position, words, lang: "en", options: { value } });
  await new Promise((resolve) => setTimeout(resolve, 300));
}"""


def cell(page: Page, row: int, column: int) -> Locator:
    return page.locator(f'.tr-decision [data-at="{row},{column}"]').last


def sentence(page: Page) -> Locator:
    return page.locator(".tr-decision-sentence").first


def value_of(served: Served, step: int, trace: str = "rain", **more: Any) -> DecisionPicture:
    return decision_picture(open_trace(served.folder / f"{trace}.trace").step(step, call=0, row=0), **more)


def mounted(page: Page, served: Served, shown: DecisionPicture) -> Locator:
    """Mounts the module over a value on a page of the dashboard, and returns where it stands."""
    open_step(page, served, "rain", step=1)
    page.evaluate(MOUNT, json.loads(json.dumps(json_ready(dataclasses.asdict(shown)))))
    return page.locator("#mounted")


def wait_for_picture(page: Page, shown: DecisionPicture) -> None:
    plain = "".join(part.text for clause in shown.clauses for part in clause.parts)
    page.wait_for_function(
        "text => document.querySelector('.tr-decision-sentence')?.textContent.replaceAll(' ', '') === text",
        arg=plain.replace(" ", ""),
    )


def test_it_shows_the_tokens_and_numbers_of_the_value(page: Page, served: Served) -> None:
    open_step(page, served, "rain", step=10)
    shown = value_of(served, 10)
    wait_for_picture(page, shown)

    assert [row.token for row in shown.rows] == page.locator(".tr-decision-chip").all_text_contents()
    for at, column in enumerate(shown.columns):
        for row, one in enumerate(column.cells):
            assert one.percent == cell(page, row, at).locator(".tr-decision-percent").text_content()
    assert shown.draw is not None
    for row, drawn in enumerate(shown.draw.cells):
        text = cell(page, row, len(shown.columns)).locator(".tr-decision-percent").text_content()
        assert (drawn.text if drawn else "") == text


def test_bars_are_as_long_as_the_probabilities_on_one_axis(page: Page, served: Served) -> None:
    open_step(page, served, "rain", step=10)
    shown = value_of(served, 10)
    wait_for_picture(page, shown)
    page.wait_for_timeout(200)

    for at, column in enumerate(shown.columns):
        for row, one in enumerate(column.cells):
            bar, space = (
                cell(page, row, at).locator(f".tr-decision-{name}").bounding_box()
                for name in ("bar", "space")
            )
            if bar is not None and space is not None and one.bar is not None:
                assert one.bar / shown.largest == pytest.approx(bar["width"] / (space["width"] - 1), abs=0.03)


def test_the_whole_picture_is_seen_on_a_laptop_without_scrolling(page: Page, served: Served) -> None:
    for step in (10, 35):
        open_step(page, served, "rain", step=step)
        wait_for_picture(page, value_of(served, step))
        box = page.locator(".tr-decision").bounding_box()
        assert box is not None
        assert box["height"] <= 400
        assert box["y"] + box["height"] <= 768


def test_the_arrow_keys_change_the_picture(page: Page, served: Served) -> None:
    open_step(page, served, "rain", step=10)
    wait_for_picture(page, value_of(served, 10))
    first = page.locator(".tr-decision-row[data-token]").first.element_handle()
    for step in (11, 12, 13):
        page.keyboard.press("ArrowRight")
        wait_for_picture(page, value_of(served, step))
    page.keyboard.press("ArrowLeft")
    wait_for_picture(page, value_of(served, 12))

    assert first is not None
    assert first.evaluate("row => row.isConnected")  # kept, not built anew


def test_the_last_of_many_key_presses_wins(page: Page, served: Served) -> None:
    open_step(page, served, "rain", step=10)
    for _ in range(20):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(33)

    wait_for_step(page, 30)
    wait_for_picture(page, value_of(served, 30))


def test_up_and_down_uncover_the_columns_with_their_clauses(page: Page, served: Served) -> None:
    open_step(page, served, "rain", step=10)
    wait_for_picture(page, value_of(served, 10))
    page.locator(".tr-piece-current").click()
    hidden = page.locator(".tr-decision-head.is-hidden")
    clauses = sentence(page).locator(".tr-clause:not(.is-hidden)")

    page.keyboard.press("ArrowDown")
    expect(hidden).to_have_count(5)
    expect(clauses).to_have_count(1)
    page.keyboard.press("ArrowDown")
    expect(hidden).to_have_count(4)
    expect(clauses).to_have_count(2)
    expect(clauses.last).to_contain_text("cut it to")
    for count in (2, 2, 3, 4):  # nothing to say of temperature; top-k and top-p are told together
        page.keyboard.press("ArrowDown")
        expect(clauses).to_have_count(count)
    expect(hidden).to_have_count(0)
    page.keyboard.press("ArrowUp")
    expect(hidden).to_have_count(1)
    page.keyboard.press("Escape")
    expect(hidden).to_have_count(0)
    assert 10 == shown_step(page)

    page.keyboard.press("ArrowUp")
    expect(hidden).to_have_count(1)
    page.keyboard.press("ArrowRight")
    wait_for_picture(page, value_of(served, 11))
    expect(hidden).to_have_count(0)


def test_uncovering_leaves_fields_and_switched_off_keys_alone(page: Page, served: Served) -> None:
    open_step(page, served, "rain", step=10)
    wait_for_picture(page, value_of(served, 10))
    field = page.locator(".tr input").first
    field.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".tr-decision.is-uncovering")).to_have_count(0)

    page.evaluate("localStorage.setItem('tracer-shortcuts', 'off')")
    page.locator(".tr-decision-head").nth(1).click()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".tr-decision.is-uncovering")).to_have_count(0)


def test_a_number_shows_its_arithmetic_on_hover_and_on_focus(page: Page, served: Served) -> None:
    open_step(page, served, "rain", step=10)
    shown = value_of(served, 10)
    wait_for_picture(page, shown)
    tip = page.locator(".tr-tooltip:visible")

    cell(page, 0, 1).hover()
    expect(tip).to_have_text(shown.columns[1].cells[0].hover)
    assert "÷ 1.1" in shown.columns[1].cells[0].hover
    page.mouse.move(0, 0)
    expect(tip).to_have_count(0)
    cell(page, 0, 0).focus()
    expect(tip).to_have_text(shown.columns[0].cells[0].hover)
    page.keyboard.press("ArrowRight")
    expect(tip).to_have_text(shown.columns[1].cells[0].hover)
    page.keyboard.press("ArrowDown")
    expect(tip).to_have_text(shown.columns[1].cells[1].hover)


def test_a_pressed_number_gives_its_python(open_page: OpenPage, served: Served) -> None:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    open_step(page, served, "rain", step=10)
    shown = value_of(served, 10)
    wait_for_picture(page, shown)
    cell(page, 0, 0).focus()
    page.keyboard.press("Enter")
    card = page.locator(".tr-card")
    expect(card).to_be_visible()
    page.keyboard.press("Enter")
    expect(card.get_by_role("button")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    page.keyboard.press("Escape")

    assert f"{shown.python}\nprint({shown.columns[0].cells[0].python})" == copied
    expect(card).to_be_hidden()
    assert "0,0" == page.evaluate("document.activeElement.dataset.at")


def test_a_click_leaves_the_arrow_keys_to_the_step(page: Page, served: Served) -> None:
    open_step(page, served, "rain", step=10)
    wait_for_picture(page, value_of(served, 10))
    page.locator(".tr-decision-name").nth(2).click()
    page.keyboard.press("ArrowRight")

    wait_for_step(page, 11)


def test_the_table_and_the_rest_of_the_tokens_come_in_place(page: Page, served: Served) -> None:
    open_step(page, served, "rain", step=10)
    shown, all_ = value_of(served, 10), value_of(served, 10, has_all_rows=True)
    wait_for_picture(page, shown)
    page.get_by_role("button", name="Show as table").click()
    expect(page.locator(".tr-decision-table tbody tr")).to_have_count(len(shown.rows) + 1)
    expect(page.locator(".tr-decision-grid")).to_be_hidden()
    page.get_by_role("button", name="Show as picture").click()

    page.get_by_role("button", name=f"Show {shown.num_more} more tokens").click()
    expect(page.locator(".tr-decision-row[data-token]")).to_have_count(len(all_.rows))
    page.get_by_role("button", name="Show fewer tokens").click()
    expect(page.locator(".tr-decision-row[data-token]")).to_have_count(len(shown.rows))


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_the_picture_is_saved_without_leaving_the_browser(
    kind: str, page: Page, served: Served, tmp_path: Path
) -> None:
    open_step(page, served, "rain", step=10)
    wait_for_picture(page, value_of(served, 10))
    page.locator('.tr-decision [data-tool="picture"]').click()
    with page.expect_download() as download:
        page.locator(f'[data-tool="save-{kind}"]').click()
    download.value.save_as(tmp_path / "saved")

    assert f"step-10.{kind}" == download.value.suggested_filename
    saved = (tmp_path / "saved").read_bytes()
    assert saved.startswith(b"<svg" if kind == "svg" else b"\x89PNG")
    assert kind == "png" or "·sunlight" in saved.decode()


def test_a_light_trace_has_a_picture(page: Page, served: Served) -> None:
    open_step(page, served, "preset-light", step=1)

    wait_for_picture(page, value_of(served, 1, "preset-light"))
    assert [] == page.locator(".tr-decision .tr-error:visible").all_text_contents()


@pytest.mark.slow
def test_no_motion_where_none_is_wanted(open_page: OpenPage, served: Served) -> None:
    read = "getComputedStyle(document.querySelector('.tr-decision-bar')).transitionDuration"
    for motion, expected in (("reduce", "0s"), ("no-preference", "0.12s")):
        page = open_page(reduced_motion=motion)
        open_step(page, served, "rain", step=10)
        wait_for_picture(page, value_of(served, 10))
        assert expected == page.evaluate(read)


@pytest.mark.parametrize(("width", "lang"), [(320, "en"), (683, "zh")])
def test_a_narrow_page_scrolls_inside_the_picture(
    width: int, lang: str, open_page: OpenPage, served: Served
) -> None:
    page = open_page(viewport={"width": width, "height": 800})
    open_step(page, served, "rain", step=10, lang=lang)
    wait_for_picture(page, value_of(served, 10, lang=lang))

    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_hostile_tokens_are_only_ever_text(
    page: Page, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Words, "visible", lambda _, token: HOSTILE[token % len(HOSTILE)])
    shown = picture_of(explain(rain_step()))
    root = mounted(page, served, shown)

    assert [row.token for row in shown.rows] == root.locator(".tr-decision-chip").all_text_contents()
    assert [] == root.locator("script, img").all()
    assert page.evaluate("window.hurt") is None
    assert (root.bounding_box() or {})["width"] <= 1366


def test_greedy_has_dots_and_no_arrows(page: Page, served: Served) -> None:
    root = mounted(page, served, picture_of(explain(make_step(log(0.7, 0.3), chosen=0))))

    expect(root.locator(".tr-decision-dot:visible")).to_have_count(2)
    expect(root.locator(".tr-decision-arrow:visible")).to_have_count(0)
    expect(root.get_by_text("highest wins, by 0.85")).to_be_visible()


def test_a_set_token_has_no_draw(page: Page, served: Served) -> None:
    step = rain_step(chosen=1, noise={1: 3.0, 2: 0.1})
    step.is_forced = True
    root = mounted(page, served, picture_of(explain(step)))

    expect(root.locator(".tr-decision-dot:visible")).to_have_count(0)
    expect(root.get_by_text("token was set")).to_be_visible()


def test_a_removed_favorite_is_struck_out_hollow_and_ringed(page: Page, served: Served) -> None:
    step = make_step(log(0.6, 0.4), [(("NoBadWordsLogitsProcessor", {}), log(0, 1.0))], chosen=1)
    root = mounted(page, served, picture_of(explain(step)))
    removed = root.locator('[data-at="0,1"]')
    line = "part => getComputedStyle(part).textDecorationLine"
    fill = "part => getComputedStyle(part).backgroundColor"

    assert "line-through" == removed.locator(".tr-decision-percent").evaluate(line)
    assert "rgba(0, 0, 0, 0)" == removed.locator(".tr-decision-bar").evaluate(fill)
    expect(removed).to_contain_text("the bad-words list")
    expect(root.locator(".is-favorite").get_by_text("favorite")).to_be_visible()


def test_a_what_if_stands_in_a_frame_that_says_so(page: Page, served: Served) -> None:
    step = open_trace(served.folder / "rain.trace").step(35)
    root = mounted(page, served, picture_of_what_if(what_if(step, repetition_penalty=1.0)))

    expect(root.get_by_text("simulated, not what happened")).to_be_visible()
    assert "dashed" == root.locator(".tr-decision").evaluate("one => getComputedStyle(one).borderStyle")
    expect(root.locator(".tr-decision-dot")).to_have_count(0)
    expect(root.get_by_text("would have come")).to_be_visible()
