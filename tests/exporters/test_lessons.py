"""Lessons: every shipped one builds, wrong references are told with their line, and the questions' keys are right."""

import re
from html import escape
from pathlib import Path

import pytest
from playwright.sync_api import Browser

import tracer
from tests.dashboard.browser import Faults
from tracer.errors import LessonError
from tracer.exporters.lessons.facts import Fact, fact_of
from tracer.exporters.lessons.page import build_lesson
from tracer.exporters.lessons.quiz import ask, hashed
from tracer.exporters.lessons.runs import RULES, Runs
from tracer.exporters.lessons.source import read_fields, read_source
from tracer.exporters.lessons.views import VIEWS
from tracer.lessons import lesson_paths
from tracer.samples import sample_paths
from tracer.trace.text.tokens import Vocabulary
from tracer.wording.catalogue import CATALOGUE

LESSONS = [path for lang in ("en", "zh") for path in lesson_paths(lang)]
HAN = "[\u3400-\u9fff]"
HEAD = "---\ntitle: A lesson\nlang: en\ntrace: sample:rain\n---\n"

QUICK = [LESSONS[0], LESSONS[-1]]
each_lesson = pytest.mark.parametrize("path", LESSONS, ids=lambda path: f"{path.parent.name}-{path.stem}")


def written(tmp_path: Path, body: str, head: str = HEAD) -> Path:
    path = tmp_path / "lesson.md"
    path.write_text(head + body, encoding="utf-8")
    return path


def plan_minutes(path: Path) -> list[int]:
    return [int(found) for found in re.findall(r"^\| (\d+) \|.*\|.*\|.*\|$", plan_of(path), re.MULTILINE)]


def plan_of(path: Path) -> str:
    return re.split("^## (?:For the teacher|给老师)", path.read_text("utf-8"), flags=re.MULTILINE)[1]


@each_lesson
def test_a_shipped_lesson_builds_with_views_and_questions_and_the_same_bytes_twice(path: Path) -> None:
    page = build_lesson(path)

    assert build_lesson(path) == page
    assert page.count("<figure") >= 2
    assert page.count("<form") >= 3
    assert "{{" not in page
    assert str(sample_paths()[0].parent) not in page


@each_lesson
def test_a_plan_has_ninety_minutes_and_every_row_what_to_ask_and_wrong_answers(path: Path) -> None:
    assert 90 == sum(plan_minutes(path))
    assert "|  |" not in plan_of(path)
    assert "| |" not in plan_of(path)


def test_both_languages_have_the_same_lessons_views_and_questions() -> None:
    english, chinese = ([read_source(path) for path in lesson_paths(lang)] for lang in ("en", "zh"))

    assert [one.path.name for one in english] == [one.path.name for one in chinese]
    for left, right in zip(english, chinese, strict=True):
        assert [_asked(token.content) for token, _ in left.blocks()] == [
            _asked(token.content) for token, _ in right.blocks()
        ]


def _asked(block: str) -> dict[str, object]:
    return {name: value for name, value in read_fields(block).items() if name != "question"}


@pytest.mark.parametrize("path", lesson_paths("zh"), ids=lambda path: path.stem)
def test_a_chinese_lesson_keeps_to_the_rules_of_writing(path: Path) -> None:
    prose = re.sub("```.*?```", "", path.read_text("utf-8").split("---", 2)[2], flags=re.DOTALL)
    text = re.sub(r" *\| *", "|", re.sub(r"\{\{[^}]*\}\}|`[^`\n]*`", "a1", prose))

    assert [] == [word for word in ("单词", "令牌", "您", "被") if word in text]
    assert [] == re.findall(f"{HAN} ?[,;:()]|[,;()] ?{HAN}", text)
    assert [] == re.findall(" [，。：；（）%]|[，。：；（）] ", text)
    assert [] == [
        one for one in re.split("[。！？|\n]", text) if 60 < len(re.findall(f"{HAN}|[，；：（）、]", one))
    ]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_lesson_on_the_walkthrough_names_stations_as_the_walkthrough_does(lang: str) -> None:
    path = lesson_paths(lang)[5]
    named = set(re.findall(r"{{ station\.(\w+) }}", path.read_text("utf-8")))
    page = build_lesson(path)

    assert {"generate", "loop", "prepare_inputs", "decoder_layer", "attention", "cache_update"} <= named
    assert {"lm_head", "processors", "choice", "then_now", "misreadings"} <= named
    for key in named:
        known = CATALOGUE.get(f"station.{key}.title") or CATALOGUE[f"walk.{key}"]
        assert escape(known.zh if lang == "zh" else known.en) in page


@pytest.mark.parametrize(
    ("number", "keys"), [(3, ("ui.page_attention", "ui.attention_set_aside")), (4, ("ui.page_inside",))]
)
def test_what_a_plan_asks_to_click_is_what_the_dashboard_says(number: int, keys: tuple[str, ...]) -> None:
    english, chinese = (plan_of(lesson_paths(lang)[number - 1]) for lang in ("en", "zh"))

    assert [] == [key for key in keys if f"“{CATALOGUE[key].en}”" not in english]
    assert [] == [key for key in keys if f"「{CATALOGUE[key].zh}」" not in chinese]


