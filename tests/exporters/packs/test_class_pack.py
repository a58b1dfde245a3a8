"""A class pack opens from the disk in a real browser: index, replay, quiz, result line; nothing asks for a network."""

import html
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

import tracer
from tests.dashboard.browser import TIMEOUT_MS, Faults
from tests.exporters.conftest import HOSTILE
from tests.long_trace import STOP, long_trace
from tracer.errors import SignalMissingError, TraceExistsError, TraceNotFoundError
from tracer.exporters.classroom.class_pack import pack_class
from tracer.exporters.classroom.questions import ask_class
from tracer.exporters.classroom.runs import runs_of
from tracer.exporters.lessons.quiz import hashed
from tracer.samples import sample_paths
from tracer.trace.trace import Trace

TOKENS = [b"<end>", b"Rain", b" falls", b".", b" Now", "晴".encode()]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns a folder of two small traces, one in a folder below."""
    folder = tmp_path_factory.mktemp("runs")
    asked = [{"role": "user", "content": "What does <b>rain</b> do?"}]
    cells = {step: {"survivors_by_stage": [6, 6, 3]} for step in range(5)}
    answer = [1, 2, 3, 4, STOP]
    long_trace(folder / "Rain 晴 falls.trace", TOKENS, [4, 5], answer, messages=asked, cells=cells)
    long_trace(folder / "deep" / "b.trace", TOKENS, [1], [4, 1, 2, 3, STOP])
    return folder


@pytest.fixture(scope="module")
def unpacked(runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns the folder of the unpacked class pack."""
    folder = tmp_path_factory.mktemp("class")
    with zipfile.ZipFile(pack_class(runs, folder / "class.zip")) as archive:
        archive.extractall(folder / "out")
    return folder / "out"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Returns a page as wide as a phone, without a network, that fails on every fault."""
    faults = Faults("")
    context = browser.new_context(viewport={"width": 360, "height": 740})
    context.set_offline(True)
    context.set_default_timeout(TIMEOUT_MS)
    opened = context.new_page()
    faults.watch(opened)
    yield opened
    context.close()
    assert [] == [one for one in faults.found if "request to file:" not in one]


def test_from_the_index_to_a_replay_to_the_quiz_to_the_result(unpacked: Path, page: Page, runs: Path) -> None:
    page.goto((unpacked / "index.html").as_uri())
    assert 2 == page.locator(".run").count()
    expect(page.locator(".run").first).to_contain_text("What does <b>rain</b> do?")
    expect(page.locator(".run").first).to_contain_text("Rain falls.")
    assert 360 >= page.evaluate("document.documentElement.scrollWidth")
    page.locator(".run .button").first.click()
    page.locator(".tr-decision-row.is-chosen").first.wait_for()
    page.go_back()
    page.locator(".quiz .button").click()
    questions = page.locator("form.question")
    expected = ask_class(runs_of(traces(runs), "en", is_named=True), "en")
    assert len(expected) == questions.count() > 3
    for place, question in enumerate(expected):
        answer(
            page,
            place,
            question.options and solution(question.salt, question.key, question.options),
            question,
        )
    result = page.locator("#result").input_value()
    assert re.fullmatch(
        rf"Quiz [0-9a-f]{{6}}: {len(expected)} of {len(expected)} right at the first try, .*", result
    )
    page.locator("#copy").click()
    expect(page.locator("#copied")).not_to_be_empty()
    assert 360 >= page.evaluate("document.documentElement.scrollWidth")


def traces(folder: Path) -> list[Trace]:
    """The traces in the order of the pack."""
    return [tracer.open_trace(path.parent) for path in sorted(folder.rglob("trace.json"))]


def solution(salt: str, key: str, options: tuple[object, ...]) -> str:
    """The option whose hash is the key."""
    texts = [str(getattr(one, "text", one)) for one in options]
    return next(text for text in texts if hashed(salt + text) == key)


def answer(page: Page, place: int, picked: object, question: object) -> None:
    """Answers a question and expects that it was right."""
    form = page.locator("form.question").nth(place)
    if picked:
        form.locator("input[type=radio]").nth(
            form.locator("input[type=radio]").evaluate_all(
                "(all, text) => all.findIndex((one) => one.value === text)", picked
            )
        ).check()
    else:
        salt, key = getattr(question, "salt", ""), getattr(question, "key", "")
        form.locator("input[type=text]").fill(
            next(str(n) for n in range(60_000) if hashed(f"{salt}{n}") == key)
        )
    form.locator("button").click()
    expect(form.locator("output")).to_have_class("right")


def test_a_wrong_first_try_stays_one(unpacked: Path, page: Page) -> None:
    page.goto((unpacked / "quiz.html").as_uri())
    form = page.locator("form.question:has(input[type=text])").first
    form.locator("button").click()
    expect(form.locator("output")).to_contain_text("Choose or type")
    form.locator("input").fill("59999")
    form.locator("button").click()

    expect(form.locator("output")).to_have_class("wrong")
    assert "0 of " in page.locator("#result").input_value()
    with page.context.expect_page() as opened:
        form.get_by_role("link", name="look it up").click()
    opened.value.locator(".tr-decision-row").first.wait_for()
    assert "59999" == form.locator("input").input_value()


def test_names_are_ascii_links_relative_and_no_answer_can_be_read(unpacked: Path) -> None:
    names = sorted(
        str(path.relative_to(unpacked).as_posix()) for path in unpacked.rglob("*") if path.is_file()
    )

    assert ["README.txt", "index.html", "quiz.html", "runs/01-rain-falls.html", "runs/02-b.html"] == names
    for name in ("index.html", "quiz.html"):
        text = (unpacked / name).read_text(encoding="utf-8")
        links = [html.unescape(one).split("#")[0] for one in re.findall(r'href="([^"]*)"', text)]
        assert all((unpacked / one).is_file() for one in links if one != "data:,")
        assert "default-src 'none'" in text
        assert not re.search(
            r"https?:|//[a-z]", re.sub(r"<(script|style)>.*?</\1>", "", text, flags=re.DOTALL)
        )
    keys = re.findall(r'data-key="([^"]*)"', (unpacked / "quiz.html").read_text(encoding="utf-8"))
    assert len(keys) == len(set(keys))
    assert (unpacked / "README.txt").read_bytes().startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_same_traces_give_the_same_bytes_and_each_language_its_words(
    lang: str, runs: Path, tmp_path: Path
) -> None:
    done: list[tuple[int, int]] = []
    first = pack_class(runs / "deep", tmp_path / "a.zip", lang=lang, progress=lambda *one: done.append(one))
    second = pack_class(runs / "deep", tmp_path / "b.zip", lang=lang)

    assert first.read_bytes() == second.read_bytes()
    assert [(0, 1), (1, 1)] == done
    with zipfile.ZipFile(first) as archive:
        index = archive.read("index.html").decode()
    assert ("提示词" in index) == (lang == "zh")
    assert ("How the answer begins" in index) == (lang == "en")


def test_hostile_text_stays_text(tmp_path: Path, page: Page) -> None:
    tokens = [b"<end>", *(text.encode() for text in HOSTILE)]
    long_trace(tmp_path / "runs" / "h.trace", tokens, [4, 1, 2], [*range(1, len(tokens)), STOP])
    with zipfile.ZipFile(pack_class(tmp_path / "runs", tmp_path / "h.zip")) as archive:
        archive.extractall(tmp_path / "out")
    for name in ("index.html", "quiz.html"):
        page.goto((tmp_path / "out" / name).as_uri())

        assert "taken" != page.title()
        assert 360 >= page.evaluate("document.documentElement.scrollWidth")
    expect(page.locator("h1")).to_have_text("Quiz")


def test_a_redacted_class_pack_tells_no_prompt_no_name_and_no_path(tmp_path: Path) -> None:
    runs = tmp_path / "verschlusssache"
    secret = b"Geheimnisvoll"
    asked = [{"role": "user", "content": "Geheimnisvoll falls"}]
    long_trace(runs / "geheim-run.trace", [*TOKENS, secret], [6, 2], [1, 2, STOP], messages=asked)
    pack = pack_class(runs, tmp_path / "class.zip", redact=True)

    with zipfile.ZipFile(pack) as archive:
        archive.extractall(tmp_path / "out")
        assert ["README.txt", "index.html", "quiz.html", "runs/01.html"] == sorted(archive.namelist())
    index = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert "taken out (2 tokens)" in index
    assert "Recording 1" in index
    assert "Rain falls" in index
    replay = (tmp_path / "out" / "runs" / "01.html").read_text(encoding="utf-8")
    assert "□ stands for each of its tokens" in replay
    for text in (
        index,
        replay,
        *packs_in(replay),
        (tmp_path / "out" / "quiz.html").read_text(encoding="utf-8"),
    ):
        assert "eheim" not in text
        assert "verschlusssache" not in text
        assert str(tmp_path) not in text


def packs_in(page: str) -> list[str]:
    """The values of a replay, unpacked."""
    import base64
    import zlib

    found = re.findall(r"<script type=\"text/plain\" data-pack=\"[^\"]*\">([^<]*)<", page)
    return [zlib.decompress(base64.b64decode(one)).decode() for one in found]


def test_questions_come_from_the_runs_and_hidden_tokens_are_not_asked_for(tmp_path: Path) -> None:
    rain = tracer.open_trace(sample_paths()[0])
    asked = ask_class(runs_of([rain], "en", is_named=True), "en")
    favorite = next(one for one in asked if "favor" in one.text)

    assert "<|im_end|>" == solution(favorite.salt, favorite.key, favorite.options)
    left = next(one for one in asked if "How many tokens were left" in one.text)
    assert left.key == hashed(f"{left.salt}{rain.steps[35].survivors[-1]}")
    hidden = tracer.open_trace(
        tracer.unpack(tracer.pack(rain, tmp_path / "r.zip", redact=True), tmp_path / "r.trace")
    )
    shown = [
        fact.text for one in ask_class(runs_of([hidden], "en", is_named=False), "en") for fact in one.options
    ]
    assert not any("■" in text for text in shown)


def test_an_empty_folder_and_a_file_that_is_there_are_said(runs: Path, tmp_path: Path) -> None:
    with pytest.raises(TraceNotFoundError, match=r"holds no trace\. Name the folder in which traces lie"):
        pack_class(tmp_path, tmp_path / "a.zip")
    with pytest.raises(ValueError, match=r"lang='fr' is none of en, zh"):
        pack_class(runs, tmp_path / "a.zip", lang="fr")
    (tmp_path / "a.zip").write_text("mine")
    with pytest.raises(TraceExistsError, match="is there already"):
        pack_class(runs, tmp_path / "a.zip")
    long_trace(tmp_path / "empty" / "e.trace", TOKENS, [1], [], candidates=1)
    with pytest.raises(SignalMissingError, match="has a step to show"):
        pack_class(tmp_path / "empty", tmp_path / "b.zip")
