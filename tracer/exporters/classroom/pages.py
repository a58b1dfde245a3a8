"""The pages of a class pack around its replays: index, quiz, and the text that says how to open it.

Each page stands under a policy that forbids every request; links are relative, so that they work from a disk.
"""

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tracer.exporters.classroom.questions import Question, code_of
from tracer.exporters.classroom.runs import Run
from tracer.exporters.replay.packs import json_in_page
from tracer.exporters.templates import render
from tracer.web import folder
from tracer.wording import numbers
from tracer.wording.composition import Language, compose

_HERE = Path(__file__).parent
_QUIZ_SCRIPT = _HERE.parent / "lessons" / "lesson.js"
_UI = ("right", "wrong", "nothing", "copied", "selected")


def index_page(runs: list[Run], questions: tuple[Question, ...], lang: Language) -> bytes:
    """Returns the page that lists the runs.

    Raises:
        MissingExtraError: jinja2 is not installed.
    """
    script = _text(_HERE / "theme.js")
    num_questions = numbers.count(len(questions))
    return _page("index.html", lang, script, runs=runs, num_questions=num_questions, title=_title(runs, lang))


def quiz_page(runs: list[Run], questions: tuple[Question, ...], lang: Language) -> bytes:
    """Returns the page of the questions.

    Raises:
        MissingExtraError: jinja2 is not installed.
    """
    blanks = {name: "{" + name + "}" for name in ("right", "count", "done")}
    said = {name: compose(f"class.{name}", lang) for name in _UI}
    said["result"] = compose("class.result", lang, code=code_of(runs), **blanks)
    title = compose("class.quiz", lang)
    script = _text(_QUIZ_SCRIPT)
    return _page("quiz.html", lang, script, questions=questions, said=json_in_page(said), title=title)


def readme(runs: list[Run], lang: Language) -> bytes:
    """Returns the text file; with the mark and the line ends that every editor on Windows understands."""
    keys = (
        "class.readme_what",
        "class.readme_open",
        "class.readme_phone",
        "class.readme_quiz",
        "class.readme_made",
    )
    count = numbers.count(len(runs))
    lines = [_title(runs, lang), *(compose(key, lang, count=count) for key in keys)]
    return "\r\n\r\n".join([*lines, ""]).encode("utf-8-sig")


def _title(runs: list[Run], lang: Language) -> str:
    models = list(dict.fromkeys(run.model for run in runs))
    model = models[0] if len(models) == 1 else compose("class.models", lang, count=numbers.count(len(models)))
    return compose("class.title", lang, model=model)


def _page(name: str, lang: Language, script: str, **values: Any) -> bytes:
    styles = _text(folder() / "colors.css") + _text(_HERE / "class.css")
    return render(
        _HERE / "templates" / name,
        page_lang="zh-CN" if lang == "zh" else "en",
        styles=styles,
        styles_hash=_hash(styles),
        script=script,
        script_hash=_hash(script),
        word=_word(lang),
        **values,
    ).encode("utf-8", "replace")


def _word(lang: Language) -> Callable[..., str]:
    def word(key: str, **values: object) -> str:
        return compose(f"class.{key}", lang, **{name: str(value) for name, value in values.items()})

    return word


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