def test_a_handout_has_no_plan() -> None:
    path = lesson_paths("en")[0]

    assert "usual wrong answers" in build_lesson(path)
    assert "usual wrong answers" not in build_lesson(path, with_plan=False)


@pytest.mark.parametrize(
    ("body", "line", "told"),
    [
        ("\n```view\nview: decison\nstep: 0\n```\n", 7, "view: 'decison' is none of decision, strip"),
        ("```view\nview: decision\n```\n", 6, "Type step: 0, or step: stop-overruled."),
        ("```view\nview: decision\nstep: 99\n```\n", 6, "99 is no step of this trace"),
        ("```view\nview: decision\nstep: nowhere\n```\n", 6, "step: 'nowhere' names no step. Type step: 0"),
        ("```view\nview: decision\nstep: [1]\n```\n", 6, r"step: \[1\] names no step"),
        ("```view\nview: strip\nheight: 3\n```\n", 6, "'height' is no field of the view strip"),
        ("```view\nview: strip\ntrace: sample:snow\n```\n", 6, "there are sample:rain, sample:chinese"),
        ("```view\nview: strip\ntrace: no.trace\n```\n", 6, "does not exist"),
        ("```view\nview: what-if\nstep: first\ntop_k: 3\n```\n", 6, "Type temperature: "),
        ("```view\nview: what-if\nstep: first\ntop_k: [1, 2]\n```\n", 6, "has no logits"),
        ("```view\nview: attention\nstep: 0\nlayer: 99\n```\n", 6, "layer=99 is no layer of this model"),
        ("```view\nview: inputs\nstep: 0\nagainst: next\n```\n", 6, "is neither previous nor first"),
        ("```view\nview: 'strip\n```\n", 6, "The block is not readable"),
        ("```view\nstrip\n```\n", 6, "The block holds no fields"),
        ("Text\nand {{ first.colour }}.\n", 7, "'colour' is no fact; there are index"),
        ("Text {{ station.sampling }}.\n", 6, "'sampling' is no station; there are script, loading"),
        ("Text {{ first }}.\n", 6, "names no fact. Type a step and a fact"),
        ("{{ trace.min-p }}\n", 6, "'min-p' is no fact"),
        ("{{ one-left.overturned-by }}\n", 6, "No setting overturned the favorite at step"),
        ("{{ first.setting-4 }}{{ sure.chosen }}\n", 6, "step: 'sure' names no step"),
        ("```quiz\nquestion: Q\n```\n", 6, "A quiz needs answer, a text"),
        ("```quiz\nquestion: Q\nanswer: left\nstep: 0\nkey: 9\n```\n", 6, "'key' is no field of a quiz"),
        ("```quiz\nquestion: Q\nanswer: favorite\nstep: 0\n```\n", 6, "which is no number"),
        ("```quiz\nquestion: Q\nanswer: favorite\nstep: 0\noptions: [second, third]\n```\n", 6, "it must stand among"),
        ("```quiz\nquestion: Q\nanswer: favorite\nstep: 0\noptions: second\n```\n", 6, "is no list"),
    ],
)  # fmt: skip
def test_a_wrong_reference_is_told_with_its_line(tmp_path: Path, body: str, line: int, told: str) -> None:
    path = written(tmp_path, body)

    with pytest.raises(LessonError, match=told) as raised:
        build_lesson(path)
    assert f"{path}, line {line}: " in str(raised.value)


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ("", "a lesson begins with its head"),
        ("---\ntitle: A\nlang: fr\ntrace: sample:rain\n---\n", "lang: 'fr' is none of en, zh"),
        ("---\ntitle: A\nlang: en\n---\n", "the head has title, lang and trace"),
        ("---\ntitle: A\nlang: en\ntrace: sample:rain\nminutes: 90\n---\n", "'minutes' is 90"),
        ("---\ntitle: 'A\n---\n", "is not readable"),
    ],
)
def test_a_wrong_head_is_told(tmp_path: Path, head: str, told: str) -> None:
    with pytest.raises(LessonError, match=told):
        build_lesson(written(tmp_path, "Text.\n", head))


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(LessonError, match="cannot be read as a lesson"):
        build_lesson(tmp_path / "none.md")


def test_a_named_step_is_the_one_where_it_happened() -> None:
    runs = Runs(Path(), "sample:rain")
    sequence = runs.sequence()
    steps = {name: runs.step(sequence, name) for name in (*RULES, "stop-overruled", "winner-changed")}

    assert (0, len(sequence.steps) - 1) == (steps["first"].index, steps["last"].index)
    assert "<|im_end|>" == fact_of(runs, "stop-overruled.favorite", "en").text
    assert steps["new-winner-drawn"].favorite_id != steps["new-winner-drawn"].token_id
    assert steps["new-winner-drawn"].winner_id == steps["new-winner-drawn"].token_id
    assert 1 == steps["one-left"].survivors[-1]
    assert max(step.model_entropy for step in sequence.steps) == steps["least-sure"].model_entropy


