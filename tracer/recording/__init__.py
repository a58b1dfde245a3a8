"""Recording: everything below needs torch and transformers, and says so where they are not installed."""

from importlib.util import find_spec

from tracer.errors import MissingExtraError

for _package in ("torch", "transformers"):
    if find_spec(_package) is None:
        raise MissingExtraError(
            f"Recording needs the package {_package!r}, which is not installed; reading traces does not. "
            "Type: pip install 'generation-tracer[record]'"
        )
