"""The sliders of a replay: every answer is that of `tracer.what_if`, or says that it needs the full trace."""

import dataclasses
import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

import tracer
from tests.exporters.conftest import OpenFile
from tests.synthetic import Synthetic, write_trace
from tracer.analysis.temperature_odds import GRID, TemperatureOdds, can_change, temperature_odds
from tracer.errors import SignalMissingError
from tracer.exporters.replay.bundle import bundle
from tracer.samples import sample_paths
from tracer.trace.step import Step
from tracer.web import folder

SAMPLE = next(path for path in sample_paths() if path.stem == "rain")
STEPS = (30, 35)
NAMES = {
    "temperature": "temperature",
    "top_k": "topK",
    "top_p": "topP",
    "min_p": "minP",
    "repetition_penalty": "penalty",
}
SETTINGS = [
    *(
        {"temperature": temperature, "top_k": top_k, "top_p": top_p}
        for temperature, top_k, top_p in itertools.product((0.1, 0.8, 1.35, 2.0), (0, 1, 50), (0.3, 0.9, 1.0))
    ),
    *(
        {
            "temperature": temperature,
            "top_k": top_k,
            "top_p": 0.95,
            "min_p": min_p,
            "repetition_penalty": penalty,
        }
        for temperature, top_k, min_p, penalty in itertools.product(
            (0.4, 1.5), (0, 20), (0.0, 0.02, 0.3), (1.0, 1.3, 2.0)
        )
    ),
    *({"repetition_penalty": one} for one in (1.0, 1.05, 1.2, 1.5)),
    *({"min_p": one} for one in (0.01, 0.1, 0.5)),
]


@pytest.fixture(scope="module")
def odds_page(browser: Browser) -> Page:
    """Returns a blank page with the module's functions as `odds`."""
    sources = {"odds": (folder() / "odds.js").read_text(encoding="utf-8")}
    page = browser.new_page()
    page.add_script_tag(content=f"{bundle(sources, 'odds')}\nwindow.odds = $odds;")
    return page


def answer(page: Page, value: TemperatureOdds, settings: dict[str, float]) -> dict[str, object]:
    """What the module answers."""
    asked = {"temperature": 0.8, "topK": 50, "topP": 0.9} | {
        NAMES[name]: one for name, one in settings.items()
    }
    found: dict[str, object] = page.evaluate(
        "([value, asked]) => odds.oddsOf(value, asked)",
        [json.loads(json.dumps(dataclasses.asdict(value))), asked],
    )
    return found


@pytest.mark.parametrize("index", STEPS)
def test_every_exact_answer_is_that_of_what_if(index: int, odds_page: Page) -> None:
    step = tracer.open_trace(SAMPLE).steps[index]
    value = temperature_odds(step)
    kinds = set()
    for settings in SETTINGS:
        found = answer(odds_page, value, settings)
        kinds.add(("exact", type(found["winner"]).__name__) if found["isExact"] else ("needs trace", ""))
        if found["isExact"]:
            check_against_what_if(step, value, settings, found)

    assert ("exact", "int") in kinds


def check_against_what_if(
    step: Step, value: TemperatureOdds, settings: dict[str, float], found: dict[str, object]
) -> None:
    """Compares tokens left, probabilities and the winner."""
    truth = tracer.what_if(step, **settings)
    assert truth.stages[-1].num_left == found["numLeft"], settings
    by_token = {row.token: row.probability_after for row in truth.rows}
    shown = dict(zip(value.tokens, found["probabilities"], strict=True))  # type: ignore[call-overload]
    for token, probability in by_token.items():
        if token in shown:
            assert probability == pytest.approx(shown[token], rel=1e-4, abs=1e-9), settings
    if found["winner"] != "unknown":
        assert truth.token == value.tokens[found["winner"]], settings  # type: ignore[index]


def test_the_recorded_settings_give_the_recorded_token(odds_page: Page) -> None:
    for index in STEPS:
        step = tracer.open_trace(SAMPLE).steps[index]
        value = temperature_odds(step)
        found = answer(odds_page, value, {"temperature": 0.8, "top_k": 50, "top_p": 0.9})

        assert value.chosen == found["winner"]
        assert step.survivors[-1] == found["numLeft"]
        assert step.probability == pytest.approx(found["probabilities"][value.chosen], rel=1e-5)  # type: ignore[index]


def test_what_is_not_known_is_said(odds_page: Page) -> None:
    value = temperature_odds(tracer.open_trace(SAMPLE).steps[30])

    assert not answer(odds_page, value, {"temperature": 2.0, "top_k": 0, "top_p": 0.95})["isExact"]
    assert not answer(odds_page, value, {"temperature": 2.0, "top_k": 200, "top_p": 1.0})["isExact"]


def test_draws_tend_to_the_probabilities(odds_page: Page) -> None:
    counts = odds_page.evaluate(
        """() => {
          let state = 1;
          const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
          return odds.drawn({ probabilities: [0.5, 0, 0.2], others: 0.3 }, 10000, random);
        }"""
    )

    assert 10000 == sum(counts)
    assert [5000, 0, 2000, 3000] == pytest.approx(counts, abs=200)


