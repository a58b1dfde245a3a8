"""One lesson as one HTML page that needs no network: text, pictures, questions, and the teacher's plan.

`build_lesson` checks every reference on the way: a wrong one is an error with the file's line. The same lesson and
trace give the same bytes. Styles and script stand in the page under a policy that names their hashes.
"""

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it.token import Token
from markupsafe import Markup

from tracer.errors import TracerError
from tracer.exporters.lessons.facts import fact_of
from tracer.exporters.lessons.quiz import Question, ask
from tracer.exporters.lessons.runs import Runs
from tracer.exporters.lessons.source import Source, read_fields, read_source
from tracer.exporters.lessons.views import Shown, show
from tracer.pictures.sentence_parts import parts_of
from tracer.pictures.strip import Pieces
from tracer.wording import numbers
from tracer.wording.composition import Language, compose
from tracer.wording.sizes import byte_size

_HERE = Path(__file__).parent
_SHADES = 10
_UI = ("right", "wrong", "nothing", "copied", "selected")


def build_lesson(path: str | Path, *, with_plan: bool = True) -> str:
    """Returns the page of a lesson; `with_plan=False`: without the teacher's part, for the class.

    Raises:
        LessonError: the file is no lesson, or a reference in it is wrong; the message names the line.
    """
    source = read_source(Path(path))
    environment, runs = _environment(source.lang), Runs(source.path.parent, source.trace)
    for token, line in source.facts():
        with _at(source, line):
            fact = fact_of(runs, token.content, source.lang)
        token.type, token.content = (
            "html_inline",
            str(environment.get_template("fact.html").render(fact=fact)),
        )
    num_questions = 0
    for token, line in source.blocks():
        with _at(source, line):
            fields = read_fields(token.content)
            subject: Shown | Question
            if token.info.strip() == "view":
                name, subject = "figure.html", show(runs, fields, source.lang)
            else:
                num_questions += 1
                name, subject = "question.html", ask(runs, fields, source.lang, num_questions)
            html = environment.get_template(name).render(subject=subject)
        token.type, token.content = "html_block", html
    return _page(environment, source, num_questions, with_plan=with_plan)


@contextmanager
def _at(source: Source, line: int) -> Iterator[None]:
    """Whatever is wrong inside is told with the file and the line."""
    try:
        yield
    except (TracerError, ValueError, TypeError) as error:
        source.fail(line, error)


def _page(environment: Environment, source: Source, num_questions: int, *, with_plan: bool) -> str:
    heading = compose("lesson.teacher", source.lang)
    cut = _section(source.tokens, heading)
    lesson, plan = source.tokens[:cut], source.tokens[cut + 3 :]
    styles = files("tracer.web").joinpath("colors.css").read_text(encoding="utf-8")
    styles += (_HERE / "lesson.css").read_text(encoding="utf-8")
    script = (_HERE / "lesson.js").read_text(encoding="utf-8")
    return environment.get_template("page.html").render(
        page_lang="zh-CN" if source.lang == "zh" else "en",
        title=source.title,
        body=_html(source, lesson),
        plan=_html(source, plan) if with_plan and plan else "",
        num_questions=num_questions,
        words=json.dumps(_words(source), ensure_ascii=False, sort_keys=True),
        styles=Markup(styles),
        script=Markup(script),
        styles_hash=_hash(styles),
        script_hash=_hash(script),
    )


def _section(tokens: tuple[Token, ...], heading: str) -> int:
    """Returns the place of a heading; the end where there is none."""
    found = (
        place
        for place, token in enumerate(tokens[:-1])
        if token.type == "heading_open" and tokens[place + 1].content == heading
    )
    return next(found, len(tokens))


def _html(source: Source, tokens: tuple[Token, ...]) -> Markup:
    return Markup(source.markdown.renderer.render(list(tokens), source.markdown.options, {}))


def _words(source: Source) -> dict[str, str]:
    words = {name: compose(f"lesson.{name}", source.lang) for name in _UI}
    blanks = {name: "{" + name + "}" for name in ("right", "count", "done")}
    result = compose("lesson.result", source.lang, title=source.title, **blanks)
    return words | {"result": result}


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _environment(lang: Language) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )

    def word(key: str, **values: Any) -> str:
        return compose(key, lang, **{name: str(value) for name, value in values.items()})

    environment.globals["word"] = word
    environment.globals["lang"] = lang
    environment.globals["shade"] = _shade
    environment.globals["parts_of"] = parts_of
    environment.globals["grouped"] = _grouped
    environment.globals["line_of"] = _line_of
    environment.filters["size"] = byte_size
    environment.filters["count"] = numbers.count
    return environment


def _shade(share: float | None) -> str:
    """The class of one of eleven shades; a token that is set aside has its own."""
    return "aside" if share is None else f"shade-{round(share * _SHADES)}"


def _grouped(pieces: Pieces, start: int, stop: int) -> list[tuple[str, list[int]]]:
    """The places of pieces; those that hold a character only together stand together, below it."""
    spans = {first: (last, characters) for first, last, characters in pieces.split}
    groups, place = list[tuple[str, list[int]]](), start
    while place < stop:
        last, characters = spans.get(place, (place + 1, ""))
        groups.append((characters, list(range(place, min(last, stop)))))
        place = last
    return groups


def _line_of(values: tuple[int, ...]) -> str:
    """The points of a line over a field of 100 × 40, from 0 at the bottom to the largest value."""
    top, steps = max(max(values), 1), max(len(values) - 1, 1)
    return " ".join(
        f"{100 * place / steps:.2f},{40 - 38 * value / top:.2f}" for place, value in enumerate(values)
    )
