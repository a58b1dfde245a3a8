"""The replay as a GIF: how each token was chosen, a picture a second, all of one size, and a caption beside it."""

import io
import logging
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from tracer.errors import MissingExtraError
from tracer.exporters.chromium import Chromium, open_chromium
from tracer.exporters.pictures.asked import asked_view
from tracer.exporters.pictures.caption import caption_of_steps
from tracer.exporters.request import ExportRequest, Files
from tracer.exporters.views import ViewRequest, page_of
from tracer.exporters.views.drawing import ModuleDrawing
from tracer.pictures.decision import decision_picture
from tracer.trace.step import Step

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_FRAMES = 200
"""A GIF has at most so many pictures."""

_FRAME_MS, _LAST_MS = 1000, 3000
_COLORS = 64
_SCALE = 1.5
_LOGGER = logging.getLogger(__name__)


def export_gif(request: ExportRequest) -> Files:
    """Returns the GIF of the chosen steps, at most `MOST_FRAMES` of them, and its caption.

    Raises:
        ValueError: there is no such size or theme, or another view than the decisions was asked for.
        MissingExtraError: playwright, Chromium, jinja2 or Pillow is not installed.
    """
    _require_pillow()
    if request.picture.view not in (None, "decision") or request.picture.step is not None:
        raise ValueError(
            "A GIF shows the decisions of many steps: it takes no view and no step. "
            "Leave them out, choose steps with steps=…, or type a name that ends in .png."
        )
    asked = replace(asked_view(request), view="decision", step=None)
    steps = request.steps
    if len(steps) > MOST_FRAMES:
        _LOGGER.warning(
            "The GIF shows the first %d of %d steps. Choose others with steps=… (--steps).",
            MOST_FRAMES,
            len(steps),
        )
        steps = steps[:MOST_FRAMES]
    with open_chromium() as chromium, closing(_frames(chromium, asked, steps, request)) as frames:
        made = _gif(frames)
    return {".gif": made, ".caption.md": caption_of_steps(asked, steps).encode("utf-8", "replace")}


def _frames(
    chromium: Chromium, asked: ViewRequest, steps: tuple[Step, ...], request: ExportRequest
) -> Generator["Image", None, None]:
    """The picture of each step, with as few colors as a GIF wants."""
    from PIL import Image

    page, size = page_of(asked, _drawing(asked, steps)), asked.size
    with chromium.opened(page, width_px=size.width_px, scale=_SCALE) as drawn:
        for place in range(len(steps)):
            drawn.show(place)
            png = drawn.png(width_px=size.width_px, height_px=size.height_px)
            with Image.open(io.BytesIO(png)) as image:
                yield image.convert("RGB").quantize(_COLORS, dither=Image.Dither.NONE)
            request.progress(place + 1, len(steps))


def _drawing(asked: ViewRequest, steps: tuple[Step, ...]) -> ModuleDrawing:
    visible = asked.sequence.call.trace.vocabulary.visible
    values = {
        "decisions": [decision_picture(step, asked.lang) for step in steps],
        "texts": [visible(token_id)[:24] for token_id in asked.sequence.token_ids],
    }
    return ModuleDrawing("frames", values)


def _gif(frames: Iterator["Image"]) -> bytes:
    made = list(frames)
    target = io.BytesIO()
    made[0].save(
        target,
        format="GIF",
        save_all=True,
        append_images=made[1:],
        duration=[*[_FRAME_MS] * (len(made) - 1), _LAST_MS],
        loop=0,
        optimize=True,
    )
    return target.getvalue()


def _require_pillow() -> None:
    try:
        import PIL  # noqa: F401
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            "A GIF needs Pillow, which is not installed. Type pip install 'generation-tracer[export]'."
        ) from error
