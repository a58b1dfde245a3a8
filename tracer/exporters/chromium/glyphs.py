"""Whether the fonts of this machine have a glyph for every character of a page. Draws nothing that is kept."""

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

_LOGGER = logging.getLogger(__name__)
_SHOWN = 8

_MISSING = r"""() => {
  const letters = new Set();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const { data, parentElement } = texts.currentNode;
    if (["SCRIPT", "STYLE", "NOSCRIPT"].includes(parentElement?.tagName)) continue;
    for (const letter of data) if (/[^\u0000-\u024f]/.test(letter) && /\p{L}/u.test(letter)) letters.add(letter);
  }
  if (!letters.size) return [];
  const canvas = Object.assign(document.createElement("canvas"), { width: 24, height: 24 });
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.font = `16px ${getComputedStyle(document.querySelector(".tr") ?? document.body).fontFamily}`;
  const look = (letter) => {
    pen.clearRect(0, 0, 24, 24);
    pen.fillText(letter, 2, 18);
    return pen.getImageData(0, 0, 24, 24).data.join();
  };
  const unknown = look("\u{10fffd}");
  return [...letters].slice(0, 2000).filter((letter) => look(letter) === unknown);
}"""


def warn_of_missing_glyphs(page: "Page") -> None:
    """Logs a warning where characters of the page would be drawn as empty boxes, and says what to install."""
    missing: list[str] = page.evaluate(_MISSING)
    if not missing:
        return
    is_han = any("\u3400" <= letter <= "\u9fff" for letter in missing)
    font = "Noto Sans CJK SC (apt-get install fonts-noto-cjk)" if is_han else "the Noto fonts of its script"
    _LOGGER.warning(
        "%d characters of the picture have no glyph in the fonts of this machine, such as %s; they are drawn as "
        "boxes. Install %s and draw it again.",
        len(missing),
        " ".join(missing[:_SHOWN]),
        font,
    )
