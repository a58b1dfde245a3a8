"""Chromium for pictures, started once, and what reads the files that it made: SVG, PNG and PDF."""

import re
import shutil
import struct
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

import pytest

import tracer
from tests.dashboard.browser import chromium as require_chromium
from tracer.exporters.chromium import Chromium, open_chromium
from tracer.exporters.views import SIZES, ViewRequest
from tracer.samples import sample_paths
from tracer.trace.trace import Trace

SVG = "{http://www.w3.org/2000/svg}"
LEAST_PX = 7 / 72 * 96
"""7 points in CSS pixels."""


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    """Returns Chromium as the product starts it."""
    require_chromium()
    with open_chromium() as opened:
        yield opened


@pytest.fixture
def shared_chromium(chromium: Chromium, monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes exports draw with the Chromium that runs already."""

    @contextmanager
    def opened() -> Iterator[Chromium]:
        yield chromium

    for module in ("exporting", "animation"):
        monkeypatch.setattr(f"tracer.exporters.pictures.{module}.open_chromium", opened)


@pytest.fixture(scope="session")
def rain() -> Trace:
    """Returns the sample whose steps are known."""
    return tracer.open_trace(next(path for path in sample_paths() if path.stem == "rain"))


@pytest.fixture(scope="session")
def asked(rain: Trace) -> Callable[..., ViewRequest]:
    """Returns a function that makes a request of the sample: of a view, at a step, in a size."""

    def make(view: str = "decision", step: int = 10, size: str = "page", **more: object) -> ViewRequest:
        sequence = rain.sequence()
        return ViewRequest(sequence, view, sequence.steps[step], SIZES[size], **more)  # type: ignore[arg-type]

    return make


def texts_of(svg: bytes | str) -> list[str]:
    """The texts of an SVG, each as it stands in its element."""
    root = ElementTree.fromstring(svg)
    return ["".join(one.itertext()) for one in root.iter(f"{SVG}text")]


def type_sizes(svg: bytes | str) -> list[float]:
    """The size of every text of an SVG in its own pixels, as far as it says one."""
    sizes: list[float] = []
    _collect(ElementTree.fromstring(svg), 16.0, 1.0, sizes)
    return sizes


def _collect(node: ElementTree.Element, size: float, scale: float, sizes: list[float]) -> None:
    found = re.search(r"font-size:\s*([\d.]+)px", node.get("style", ""))
    own = found[1] if found else node.get("font-size", "").removesuffix("px")
    size = float(own) if own else size
    if node.tag == f"{SVG}svg" and node.get("viewBox"):
        scale *= float(node.get("width", "1").removesuffix("px")) / float(node.get("viewBox", "").split()[2])
    if node.tag in (f"{SVG}text", f"{SVG}tspan") and (node.text or "").strip():
        sizes.append(size * scale)
    for child in node:
        _collect(child, size, scale, sizes)


def png_size(png: bytes) -> tuple[int, int]:
    """The width and height of a PNG in pixels."""
    assert png.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def pdf_said(path: Path, *command: str) -> str:
    """What a program of poppler says of a PDF; skips without it."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed: apt-get install poppler-utils")
    names = [*command, str(path)] + (["-"] if command[0] == "pdftotext" else [])
    return subprocess.run(names, capture_output=True, text=True, check=True).stdout
