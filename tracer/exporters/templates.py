"""Templates with jinja2, which is an extra: every value is escaped, a name that is not given is an error."""

from pathlib import Path
from typing import Any

from tracer.errors import MissingExtraError


def render(path: Path, **values: Any) -> str:
    """Returns a template filled with values.

    Raises:
        MissingExtraError: jinja2 is not installed.
    """
    try:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            "This format needs jinja2, which is not installed. Type pip install 'generation-tracer[export]'."
        ) from error
    environment = Environment(
        loader=FileSystemLoader(path.parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(path.name).render(**values)
