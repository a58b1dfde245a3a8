"""Takes the pictures of the dashboard for the READMEs, over the traces of `make demo`: part of `make pictures`.

Runs the dashboard as its users do, and opens it in Chromium.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Page, sync_playwright

from dashboard.app import HOST
from dashboard.data.library import key_of
from dashboard.ports import free_port

FOLDER = Path(__file__).parent
RUNS = Path("runs")
SIZE = {"width": 1366, "height": 768}
PICTURES = {
    "dashboard-step.png": ("", {"step": 10, "lang": "en"}, "light"),
    "dashboard-attention.png": ("attention", {"step": 10, "lang": "en"}, "dark"),
    "dashboard-step.zh-CN.png": ("", {"step": 10, "lang": "zh"}, "light"),
    "dashboard-attention.zh-CN.png": ("attention", {"step": 10, "lang": "zh"}, "dark"),
}
"""Of each picture: the page, what its address names, and the system's colors."""

IDLE = '[data-testid="stApp"][data-test-script-state="notRunning"]'
STARTED = "The dashboard is at"


@contextmanager
def dashboard() -> Iterator[str]:
    """Serves the demo's traces for as long as the block runs."""
    port = free_port(HOST, 0)
    command = [sys.executable, "-m", "tracer", "dashboard", str(RUNS), "--port", str(port), "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        next(line for line in process.stdout if STARTED in line)
        try:
            yield f"http://{HOST}:{port}"
        finally:
            process.terminate()


def taken(page: Page, url: str, name: str) -> None:
    """Opens a link and writes the picture once everything stands in its place."""
    page.goto(url)
    page.wait_for_selector(IDLE)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / name)


def main() -> None:
    """Takes all pictures."""
    trace = key_of(RUNS / "english.trace")
    with dashboard() as url, sync_playwright() as playwright:
        path = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        for name, (path, query, colors) in PICTURES.items():
            context = browser.new_context(viewport=SIZE, color_scheme=colors, device_scale_factor=1)
            taken(context.new_page(), f"{url}/{path}?{urlencode({'trace': trace, **query})}", name)
            context.close()
        browser.close()


if __name__ == "__main__":
    main()
