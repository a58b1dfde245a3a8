"""The replay in one file: opened from the disk in a real browser, without a network."""

import base64
import json
import re
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import tracer
from tests.dashboard.test_accessibility import findings
from tests.exporters.conftest import HOSTILE, OpenFile
from tests.synthetic import Synthetic, write_trace
from tracer.exporters.replay.values import held_values
from tracer.exporters.request import ExportRequest
from tracer.samples import sample_paths
from tracer.schema import Missing
from tracer.trace.trace import Trace

SAMPLE = next(path for path in sample_paths() if path.stem == "rain")
MOST_BYTES = 3_000_000
OPENS_WITHIN_S = 2.0


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns the replay of the sample."""
    return tracer.export(tracer.open_trace(SAMPLE), tmp_path_factory.mktemp("replay") / "rain.html")


def step_of(page: Page) -> int:
    """The step that the player shows."""
    return int(page.locator(".tr-player-step").input_value())


def test_every_step_can_be_reached_and_is_the_one_of_the_trace(replay: Path, open_file: OpenFile) -> None:
    steps = tracer.open_trace(SAMPLE).steps
    page = open_file(replay, address="#step=0")
    chosen = page.locator(".tr-decision-row.is-chosen .tr-decision-chip")

    for step in steps:
        assert step.index == step_of(page)
        expect(chosen).to_have_text(step.call.trace.vocabulary.visible(step.token_id))
        page.keyboard.press("ArrowRight")
        page.wait_for_function(
            "step => Number(document.querySelector('.tr-player-step').value) === step",
            arg=min(step.index + 1, len(steps) - 1),
        )


def test_it_opens_at_the_step_that_tells_most_and_says_why(replay: Path, open_file: OpenFile) -> None:
    page = open_file(replay)

    assert 35 == step_of(page)
    expect(page.locator(".tr-bar-reason")).to_contain_text("Opened at step 35")


def test_it_opens_within_two_seconds(replay: Path, open_file: OpenFile) -> None:
    open_file(replay)
    began = time.perf_counter()
    open_file(replay)

    assert OPENS_WITHIN_S > time.perf_counter() - began


def test_it_forbids_every_request(replay: Path, open_file: OpenFile) -> None:
    open_file(replay)

    text = replay.read_text(encoding="utf-8")
    assert "default-src 'none'; script-src 'sha256-" in text
    assert [] == re.findall(r"(?:src|href)=[\"']?(?:https?:|//|/)", text)


def test_sixty_steps_of_the_demo_stay_below_three_megabytes(replay: Path) -> None:
    assert MOST_BYTES * 40 / 60 > replay.stat().st_size


def test_the_same_trace_gives_the_same_bytes(replay: Path, tmp_path: Path) -> None:
    code = "import sys, tracer; tracer.export(tracer.open_trace(sys.argv[1]), sys.argv[2])"
    again = tmp_path / "again.html"
    subprocess.run([sys.executable, "-c", code, str(SAMPLE), str(again)], check=True)  # another hash seed

    assert replay.read_bytes() == again.read_bytes()


def test_it_does_not_tell_where_the_trace_lay(replay: Path) -> None:
    page = replay.read_text(encoding="utf-8")

    assert str(SAMPLE.parent) not in page


@pytest.mark.parametrize("part", ["odds", "attention", "inputs", "run"])
def test_every_part_shows_something(part: str, replay: Path, open_file: OpenFile) -> None:
    page = open_file(replay)
    page.locator(f"[data-part={part}]").click()

    shown = {
        "odds": ".tr-odds td",
        "attention": ".tr-attention-token",
        "inputs": ".tr-inputs-cell",
        "run": "caption, .tr-table td",
    }
    expect(page.locator(shown[part]).first).to_be_visible()
    expect(page.locator(".tr-replay-part .tr-error:visible")).to_have_count(0)


def test_a_listed_head_shows_where_it_looked_and_another_says_it_is_not_in_the_file(
    replay: Path, open_file: OpenFile
) -> None:
    page = open_file(replay)
    page.locator("[data-part=attention]").click()
    told = page.locator(".tr-attention-summary")
    expect(told).to_contain_text("mean over the heads")
    page.locator(".tr-head-row").first.click()
    expect(told).not_to_contain_text("mean over the heads")

    page.locator(".tr-head-grid-frame").focus()
    page.keyboard.press("Home")
    for key in ("PageUp",) * 4 + ("Enter",):
        page.keyboard.press(key)
    expect(page.locator(".tr-attention-refusal").first).to_contain_text("not in the file")
    page.locator(".tr-attention-refusal button").first.click()
    expect(told).to_contain_text("mean over the heads")


def test_every_candidate_can_be_shown(replay: Path, open_file: OpenFile) -> None:
    page = open_file(replay)
    page.locator("[data-tool=all]").click()

    expect(page.locator(".tr-decision-row")).not_to_have_count(0)
    page.wait_for_function("document.querySelectorAll('.tr-decision-chip').length > 20")


def test_findings_and_the_report_are_there(replay: Path, open_file: OpenFile) -> None:
    page = open_file(replay)
    page.locator("[data-tool=findings]").click()
    expect(page.locator(".tr-popover:popover-open .tr-list button").first).to_be_visible()
    page.keyboard.press("Escape")
    page.locator("[data-tool=report]").click()

    expect(page.locator(".tr-report-text")).to_have_value(re.compile("^# Why"))


def test_only_what_works_without_a_server_is_offered(replay: Path, open_file: OpenFile) -> None:
    page = open_file(replay)

    expect(page.locator("[data-tool=link]")).to_have_count(0)
    for tool in ("find", "expected", "report"):
        expect(page.locator(f"[data-tool={tool}]")).to_have_count(1)


def test_a_phone_shows_it_without_scrolling_sideways(replay: Path, open_file: OpenFile) -> None:
    page = open_file(replay, viewport={"width": 390, "height": 844}, has_touch=True)
    for part in ("step", "odds", "attention", "inputs", "run"):
        page.locator(f"[data-part={part}]").click()
        page.wait_for_timeout(100)
        assert 390 >= page.evaluate("document.documentElement.scrollWidth")


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_no_part_has_a_serious_finding_of_axe(scheme: str, replay: Path, open_file: OpenFile) -> None:
    page = open_file(replay, color_scheme=scheme, bypass_csp=True)
    for part in ("step", "odds", "attention", "inputs", "run"):
        page.locator(f"[data-part={part}]").click()
        page.wait_for_timeout(200)
        assert [] == findings(page), part


def test_the_theme_follows_the_system_and_can_be_switched(replay: Path, open_file: OpenFile) -> None:
    page = open_file(replay, color_scheme="dark")
    assert "dark" == page.locator("html").get_attribute("data-tr-theme")
    page.locator("[data-tool=theme]").click()

    assert "light" == page.locator("html").get_attribute("data-tr-theme")


def test_it_speaks_chinese(tmp_path: Path, open_file: OpenFile) -> None:
    made = tracer.export(tracer.open_trace(SAMPLE), tmp_path / "rain.html", lang="zh", steps=range(33, 37))
    page = open_file(made)

    assert "zh-CN" == page.locator("html").get_attribute("lang")
    expect(page.locator(".tr-decision-sentence")).to_contain_text("模型想在这里结束")
    page.locator("[data-part=run]").click()
    expect(page.locator(".tr-replay-limits")).to_contain_text("其中有 4 步，全文共 40 步。")


def test_a_step_that_was_left_out_says_so(tmp_path: Path, open_file: OpenFile) -> None:
    made = tracer.export(tracer.open_trace(SAMPLE), tmp_path / "rain.html", steps=[3, 20])
    page = open_file(made)
    assert step_of(page) in {3, 20}
    page.locator(".tr-piece[data-step='5']").click()

    expect(page.locator(".tr-decision .tr-error")).to_contain_text("not in the file")


def test_what_the_trace_cannot_give_is_said_in_the_language_of_the_page(tmp_path: Path) -> None:
    left_out = ("logits", "stage-1", "stage-2")
    missing = tuple(Missing(signal=name, reason="the budget left it out") for name in left_out[:1])
    trace = tracer.open_trace(write_trace(tmp_path / "sparse.trace", without=left_out, missing=missing))
    packed = held_values(ExportRequest(trace.sequence(), "zh")).packs["forks"]
    (forks,) = json.loads(zlib.decompress(base64.b64decode(packed))).values()

    assert forks["error"].startswith("'sparse.trace' 的第")


def test_hostile_text_stays_text(hostile: Trace, tmp_path: Path, open_file: OpenFile) -> None:
    made = tracer.export(hostile, tmp_path / "hostile.html")
    page = open_file(made, address="#step=0")

    assert "Replay of hostile" == page.title()
    assert HOSTILE[0] == page.locator(".tr-decision-row.is-chosen .tr-decision-chip").inner_text().replace(
        "·", " "
    )
    for part in ("step", "inputs", "run"):
        page.locator(f"[data-part={part}]").click()
        page.wait_for_timeout(100)
    assert 0 == page.locator("main script, main img").count()


def test_a_trace_without_attention_has_no_such_part(
    hostile: Trace, tmp_path: Path, open_file: OpenFile
) -> None:
    page = open_file(tracer.export(hostile, tmp_path / "hostile.html"))

    expect(page.locator("[data-part=attention]")).to_have_count(0)


def test_a_row_of_a_call_can_be_chosen(tmp_path: Path, open_file: OpenFile) -> None:
    trace = tracer.open_trace(
        write_trace(tmp_path / "t.trace", Synthetic(rows=2), Synthetic(steps=4, seed=1))
    )
    page = open_file(tracer.export(trace, tmp_path / "t.html", call=0, row=1))

    expect(page.locator(".tr-player-where")).to_contain_text("of 3")
