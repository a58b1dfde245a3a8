"""Reads the file of a lesson: its head, and its Markdown as tokens that know their lines.

Raw HTML and images stay text. Knows no trace and renders nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import yaml
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from tracer.errors import LessonError
from tracer.wording.composition import LANGUAGES, Language

BLOCKS = ("view", "quiz")
FACT = "fact"
_FENCE = "---"
_HEAD = ("title", "lang", "trace")


@dataclass(frozen=True, slots=True)
class Source:
    """A lesson as it was read; `first_line` is that of the text, counted from 1."""

    path: Path
    title: str
    lang: Language
    trace: str
    markdown: MarkdownIt
    tokens: tuple[Token, ...]
    first_line: int

    def fail(self, line: int, error: object) -> NoReturn:
        """Raises LessonError at a line of the file."""
        raise LessonError(f"{self.path}, line {line}: {error}")

    def blocks(self) -> Iterator[tuple[Token, int]]:
        """Yields the blocks `view` and `quiz`, each with its first line."""
        for token in self.tokens:
            if token.type == "fence" and token.info.strip() in BLOCKS and token.map:
                yield token, token.map[0] + self.first_line

    def facts(self) -> Iterator[tuple[Token, int]]:
        """Yields what `{{ … }}` in the text became, each with its line."""
        line = self.first_line
        for token in self.tokens:
            line = token.map[0] + self.first_line if token.map else line
            at = line
            for child in token.children or ():
                at += child.type in ("softbreak", "hardbreak")
                if child.type == FACT:
                    yield child, at


def read_source(path: Path) -> Source:
    """Reads a lesson.

    Raises:
        LessonError: there is no such file, or its head is not that of a lesson.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LessonError(
            f"{str(path)!r} cannot be read as a lesson ({type(error).__name__}). Name a Markdown file in UTF-8; "
            "tracer lesson list shows those that come with the package."
        ) from error
    head, body, first_line = _split(path, text.removeprefix("\ufeff"))
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    markdown.inline.ruler.before("escape", FACT, _read_fact)
    return Source(
        path, head["title"], _language(path, head["lang"]), head["trace"], markdown, tuple(markdown.parse(body)),
        first_line,
    )  # fmt: skip


def read_fields(text: str) -> dict[str, Any]:
    """Returns the fields of a block or a head.

    Raises:
        ValueError: the text is no list of fields.
    """
    try:
        fields = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" at its line {mark.line + 1}" if mark else ""
        raise ValueError(
            f"The block is not readable{place}: {getattr(error, 'problem', error)}. "
            "Type one field a line, such as view: decision; put a text with a colon between quotes."
        ) from error
    if not isinstance(fields, Mapping) or not all(isinstance(name, str) for name in fields):
        raise ValueError("The block holds no fields. Type one field a line, such as view: decision.")
    return dict(fields)


def _split(path: Path, text: str) -> tuple[dict[str, str], str, int]:
    lines = text.splitlines(keepends=True)
    stripped = [line.strip() for line in lines]
    if not stripped or stripped[0] != _FENCE or _FENCE not in stripped[1:]:
        raise LessonError(
            f"{path}, line 1: a lesson begins with its head. "
            "Type a line ---, then title:, lang: and trace:, then a line ---."
        )
    end = stripped.index(_FENCE, 1)
    try:
        head = read_fields("".join(lines[1:end]))
    except ValueError as error:
        raise LessonError(f"{path}, line 1: {error}") from error
    for name in (*_HEAD, *head):
        if name not in _HEAD or not isinstance(head.get(name), str):
            raise LessonError(
                f"{path}, line 1: the head has title, lang and trace, each a text; {name!r} is "
                f"{head.get(name, 'not there')!r}. Type, for example, lang: en and trace: sample:rain."
            )
    return head, "".join(lines[end + 1 :]), end + 2


def _language(path: Path, lang: str) -> Language:
    for one in LANGUAGES:
        if one == lang:
            return one
    raise LessonError(f"{path}, line 1: lang: {lang!r} is none of {', '.join(LANGUAGES)}. Type lang: en.")


def _read_fact(state: StateInline, silent: bool) -> bool:
    """An inline rule of markdown-it: `{{ step.fact }}` becomes one token."""
    if not state.src.startswith("{{", state.pos):
        return False
    end = state.src.find("}}", state.pos)
    if end < 0:
        return False
    if not silent:
        token = state.push(FACT, "", 0)
        token.content = state.src[state.pos + 2 : end].strip()
    state.pos = end + 2
    return True
