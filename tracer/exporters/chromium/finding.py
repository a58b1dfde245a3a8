"""Where Chromium, or a browser made of it, is on this machine. Starts nothing."""

import os
import shutil

from tracer.errors import MissingExtraError

NAMED = "TRACER_CHROMIUM"
"""The environment variable that names the program, where it lies somewhere else."""

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
"""Names on the path and usual places, in the order in which they are tried."""

FLAGS = ("--disable-gpu", "--disable-quic", "--disable-background-networking", "--font-render-hinting=none")
"""What Chromium is started with, so that pictures are alike everywhere and nothing is fetched."""


def chromium_on_path() -> str | None:
    """Returns the path of a Chromium, or None."""
    named = os.environ.get(NAMED)
    return next(filter(None, map(shutil.which, [named] if named else NAMES)), None)


def find_chromium(kept: str | None = None) -> str:
    """Returns the path of a Chromium; `kept` is one that Playwright may have brought along.

    Raises:
        MissingExtraError: there is none.
    """
    found = chromium_on_path() or (kept if kept and os.path.exists(kept) else None)
    if found is None:
        named = os.environ.get(NAMED)
        looked = f"{named!r}, which {NAMED} names, is no program" if named else "no Chromium was found"
        raise MissingExtraError(
            f"Pictures are drawn by Chromium, and {looked}. "
            f"Type playwright install chromium, or install Chromium or Chrome, or set {NAMED} to its path."
        )
    return found
