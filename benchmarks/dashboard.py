"""How fast the dashboard is in real Chromium, on the sample and on a trace of the shape of Llama-3-8B.

A key press counts from the event's own time to the frame that shows it; the whole page until its last change, with
Streamlit's script at rest. Times of a busy machine say little: run it at a quiet moment. The large traces are written
once (1.4 GB) into the folder given by `--traces`, else into a temporary one. Run it with `make bench-dashboard`.
"""

import argparse
import itertools
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

from playwright.sync_api import Browser, Error, Page, sync_playwright
from rich.console import Console
from rich.table import Table

from benchmarks.large_trace import LARGE, ONE_LAYER_8K, Shape, write_trace
from dashboard.data.library import key_of
from dashboard.navigation import PAGES
from tracer.analysis.distances import distance_between
from tracer.samples import sample_paths
from tracer.trace.opening import open_trace

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking")
PROBE = Path(__file__).with_name("dashboard_probe.js")
STEPPED_VIEWS = ("decision", "attention_text", "attention_heads", "attention_grid", "inputs")
TIMEOUT_MS = 120_000


@dataclass
class Server:
    """The dashboard in a process of its own."""

    process: "subprocess.Popen[str]"
    url: str

    def address(self, trace: Path, page: str = "", **query: object) -> str:
        """Returns the link to a page of a trace."""
        return f"{self.url}/{page}?{urlencode({'trace': key_of(trace), 'lang': 'en', **query})}"

    def ask(self, view: str, trace: Path, **query: object) -> int:
        """Returns how many bytes a view answers; 0 where it has no answer."""
        try:
            with urlopen(self.address(trace, f"view/{view}", call=0, row=0, **query), timeout=120) as answer:
                return len(answer.read())
        except OSError:
            return 0

    def memory(self) -> dict[str, float]:
        """Returns its memory in MB, as Linux counts it: VmRSS now, VmHWM at most, RssAnon without mapped files."""
        path = Path(f"/proc/{self.process.pid}/status")
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        return {name: int(number) / 1024 for name, number in re.findall(r"^(\w+):\s+(\d+) kB$", text, re.M)}


@dataclass
class Results:
    """The rows of the table, in order: what was measured, on which trace, and what is aimed at."""

    rows: list[tuple[str, str, list[float], str, float | None]] = field(default_factory=list)

    def add(
        self, what: str, trace: str, values: list[float | None], unit: str = "ms", aim: float | None = None
    ) -> None:
        """Adds a row; values that did not come are left out."""
        self.rows.append((what, trace, [one for one in values if one is not None], unit, aim))
        median = statistics.median(self.rows[-1][2]) if self.rows[-1][2] else float("nan")
        print(f"{what}, {trace}: {median:,.0f} {unit}", file=sys.stderr, flush=True)

    def table(self) -> Table:
        """Returns medians and 95th percentiles beside the aims."""
        table = Table(title="The dashboard in Chromium")
        for name in ("what", "trace", "median", "p95", "aim", "n"):
            table.add_column(name, justify="left" if name in ("what", "trace") else "right")
        for what, trace, values, unit, aim in self.rows:
            low, high = (statistics.median(values), _p95(values)) if values else (None, None)
            cells = [f"{one:,.0f} {unit}" if one is not None else "—" for one in (low, high)]
            is_met = aim is not None and low is not None and (low <= aim if unit != "steps" else low == aim)
            sign = (
                "" if aim is None else f"{'' if is_met else '✗ '}{'=' if unit == 'steps' else '≤'} {aim:,.0f}"
            )
            table.add_row(what, trace, *cells, sign, str(len(values)))
        return table