def test_the_key_of_a_question_is_what_the_trace_says() -> None:
    runs, step = Runs(Path(), "sample:rain"), tracer.open_trace(sample_paths()[0]).steps[10]
    favorite = step.call.trace.vocabulary.visible(step.favorite_id)
    fields = {"question": "Which?", "step": 10, "answer": "favorite", "options": ["favorite", "chosen"]}
    question = ask(runs, fields, "en", 3)
    typed = ask(runs, {"question": "How many?", "step": 10, "answer": "left"}, "zh", 1)

    assert hashed(f"3.{favorite}") == question.key
    assert {Fact(favorite, is_token=True), Fact("·ra", is_token=True)} == set(question.options)
    assert hashed(f"1.{step.survivors[-1]}") == typed.key


def test_a_hash_is_fnv_1a() -> None:
    assert "811c9dc5" == hashed("")
    assert "bf9cf968" == hashed("foobar")


def test_hostile_tokens_and_hostile_markdown_stay_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, browser: Browser
) -> None:
    hostile = "</script><img src=x onerror=alert(1)>`|*{{x}}"
    monkeypatch.setattr(Vocabulary, "visible", lambda self, token_id: f"{hostile}{token_id}")
    views = "".join(
        f"```view\nview: {view}\nstep: 30\n{'top_k: [2, 5]' if view == 'what-if' else ''}\n```\n"
        for view in VIEWS
    )
    quiz = "```quiz\nquestion: <b>Q</b>\nstep: 0\nanswer: favorite\noptions: [favorite, second]\n```\n"
    head = HEAD.replace("A lesson", "</title></script><b>{right}")
    body = f"<img src=x onerror=alert(1)> ![x](http://example.org/x.png) {{{{ 0.chosen }}}}\n\n{views}{quiz}"
    (tmp_path / "page.html").write_text(build_lesson(written(tmp_path, body, head)), encoding="utf-8")
    page, faults = browser.new_page(), Faults("")
    faults.watch(page)
    page.goto((tmp_path / "page.html").as_uri())

    assert 0 == page.locator("img, main b").count()
    assert hostile in page.locator("main").inner_text()
    assert [] == [one for one in faults.found if not one.startswith("request to file:")]
    page.close()


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(
            path, marks=[pytest.mark.slow] * (path not in QUICK), id=f"{path.parent.name}-{path.stem}"
        )
        for path in LESSONS
    ],
)
def test_a_lesson_opens_without_network_and_its_questions_can_be_answered(
    path: Path, tmp_path: Path, browser: Browser
) -> None:
    (tmp_path / "lesson.html").write_text(build_lesson(path), encoding="utf-8")
    context = browser.new_context(offline=True, viewport={"width": 390, "height": 800})
    page, faults = context.new_page(), Faults("")
    faults.watch(page)
    page.goto((tmp_path / "lesson.html").as_uri())
    source = read_source(path)
    asked = [read_fields(token.content) for token, _ in source.blocks() if token.info.strip() == "quiz"]
    runs = Runs(path.parent, source.trace)
    for number, fields in enumerate(asked, 1):
        question = ask(runs, fields, source.lang, number)
        form = page.locator("form.question").nth(number - 1)
        for option in question.options:
            if hashed(question.salt + option.text) == question.key:
                form.get_by_role("radio").nth(question.options.index(option)).check()
        if not question.options:
            answer = next(
                str(one) for one in range(10_000) if hashed(f"{question.salt}{one}") == question.key
            )
            form.get_by_role("textbox").fill(f" {answer} ")
        form.get_by_role("button").click()
        assert form.locator("output").inner_text().startswith("✓")

    assert [] == [one for one in faults.found if not one.startswith("request to file:")]
    assert page.locator("#result").input_value().count(str(len(asked))) >= 1
    assert 390 >= page.evaluate("document.documentElement.scrollWidth")
    context.close()


def test_a_wrong_answer_is_told_and_counts_as_the_first_try(tmp_path: Path, browser: Browser) -> None:
    (tmp_path / "lesson.html").write_text(build_lesson(lesson_paths("en")[0]), encoding="utf-8")
    page = browser.new_page()
    page.goto((tmp_path / "lesson.html").as_uri())
    form = page.locator("form.question").first
    form.get_by_role("button").click()
    assert "Choose or type an answer first." == form.locator("output").inner_text()
    form.get_by_role("textbox").fill("41")
    form.get_by_role("button").click()
    assert form.locator("output").inner_text().startswith("✗ Not yet.")
    form.get_by_role("textbox").fill("40")
    form.get_by_role("button").click()

    assert "✓ Right." == form.locator("output").inner_text()
    assert (
        "How a model picks a word: 0 of 4 right at the first try, 1 answered."
        == page.locator("#result").input_value()
    )
    page.close()
