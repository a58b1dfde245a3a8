"""Live recording in a real browser: a prompt typed into the form, a stop, what cannot be loaded, a branch."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.browser import Served, idle, open_step
from tests.tiny_model import save_tiny_model

FORM = ".st-key-run-start"


@pytest.fixture(autouse=True)
def _leave_no_trace(page: Page, served: Served) -> Iterator[None]:
    """Takes away what was recorded, and the end of a recording that still stands on the page."""
    before = set(served.folder.iterdir())
    yield
    page.goto(f"{served.url}/run")
    idle(page)
    again = page.get_by_role("button", name="Back to the form")
    if again.count():
        again.click()
        page.wait_for_selector(FORM)
    for path in set(served.folder.iterdir()) - before:
        shutil.rmtree(path)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns the folder of a model that loads at once."""
    return save_tiny_model(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def endless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns the folder of a model that knows no end and takes a long text."""
    folder = save_tiny_model(tmp_path_factory.mktemp("endless"))
    for name in ("config.json", "generation_config.json"):
        described = json.loads((folder / name).read_text(encoding="utf-8"))
        described["eos_token_id"] = None
        if "max_position_embeddings" in described:
            described["max_position_embeddings"] = 10_000
        (folder / name).write_text(json.dumps(described), encoding="utf-8")
    return folder


def fill_form(page: Page, served: Served, model: str, *, limit: int = 8, name: str = "typed.trace") -> None:
    """Opens the form and types the model, the most tokens and the name of the trace."""
    page.goto(f"{served.url}/run")
    page.wait_for_selector(FORM)
    box = page.get_by_role("combobox", name="Model")
    box.click()
    box.fill(model)
    page.keyboard.press("Enter")
    for label, value in (("Most new tokens", str(limit)), ("Name of the trace", name)):
        idle(page)
        page.get_by_label(label).first.fill(value)
        page.keyboard.press("Enter")
    idle(page)


def start(page: Page) -> None:
    """Presses the button that starts."""
    page.get_by_role("button", name="Generate and record").click()


def test_a_run_opens_its_trace(page: Page, served: Served, tiny: Path) -> None:
    fill_form(page, served, str(tiny))
    expect(page.get_by_text("The trace will take")).to_be_visible()
    start(page)
    page.wait_for_url(lambda url: served.key("typed") in url)
    idle(page)

    expect(page.locator(".tr-piece[data-step]")).to_have_count(8)
    expect(page.locator(".tr-decision-sentence")).not_to_be_empty()


def test_a_run_shows_how_it_comes_along_can_be_stopped_and_what_it_holds_opened(
    page: Page, served: Served, endless: Path
) -> None:
    fill_form(page, served, str(endless), limit=5000)
    start(page)
    expect(page.get_by_text("/ 5000")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.locator(".tr-job-text")).not_to_be_empty()
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Open what was recorded").click()
    page.wait_for_url(lambda url: served.key("typed") in url)
    idle(page)

    expect(page.get_by_text("was interrupted")).to_be_visible()
    expect(page.locator(".tr-piece[data-step]").first).to_be_visible()


def test_a_model_that_is_not_there_is_said_in_words(page: Page, served: Served) -> None:
    fill_form(page, served, "/no/such ![model](http://no.example/x.png)")
    start(page)

    alert = page.get_by_test_id("stAlert")
    expect(alert).to_contain_text("There is no model '/no/such ![model](http://no.example/x.png)'")
    expect(page.locator("img[src*=example]")).to_have_count(0)
    page.get_by_role("button", name="中文").click()
    expect(alert).to_contain_text("没有模型 '/no/such ![model](http://no.example/x.png)'")
    page.get_by_role("button", name="English").click()
    expect(alert).to_contain_text("There is no model")


def test_the_form_is_found_as_it_was_left(page: Page, served: Served, tiny: Path) -> None:
    fill_form(page, served, str(tiny), limit=7)
    plain = page.get_by_role("radio", name="as it is", exact=True)
    plain.click()
    idle(page)
    page.get_by_role("link", name="Step", exact=True).click()
    page.wait_for_selector(".tr-decision-sentence")
    idle(page)
    page.get_by_role("link", name="Run", exact=True).click()
    page.wait_for_selector(FORM)
    idle(page)

    expect(page.get_by_role("combobox", name="Model")).to_have_value(str(tiny))
    expect(page.get_by_label("Most new tokens").first).to_have_value("7")
    expect(plain).to_be_checked()


def test_a_name_that_leaves_the_folder_is_refused(page: Page, served: Served, tiny: Path) -> None:
    fill_form(page, served, str(tiny), name="../elsewhere.trace")
    start(page)

    expect(page.get_by_test_id("stAlert")).to_contain_text("A name has letters")
    assert not (served.folder.parent / "elsewhere.trace").exists()


def test_another_path_opens_as_a_trace_of_its_own(page: Page, served: Served) -> None:
    open_step(page, served, "preset-full", step=2)
    page.get_by_role("tab", name="Try another path from here").click()
    page.get_by_role("button", name="Continue with the model").click()
    page.wait_for_url(lambda url: served.key("preset-full-step-2") in url)
    idle(page)

    expect(page.locator(".tr-piece[data-step]").first).to_be_visible()