def _p95(values: list[float]) -> float:
    return sorted(values)[max(0, -(-len(values) * 95 // 100) - 1)]


@contextmanager
def serving(folder: Path, home: Path) -> Iterator[Server]:
    """Serves a folder of traces as long as the block runs; `home` is the folder in which it is started."""
    command = [sys.executable, "-m", "tracer", "dashboard", str(folder), "--port", "0", "--no-browser"]
    with (home / "server.log").open("w") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            assert process.stdout is not None
            lines = (re.search(r"http://[\d.:]+", line) for line in process.stdout)
            found = next(filter(None, lines), None)
            if found is None:
                raise RuntimeError(f"The dashboard did not start: {(home / 'server.log').read_text()}")
            yield Server(process, found.group())
        finally:
            process.terminate()
            process.wait(timeout=20)


@contextmanager
def opened(browser: Browser, address: str) -> Iterator[Page]:
    """Opens an address in a browser that has seen nothing yet, with the probe inside, and waits until it rests."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="en-US")
    context.set_default_timeout(TIMEOUT_MS)
    context.add_init_script(path=str(PROBE))
    page = context.new_page()
    try:
        page.goto(address)
        page.wait_for_selector(".tr-piece-current")
        settled(page)
        yield page
    finally:
        context.close()


def settled(page: Page) -> dict[str, float | None]:
    """Returns when each thing happened, once the page rests."""
    found: dict[str, float | None] = page.evaluate("bench.settled()")
    return found


@dataclass(frozen=True)
class Bench:
    """What all measurements share."""

    browser: Browser
    server: Server
    results: Results
    count: int

    def first_paint(self, trace: Path, name: str) -> None:
        """Opens the trace again and again; the first time, the server has not read it yet."""
        times = []
        for _ in range(self.count + 1):
            with opened(self.browser, self.server.address(trace)) as page:
                times.append(settled(page)["first"])
        self.results.add("first useful paint, never opened before", name, times[:1], aim=2000)
        self.results.add("first useful paint", name, times[1:], aim=2000)

    def presses(self, trace: Path, name: str, page_name: str) -> None:
        """Presses a key, waits until the page rests, and presses again; every tenth time into the other direction."""
        begin = (len(open_trace(trace).steps) - self.count) // 2
        path = "" if page_name == PAGES[0].name else page_name
        with opened(self.browser, self.server.address(trace, path, step=max(begin, 0))) as page:
            times = [
                self._pressed(page, "ArrowLeft" if time % 10 == 9 else "ArrowRight")
                for time in range(self.count + 2)
            ][2:]
        self.results.add(f"{page_name}: key → strip", name, [one["strip"] for one in times], aim=60)
        if page_name == "step":
            self.results.add("step: key → decision picture", name, [one["decision"] for one in times], aim=60)
        whole = [one["page"] for one in times]
        self.results.add(f"{page_name}: key → whole page", name, whole, aim=300)
        known = [one for one in whole if one is not None]
        self.results.add(f"{page_name}: key → whole page, p95", name, [_p95(known)], aim=500)

    def _pressed(self, page: Page, key: str) -> dict[str, float | None]:
        page.keyboard.press(key)
        return settled(page)

    def jumps(self, trace: Path, name: str) -> None:
        """Goes to steps that are far from all that was asked for ahead of time."""
        last = len(open_trace(trace).steps) - 1
        with opened(self.browser, self.server.address(trace, step=0)) as page:
            times = []
            for time in range(self.count):
                page.evaluate("step => bench.go(step)", (time * 211 + 97) % last)
                times.append(settled(page)["decision"])
        self.results.add("step: far jump → decision picture", name, times)

    def holding(self, trace: Path, name: str) -> None:
        """Holds a key: twenty presses, 33 ms apart."""
        with opened(self.browser, self.server.address(trace, step=0)) as page:
            moved: list[float | None] = []
            for key in ("ArrowRight", "ArrowLeft") * 3:
                before = page.evaluate("bench.step()")
                page.evaluate("key => bench.hold(key, 20, 33)", key)
                settled(page)
                moved.append(abs(page.evaluate("bench.step()") - before))
        self.results.add("20 presses at 33 ms", name, moved, "steps", aim=20)

    def maps(self, trace: Path, name: str, shape: Shape, aim: float) -> None:
        """Chooses one head after the other on the page with the map."""
        heads = itertools.cycle(itertools.product(shape.heard, range(1, shape.heads)))
        address = self.server.address(trace, "attention", step=shape.steps - 1, layer=shape.heard[-1], head=0)
        with opened(self.browser, address) as page:
            page.wait_for_selector("[role=application] canvas")
            times = []
            for layer, head in itertools.islice(heads, self.count):
                page.evaluate("([layer, head]) => bench.choose(layer, head)", [layer, head])
                times.append(settled(page)["map"])
        self.results.add(f"one head's map, {shape.prompt + shape.steps:,} tokens", name, times, aim=aim)

    def memory(self, trace: Path, name: str) -> None:
        """Asks for the decision picture of every step, and for the other views of every fifth."""
        for step in range(len(open_trace(trace).steps)):
            for view in STEPPED_VIEWS if step % 5 == 0 else STEPPED_VIEWS[:1]:
                self.server.ask(view, trace, step=step)
        found = self.server.memory()
        for title, key, aim in (
            ("server memory after all steps", "VmRSS", 600),
            ("… of it not mapped from the trace's files", "RssAnon", None),
            ("server memory at most", "VmHWM", None),
        ):
            self.results.add(title, name, [found.get(key)], "MB", aim)


def attempt(what: str, measure: Callable[..., None], *given: Any) -> None:
    """Measures; what does not come within its time is told, and the others go on."""
    try:
        measure(*given)
    except (Error, AssertionError, OSError, statistics.StatisticsError) as error:
        print(f"{what}: not measured: {str(error).splitlines()[0]}", file=sys.stderr)


def distances_row(results: Results, trace: Path) -> None:
    """Times the KL of every step to the one behind it, as `compare` takes it of two traces."""
    steps = open_trace(trace).steps
    began = time.perf_counter()
    for one, other in itertools.pairwise(steps):
        distance_between(one, other)
    took = (time.perf_counter() - began) * 1000
    results.add(f"KL of {len(steps)} steps (no browser)", "large", [took])


def measure(browser: Browser, folder: Path, home: Path, count: int) -> Results:
    """Measures the sample, then the large trace, then the one of 8k positions."""
    results = Results()
    sample, large, wide = folder / "sample.trace", folder / "large.trace", folder / "one-layer-8k.trace"
    pages = [entry.name for entry in PAGES if entry.has_trace]
    with serving(folder, home) as server:
        bench = Bench(browser, server, results, count)
        for trace, name in ((sample, "sample"), (large, "large")):
            attempt("first paint", bench.first_paint, trace, name)
            for page in pages:
                attempt(page, bench.presses, trace, name, page)
            attempt("jumps", bench.jumps, trace, name)
            attempt("holding", bench.holding, trace, name)
        if "attention" in pages:
            attempt("map", bench.maps, large, "large", LARGE, 500)
            attempt("wide map", bench.maps, wide, "8k", ONE_LAYER_8K, 1500)
    with serving(folder, home) as server:
        attempt("memory", Bench(browser, server, results, count).memory, large, "large")
    attempt("KL", distances_row, results, large)
    return results


def prepare(folder: Path) -> None:
    """Writes the traces that are not in the folder yet."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, shape in (("large", LARGE), ("one-layer-8k", ONE_LAYER_8K)):
        path = folder / f"{name}.trace"
        if not path.exists():
            print(f"Writing {path} (once)", file=sys.stderr)
            write_trace(path, shape)
    if not (folder / "sample.trace").exists():
        shutil.copytree(sample_paths()[0], folder / "sample.trace")


def main() -> None:
    """Reads the command line, measures and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--traces", type=Path, help="where the traces are, or are written")
    parser.add_argument("--count", type=int, default=20, help="how often each thing is done")
    options = parser.parse_args()
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        raise SystemExit("The benchmark needs Chromium: apt-get install chromium")
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        folder = options.traces or Path(home) / "traces"
        prepare(folder)
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        results = measure(browser, folder, Path(home), options.count)
    Console(width=120).print(results.table())


if __name__ == "__main__":
    main()
