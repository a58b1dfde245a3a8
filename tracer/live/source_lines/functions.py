"""A function's source as it is installed: its text, its file within its package, version and licence of that package.

Paths of this machine do not appear. Knows nothing of models.
"""

import inspect
import sys
from functools import cache, lru_cache
from importlib import metadata
from pathlib import Path
from types import CodeType

from tracer.analysis.executed_lines import SourceFunction

_CLASSIFIER = "License :: "
_MAX_LICENSE = 160
_MAX_FUNCTIONS = 1024


def source_function(code: CodeType, module: str) -> SourceFunction:
    """Returns the description of a function's code; without source, its text is empty."""
    return _describe(code, code.co_filename, module)


@lru_cache(maxsize=_MAX_FUNCTIONS)
def _describe(code: CodeType, filename: str, module: str) -> SourceFunction:
    """Does the work; equal code in two files is told apart by the file's name."""
    try:
        lines, first = inspect.getsourcelines(code)
    except (OSError, TypeError):
        lines, first = [], code.co_firstlineno
    package = module.partition(".")[0]
    version, license_name = _distribution(package)
    file = _relative(filename, package)
    return SourceFunction(
        name=code.co_name,
        qualified_name=code.co_qualname,
        module=module,
        file=file or Path(filename).name,
        package=package if file else None,
        version=version if file else None,
        license=license_name if file else None,
        first_line=max(first, 1),
        lines=tuple(line.rstrip("\r\n") for line in lines),
    )


def _relative(filename: str, package: str) -> str | None:
    """Returns the path below the package's folder, or None for code that is in no package."""
    roots = getattr(sys.modules.get(package), "__path__", None) or ()
    for root in roots:
        if Path(filename).is_relative_to(root):
            return Path(filename).relative_to(root).as_posix()
    return None


@cache
def _distribution(package: str) -> tuple[str | None, str | None]:
    """Returns version and licence of the distribution that a package comes from."""
    try:
        found = metadata.distribution(package)
    except (metadata.PackageNotFoundError, ValueError):
        names = metadata.packages_distributions().get(package)
        if not names:
            return None, None
        found = metadata.distribution(names[0])
    about = found.metadata
    texts = [text for field in ("License-Expression", "License") for text in about.get_all(field) or ()]
    stated = next(filter(None, map(_short, texts)), None)
    classified = [
        one.rpartition(" :: ")[2] for one in about.get_all("Classifier") or () if _CLASSIFIER in one
    ]
    return found.version, stated or next(iter(classified), None)


def _short(text: str) -> str | None:
    """Returns a licence's name; some packages put the whole text there."""
    first = text.strip().partition("\n")[0].strip()
    return first if 0 < len(first) <= _MAX_LICENSE else None
