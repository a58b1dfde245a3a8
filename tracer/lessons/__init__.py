"""The lessons that come with the package, in English and Chinese; the traces they show are in `tracer.samples`.

Names paths only; `tracer.exporters.lessons` builds them.
"""

from pathlib import Path

_FOLDER = Path(__file__).parent


def lesson_paths(lang: str) -> tuple[Path, ...]:
    """Returns the lessons in one language, in their order; their names begin with the number of the lesson."""
    return tuple(sorted((_FOLDER / lang).glob("*.md")))
