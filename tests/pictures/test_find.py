"""Find gives every place of a text, across tokens, and of a token by its id."""

from pathlib import Path

import pytest

from tests.long_trace import long_trace
from tracer.pictures.find import FindPicture, find_picture

TOKENS = [b"<end>", b" ra", b"in", b" rain", b".", b"#1", b"\xe4", b"\xbb\x80"]


def found(path: Path, query: str, lang: str = "en") -> FindPicture:
    sequence = long_trace(path, TOKENS, [3, 4, 1], [2, 4, 3, 6, 7]).sequence()
    return find_picture(sequence, query, "zh" if lang == "zh" else "en")


@pytest.mark.parametrize(
    ("query", "places", "steps"),
    [
        ("rain", ((0, 0), (2, 3), (5, 5)), (-1, 0, 2)),
        ("·rain", ((0, 0), (2, 3), (5, 5)), (-1, 0, 2)),  # as it is shown
        ("rain. ra", ((0, 2),), (-1,)),  # none overlaps another
        ("什", ((6, 7),), (3,)),  # two tokens
        ("#4", ((1, 1), (4, 4)), (-1, 1)),
        ("snow", (), ()),
        ("", (), ()),
        ("<script>", (), ()),
        (".*", (), ()),
    ],
)
def test_a_query_gives_its_places(
    tmp_path: Path, query: str, places: tuple[tuple[int, int], ...], steps: tuple[int, ...]
) -> None:
    picture = found(tmp_path / "a", query)

    assert places == tuple(zip(picture.first, picture.last, strict=True))
    assert (steps, 3, query) == (picture.steps, picture.prompt_len, picture.query)


def test_the_number_of_places_is_said(tmp_path: Path) -> None:
    said = [found(tmp_path / str(n), query).label for n, query in enumerate(("rain", "什", "snow"))]

    assert ["3 places", "1 place", "not in this text"] == said
    assert "3 处" == found(tmp_path / "zh", "rain", "zh").label
