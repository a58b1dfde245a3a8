"""What a picture is asked for: the view, the step, what is selected in it, and its size, theme and language."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from tracer.trace.sequence import Sequence
from tracer.trace.step import Step
from tracer.wording.composition import Language

Theme = Literal["print", "light", "dark"]
THEMES: tuple[Theme, ...] = ("print", "light", "dark")
"""Print is white, and nothing in it is told by color alone."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large a picture is at the end. Height None: as tall as its content.

    `zooms` is what its layout is enlarged by, the first at which it fits; `pad_px` the room around it.
    """

    name: str
    width_mm: float
    height_mm: float | None = None
    zooms: tuple[float, ...] = (1.0,)
    pad_px: int = 4

    @property
    def width_px(self) -> int:
        """The width in CSS pixels, 96 an inch."""
        return round(self.width_mm / 25.4 * 96)

    @property
    def height_px(self) -> int | None:
        """The height in CSS pixels, where it is fixed."""
        return None if self.height_mm is None else round(self.height_mm / 25.4 * 96)


SIZES: Mapping[str, Size] = MappingProxyType(
    {
        "column": Size("column", 85.0),
        "page": Size("page", 170.0),
        "slide": Size("slide", 40 / 3 * 25.4, 7.5 * 25.4, (2.0, 1.85, 1.7, 1.55, 1.4, 1.25, 1.1, 1.0), 40),
    }
)
"""A column and a page of a paper, and a slide of 13.33 × 7.5 inches."""


@dataclass(frozen=True, slots=True)
class ViewRequest:
    """One picture. `step` is None for views of the whole text.

    What is selected is for the views that show it: a layer, a head of it, a place in prompt and answer, and what the
    heads are colored by.
    """

    sequence: Sequence
    view: str = "decision"
    step: Step | None = None
    size: Size = SIZES["page"]
    theme: Theme = "print"
    lang: Language = "en"
    layer: int | None = None
    head: int | None = None
    source: int | None = None
    measure: str | None = None
