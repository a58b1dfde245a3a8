"""docs/errors.md knows every exception, and which builtin it also is."""

from pathlib import Path

import pytest

from tracer import errors

PAGE = (Path(__file__).parents[2] / "docs" / "errors.md").read_text(encoding="utf-8")
CLASSES = [cls for cls in errors.TracerError.__subclasses__() if cls.__module__ == errors.__name__]


@pytest.mark.parametrize("error", CLASSES, ids=lambda error: error.__name__)
def test_every_exception_has_its_rows(error: type[Exception]) -> None:
    builtin = error.__bases__[1].__name__

    assert f"| **{error.__name__}** (`{builtin}`) | | |\n" in PAGE
