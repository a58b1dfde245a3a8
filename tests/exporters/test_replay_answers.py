"""What a replay answers by itself: find as the dashboard does, and how an expected token fared."""

import dataclasses
import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

import tracer
from tests.exporters.conftest import OpenFile
from tests.long_trace import STOP, long_trace
from tracer.exporters.replay.bundle import bundle
from tracer.exporters.replay.text_bytes import text_bytes
from tracer.pictures.find import find_picture
from tracer.samples import sample_paths
from tracer.web import folder

RAIN, CHINESE = sample_paths()
QUERIES = (
    "rain",
    " rain",
    "·rain",
    "<|im_end|>",
    "↵",
    "#5249",
    "nowhere",
    "sentence about",
    "e",
    "天气",
    "很",
)


MODULES = ("elements", "chips", "odds", "odds_settings", "replay_answers")


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns a replay of two steps of the first sample."""
    return tracer.export(tracer.open_trace(RAIN), tmp_path_factory.mktemp("a") / "rain.html", steps=(30, 35))


@pytest.fixture(scope="module")
def answers_page(browser: Browser) -> Page:
    """Returns a blank page with the module's functions as `answers`."""
    sources = {name: (folder() / f"{name}.js").read_text(encoding="utf-8") for name in MODULES}
    page = browser.new_page()
    page.add_script_tag(content=f"{bundle(sources, 'replay_answers')}\nwindow.answers = $replay_answers;")
    return page


@pytest.mark.parametrize("path", [RAIN, CHINESE], ids=["rain", "chinese"])
def test_find_gives_what_the_dashboard_gives(path: Path, answers_page: Page) -> None:
    sequence = tracer.open_trace(path).sequence()
    held = json.loads(json.dumps(dataclasses.asdict(text_bytes(sequence, "en"))))
    for query in QUERIES:
        truth = find_picture(sequence, query, "en")
        value = answers_page.evaluate(
            "([held, query]) => answers.answersOf(() => '').find.answer({ q: query }, async () => held)",
            [held, query],
        )

        assert [*truth.first] == value["first"], query
        assert [*truth.last] == value["last"], query
        assert [*truth.steps] == value["steps"], query
        assert truth.label == value["label"]


def test_find_goes_to_the_place(replay: Path, open_file: OpenFile) -> None:
    page = open_file(replay, address="#step=35")
    page.locator("[data-tool=find]").click()
    page.locator("input[type=search]").fill("raind")
    expect(page.get_by_text("1 place")).to_be_visible()
    page.locator("input[type=search]").press("Enter")

    expect(page.locator(".tr-player-step")).to_have_value("10")


def expected_on(page: Page, text: str) -> str:
    """What the page says of an expected text."""
    page.locator("#tr-expected-text").fill(text)
    page.locator("#tr-expected-text").press("Enter")
    said = page.locator(".tr-form + div[role=status]")
    expect(said).not_to_be_empty()
    return str(said.inner_text())


def test_an_expected_token_is_followed_and_what_would_bring_it_is_true(
    replay: Path, open_file: OpenFile
) -> None:
    step = tracer.open_trace(RAIN).steps[35]
    page = open_file(replay, address="#step=35")
    page.locator("[data-tool=expected]").click()

    assert "Before these settings <|im_end|> had 87.9 %." in expected_on(page, "<|im_end|>")
    said = expected_on(page, "<|im_end|>")
    assert "After them it had 85.2 %." in said
    ways = said.split("With the same luck it would have come with ")[1].rstrip(".").split(" or ")
    assert ["repetition penalty", "temperature", "top-k", "top-p", "min-p"] == [
        one.rsplit(" ", 1)[0] for one in ways
    ]
    for way in ways:
        name, value = way.replace("-", "_").replace("repetition ", "repetition_").split(" ")
        setting = {name: int(value) if name == "top_k" else float(value)}
        assert "<|im_end|>" == tracer.what_if(step, **setting).token
    assert "·The had 1.4 %" in expected_on(page, "The")
    assert "·This is what came." in expected_on(page, "This")
    assert "knows" in expected_on(page, "zebra")
    assert "zebra is none of them. The full trace can tell." in expected_on(page, "zebra")


def test_without_scores_nothing_is_offered(tmp_path: Path, open_file: OpenFile) -> None:
    trace = long_trace(tmp_path / "a.trace", [b"<end>", b"a", b" b", b"c"], [1], [1, 2, STOP])
    page = open_file(tracer.export(trace, tmp_path / "a.html"))

    expect(page.locator("[data-tool=find]")).to_be_visible()
    expect(page.locator("[data-tool=expected]")).to_have_count(0)