def test_the_sums_are_over_the_whole_vocabulary_but_for_what_the_penalty_touches() -> None:
    step = tracer.open_trace(SAMPLE).steps[35]
    value = temperature_odds(step)
    scores = step.after(0).astype(np.float64)
    scores[np.unique([*step.sequence.prompt_ids, *step.sequence.token_ids[:35]])] = -np.inf

    assert set(GRID) <= set(value.temperatures)
    for temperature, found in zip(value.temperatures, value.logsumexp, strict=True):
        assert np.log(np.exp(scores / temperature).sum()) == pytest.approx(found)


def test_with_too_long_a_text_the_penalty_stays_as_recorded(
    odds_page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracer.analysis.temperature_odds.MOST_PENALIZED", 3)
    step = tracer.open_trace(SAMPLE).steps[35]
    value = temperature_odds(step)

    assert not value.has_penalty
    assert () == value.penalized
    check_against_what_if(step, value, {"temperature": 0.4}, answer(odds_page, value, {"temperature": 0.4}))


def test_a_step_without_scores_says_what_is_missing() -> None:
    with pytest.raises(SignalMissingError, match="has no"):
        temperature_odds(tracer.open_trace(SAMPLE).steps[3])


def test_only_chains_that_end_with_these_settings_can_be_changed(tmp_path: Path) -> None:
    from tracer.processor_names import MODULE
    from tracer.schema import ProcessorInfo

    def chain(*names: str) -> bool:
        infos = [
            ProcessorInfo(
                stage=at,
                class_name=name,
                module=MODULE,
                is_rebuildable=True,
                parameters={"temperature": 0.7, "top_k": 3, "top_p": 0.9, "min_p": 0.1},
            )
            for at, name in enumerate(names, start=1)
        ]
        made = Synthetic(changes={"processors": infos})
        path = write_trace(tmp_path / f"{'-'.join(names) or 'none'}.trace", made)
        return can_change(tracer.open_trace(path).calls[0])

    assert chain("TemperatureLogitsWarper", "TopKLogitsWarper")
    assert chain("RepetitionPenaltyLogitsProcessor", "TopPLogitsWarper")
    assert not chain("TopPLogitsWarper", "TemperatureLogitsWarper")
    assert not chain("TemperatureLogitsWarper", "TypicalLogitsWarper")
    assert not chain("MinPLogitsWarper", "TopPLogitsWarper")
    assert chain("MinPLogitsWarper")
    assert chain()


def test_a_moved_slider_shows_the_answer_and_what_was_recorded(tmp_path: Path, open_file: OpenFile) -> None:
    trace = tracer.open_trace(SAMPLE)
    page = open_file(tracer.export(trace, tmp_path / "rain.html", steps=STEPS), address="#step=35")
    page.locator("[data-part=odds]").click()
    said = page.locator(".tr-odds-frame .tr-sentence")
    expect(said).to_contain_text("·This again (8.8 %)")
    temperature = page.locator("[data-setting=temperature]")
    for _ in range(9):
        temperature.press("ArrowLeft")

    truth = tracer.what_if(trace.steps[35], temperature=0.35)
    expect(said).to_contain_text(f"takes {truth.token}")
    expect(page.get_by_text("recorded: 0.8")).to_be_visible()
    page.locator("[data-draws='1000']").click()
    counts = page.locator(".tr-odds td.tr-cell-number").all_inner_texts()
    assert 1000 == sum(int(one.replace(",", "")) for one in counts)
    page.locator("[data-tool=reset]").click()
    expect(said).to_contain_text("·This again")


def test_penalty_and_min_p_have_sliders_too(tmp_path: Path, open_file: OpenFile) -> None:
    trace = tracer.open_trace(SAMPLE)
    page = open_file(tracer.export(trace, tmp_path / "rain.html", steps=STEPS), address="#step=35")
    page.locator("[data-part=odds]").click()
    said = page.locator(".tr-odds-frame .tr-sentence")
    page.locator("[data-setting=penalty]").press("Home")

    truth = tracer.what_if(trace.steps[35], repetition_penalty=1.0)
    expect(said).to_contain_text(f"takes {truth.token}")
    expect(page.get_by_text("recorded: 1.1")).to_be_visible()
    page.locator("[data-tool=reset]").click()
    page.locator("[data-setting=minP]").press("End")

    truth = tracer.what_if(trace.steps[35], min_p=0.5)
    expect(said).to_contain_text(f"{truth.stages[-1].num_left} tokens are left")


def test_settings_that_need_the_full_trace_say_so(tmp_path: Path, open_file: OpenFile) -> None:
    page = open_file(
        tracer.export(tracer.open_trace(SAMPLE), tmp_path / "r.html", steps=STEPS), address="#step=30"
    )
    page.locator("[data-part=odds]").click()
    for setting, key in (("temperature", "End"), ("topK", "Home")):
        page.locator(f"[data-setting={setting}]").press(key)

    expect(page.locator(".tr-odds-frame")).to_contain_text("needs the full trace")
    expect(page.locator("[data-draws='10']")).to_be_disabled()
