"""The commands `lesson build` and `lesson list`."""

import importlib.util
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tracer.cli import teaching


def test_a_lesson_is_built_by_its_number_and_language(tracer: Command, tmp_path: Path) -> None:
    done = tracer("lesson", "build", "1", "--lang", "zh", "--to", tmp_path / "new" / "lesson.html")
    page = (tmp_path / "new" / "lesson.html").read_text(encoding="utf-8")

    assert 0 == done.code
    assert "模型怎样选出下一个词" in page
    assert "给老师" in page


def test_a_handout_leaves_the_plan_out(tracer: Command, tmp_path: Path) -> None:
    tracer("lesson", "build", "1", "--handout", "--to", tmp_path / "lesson.html")

    assert "For the teacher" not in (tmp_path / "lesson.html").read_text(encoding="utf-8")


def test_the_lessons_are_listed(tracer: Command) -> None:
    assert "1  How a model picks a word\n" in tracer("lesson", "list").out


def test_wrong_use_is_told(tracer: Command, tmp_path: Path) -> None:
    build = ("lesson", "build")
    file = tmp_path / "file"
    file.write_text("text")

    assert "There is no lesson 9; there are 1," in tracer(*build, "9", "--to", tmp_path / "x").paragraph
    assert "cannot be read as a lesson" in tracer(*build, "no.md", "--to", tmp_path / "x").paragraph
    assert "cannot be written" in tracer(*build, "1", "--to", file / "x.html").paragraph
    assert "lang='fr' is none of en, zh" in tracer("lesson", "list", "--lang", "fr").paragraph


def test_a_missing_library_is_told(tracer: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(teaching, "find_spec", lambda name: None if name == "yaml" else find(name))

    assert "Lessons need yaml, not installed." in tracer("lesson", "list").paragraph
