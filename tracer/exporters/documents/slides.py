"""Slides with python-pptx: 16:9, white, texts with fonts for Latin and for Chinese, a picture, notes for the speaker.

Knows no trace. Nothing reaches beyond the slide: texts are cut where they would.
"""

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tracer.errors import MissingExtraError
from tracer.notebook.html import seen
from tracer.wording.composition import Language

WIDTH_IN, HEIGHT_IN = 40 / 3, 7.5
MARGIN_IN = 0.5
LATIN, MONO = "Arial", "Consolas"
CHINESE = "Microsoft YaHei"
"""Where it is missing, another Chinese font takes its place: PingFang SC, or Noto Sans CJK SC."""

_INK, _QUIET, _ACCENT = "1A1D21", "5B6570", "B45309"
_CREATED = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Words:
    """A piece of a line."""

    text: str
    is_token: bool = False
    is_bold: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where a box lies, in inches, and how large its type is, in points."""

    left: float
    top: float
    width: float
    height: float
    points: float = 18
    color: str = _INK


TITLE = Place(MARGIN_IN, 0.75, WIDTH_IN - 2 * MARGIN_IN, 1.15, 22)
ABOVE = Place(MARGIN_IN, 0.35, WIDTH_IN - 2 * MARGIN_IN, 0.4, 14, _ACCENT)
PICTURE = Place(MARGIN_IN, 1.9, WIDTH_IN - 2 * MARGIN_IN, 5.3)
COVER = Place(MARGIN_IN, 0.9, WIDTH_IN - 2 * MARGIN_IN, 1.0, 34)
LIST = Place(MARGIN_IN, 1.5, WIDTH_IN - 2 * MARGIN_IN, 5.3, 16)
BODY = Place(MARGIN_IN, 2.0, WIDTH_IN - 2 * MARGIN_IN, 4.9, 16)


class Deck:
    """A deck that grows slide by slide."""

    def __init__(self, lang: Language, title: str) -> None:
        try:
            from pptx import Presentation
            from pptx.util import Inches
        except ModuleNotFoundError as error:
            raise MissingExtraError(
                "A deck needs python-pptx, which is not installed. Type pip install 'generation-tracer[export]'."
            ) from error
        self._lang = lang
        self._deck: Any = Presentation()
        self._deck.slide_width, self._deck.slide_height = Inches(WIDTH_IN), Inches(HEIGHT_IN)
        self._deck.core_properties.title = seen(title)
        self._deck.core_properties.author = ""

    def slide(self, title: Sequence[Words], *, place: Place = TITLE) -> "Slide":
        """Adds a slide with its title."""
        layout = next(one for one in self._deck.slide_layouts if one.name == "Title Only")
        made = self._deck.slides.add_slide(layout)
        return Slide(made, self._lang, title, place)

    def content(self) -> bytes:
        """Returns the file; the same slides give the same bytes."""
        buffer = io.BytesIO()
        self._deck.save(buffer)
        made = io.BytesIO()
        with zipfile.ZipFile(buffer) as saved, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
            for name in saved.namelist():
                file.writestr(zipfile.ZipInfo(name, _CREATED), saved.read(name), zipfile.ZIP_DEFLATED)
        return made.getvalue()


class Slide:
    """One slide of a deck."""

    def __init__(self, slide: Any, lang: Language, title: Sequence[Words], place: Place) -> None:
        self._slide = slide
        self._lang = lang
        self._lay(slide.shapes.title, place)
        self._fill(slide.shapes.title.text_frame, [title], place)

    def text(self, lines: Sequence[Sequence[Words]], place: Place) -> None:
        """Adds a box of text, a paragraph for each line."""
        box = self._slide.shapes.add_textbox(0, 0, 0, 0)
        self._lay(box, place)
        self._fill(box.text_frame, lines, place)

    def picture(self, png: bytes, place: Place, description: str) -> None:
        """Adds a picture as large as fits its place; `description` is read out."""
        from pptx.util import Inches

        made = self._slide.shapes.add_picture(io.BytesIO(png), 0, 0)
        scale = min(Inches(place.width) / made.width, Inches(place.height) / made.height)
        made.width, made.height = int(made.width * scale), int(made.height * scale)
        made.left, made.top = Inches(place.left), Inches(place.top)
        made._element.nvPicPr.cNvPr.set("descr", seen(description))

    def notes(self, lines: Sequence[str]) -> None:
        """Adds what to say and to ask."""
        frame = self._slide.notes_slide.notes_text_frame
        place = Place(0, 0, 0, 0, 12)
        for number, line in enumerate(lines):
            paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
            self._run(paragraph, Words(line), place)

    def _lay(self, shape: Any, place: Place) -> None:
        from pptx.util import Inches

        shape.left, shape.top = Inches(place.left), Inches(place.top)
        shape.width, shape.height = Inches(place.width), Inches(place.height)

    def _fill(self, frame: Any, lines: Sequence[Sequence[Words]], place: Place) -> None:
        from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
        from pptx.util import Pt

        frame.word_wrap, frame.vertical_anchor = True, MSO_ANCHOR.TOP
        frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
        for number, line in enumerate(lines):
            paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
            paragraph.alignment, paragraph.space_after = PP_ALIGN.LEFT, Pt(place.points / 4)
            for words in line:
                self._run(paragraph, words, place)

    def _run(self, paragraph: Any, words: Words, place: Place) -> None:
        from pptx.dml.color import RGBColor
        from pptx.oxml.ns import qn
        from pptx.util import Pt

        run = paragraph.add_run()
        run.text = seen(words.text).replace("\n", "↵")
        run.font.size, run.font.bold = Pt(place.points), words.is_bold or words.is_token
        run.font.color.rgb = RGBColor.from_string(place.color)
        run.font.name = MONO if words.is_token else LATIN
        properties = run._r.get_or_add_rPr()
        properties.set("lang", "zh-CN" if self._lang == "zh" else "en-US")
        east_asian = properties.makeelement(qn("a:ea"), {"typeface": CHINESE})
        properties.find(qn("a:latin")).addnext(east_asian)
