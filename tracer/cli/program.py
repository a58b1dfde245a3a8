"""How this program is called here: what to print in front of a command that a person is to type."""

import shutil
import sys
from pathlib import Path


def program_name() -> str:
    """Returns "tracer" where the shell finds this installation, else the path that leads to it."""
    own = Path(sys.executable).parent / "tracer"
    found = shutil.which("tracer")
    if not own.exists() or (found is not None and Path(found) == own):
        return "tracer"
    return str(own.relative_to(Path.cwd())) if own.is_relative_to(Path.cwd()) else str(own)
