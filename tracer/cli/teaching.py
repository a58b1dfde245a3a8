"""The commands `lesson build` and `lesson list`: lessons in Markdown, made into pages with pictures of a trace."""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, cast

import typer

from tracer.cli.options import Lang
from tracer.errors import LessonError, MissingExtraError, TargetError
from tracer.lessons import lesson_paths
from tracer.wording.composition import Language, require_language

_Source = Annotated[
    str, typer.Argument(help="A Markdown file, or the number of a lesson of the package.", metavar="LESSON")
]
_To = Annotated[Path, typer.Option("--to", help="The page to write, such as lesson.html.")]
_Handout = Annotated[bool, typer.Option("--handout", help="For the class: without the teacher's plan.")]
_NEEDED = ("jinja2", "yaml", "markdown_it")


def build(lesson: _Source, to: _To, lang: Lang = "en", handout: _Handout = False) -> None:
    """Check every reference of a lesson and write it as one page that needs no network.

    `--lang` chooses among the lessons of the package; a file says its language itself.
    """
    require_language(lang)
    _require_libraries()
    from tracer.exporters.lessons.page import build_lesson

    page = build_lesson(_path(lesson, cast(Language, lang)), with_plan=not handout)
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_text(page, encoding="utf-8", newline="\n")
    except OSError as error:
        raise TargetError(
            f"{str(to)!r} cannot be written ({error.strerror}). Name another file: --to lesson.html."
        ) from error
    print(to)


def list_(lang: Lang = "en") -> None:
    """List the lessons that come with the package."""
    require_language(lang)
    _require_libraries()
    from tracer.exporters.lessons.source import read_source

    for path in lesson_paths(lang):
        print(f"{_number(path)}  {read_source(path).title}")


def _path(lesson: str, lang: Language) -> Path:
    if not lesson.isdecimal() or Path(lesson).exists():
        return Path(lesson)
    found = {_number(path): path for path in lesson_paths(lang)}
    if lesson not in found:
        raise LessonError(
            f"There is no lesson {lesson}; there are {', '.join(found)}. Type tracer lesson list."
        )
    return found[lesson]


def _number(path: Path) -> str:
    return path.name.partition("-")[0]


def _require_libraries() -> None:
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise MissingExtraError(
            f"Lessons need {', '.join(missing)}, not installed. Type pip install 'generation-tracer[export]'."
        )
