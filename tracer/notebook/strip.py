"""The answer as a colored strip, and the text shaded by attention, as HTML of inline styles.

A token that the model expected is light, a surprise is dark: the colors of the strip everywhere else.
"""

from collections.abc import Iterator

from tracer.notebook.html import CHOSEN, MONO, Markup, chip, element, joined, quiet
from tracer.pictures.attention_text import AttentionText, Source
from tracer.pictures.strip import StripPicture

BINS = ("#F3F7FB", "#DCE9F5", "#B9D3EC", "#8DB8DF", "#5F9BCF")
INK = "#1A1D21"
MOST_TOKENS = 300
_DARK = (8, 48, 107)
_PALE_TEXT = "#FFFFFF"
_PIECE = (
    f"{MONO};white-space:pre-wrap;overflow-wrap:anywhere;padding:1px 2px;margin:1px;border:1px solid #C5CCD3"
)


def strip(picture: StripPicture, *, marked: int | None = None, most: int = MOST_TOKENS) -> Markup:
    """Returns the answer's tokens, each colored by how unexpected it was; `marked` is a step with a frame."""
    pieces = list(_pieces(picture, marked, most))
    left = len(picture.answer.texts) - len(pieces)
    rest = [element("span", f" … +{left:,}")] if left > 0 else []
    legend = [
        piece
        for color, label in zip(BINS, picture.bin_labels, strict=True)
        for piece in (_piece("  ", color), Markup("&nbsp;"), label, Markup("&ensp;"))
    ]
    line = element("div", *_breakable(pieces), *rest, style="line-height:1.9;margin:4px 0")
    return joined([line, quiet(f"{picture.legend}: ", *legend)])


def _pieces(picture: StripPicture, marked: int | None, most: int) -> Iterator[Markup]:
    columns = zip(picture.answer.texts, picture.bins, picture.model, picture.after, strict=True)
    for step, (shown, place, model, after) in enumerate(columns):
        if step == most:
            return
        frame = f";outline:2px solid {CHOSEN}" if step == marked else ""
        yield _piece(shown, BINS[int(place)], f"{step} · {model} → {after}", frame)


def _breakable(pieces: list[Markup]) -> Iterator[Markup]:
    """The pieces with a place between them where a line may end."""
    for piece in pieces:
        yield piece
        yield Markup("<wbr>")


def _piece(shown: str, background: str, title: str = "", more: str = "", ink: str = INK) -> Markup:
    return element(
        "code", shown, style=f"{_PIECE};background-color:{background};color:{ink}{more}", title=title
    )


def attention(picture: AttentionText) -> Markup:
    """Returns the text that was read, the darker the more, and the token that was chosen."""
    places = [_source(one) for one in picture.sources]
    chosen = chip(picture.token, style=f"font-weight:bold;border-bottom:3px solid {CHOSEN}")
    return element("div", *_breakable(places), " → ", chosen, style="line-height:1.9;margin:4px 0")


def _source(one: Source) -> Markup:
    shade = 0.0 if one.shade is None else one.shade
    red, green, blue = (round(255 + (dark - 255) * shade) for dark in _DARK)
    ink = _PALE_TEXT if shade > 0.5 else INK
    frame = ";border-style:dashed" if one.shade is None else ""
    return _piece(one.text, f"#{red:02X}{green:02X}{blue:02X}", one.label, frame, ink)
