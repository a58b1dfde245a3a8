"""The browser modules: plain ES modules and style sheets, shared by the dashboard and pages that replay offline.

They show values of `tracer.pictures` and hold no words of their own. This file only says where they lie.
"""

from pathlib import Path


def folder() -> Path:
    """Returns the folder with the modules."""
    return Path(__file__).parent
