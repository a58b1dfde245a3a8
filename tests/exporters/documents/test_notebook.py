"""A trace as a notebook: it runs from top to bottom, and what is in place is what running gives."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import tracer
from tests.exporters.conftest import HOSTILE
from tracer.errors import MissingExtraError
from tracer.exporters.documents.cells import Runner
from tracer.exporters.request import ExportRequest
from tracer.samples import sample_paths
from tracer.trace.trace import Trace

nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
SAMPLE = next(path for path in sample_paths() if path.stem == "rain")


def code_cells(path: Path) -> list[Any]:
    """The code cells of a notebook that hold code."""
    made = nbformat.read(path, as_version=4)
    nbformat.validate(made)
    return [cell for cell in made.cells if cell.cell_type == "code" and cell.source]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_same_trace_gives_the_same_notebook_wherever_it_lies(lang: str, tmp_path: Path) -> None:
    moved = shutil.copytree(SAMPLE, tmp_path / SAMPLE.name)
    first = tracer.export(tracer.open_trace(SAMPLE), tmp_path / "a.ipynb", lang=lang)
    second = tracer.export(tracer.open_trace(moved), tmp_path / "b.ipynb", lang=lang)

    assert first.read_bytes() == second.read_bytes()
    assert str(SAMPLE.parent) not in first.read_text(encoding="utf-8")


def test_running_the_cells_beside_the_trace_gives_the_outputs_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(SAMPLE, tmp_path / SAMPLE.name)
    path = tracer.export(tracer.open_trace(SAMPLE), tmp_path / "x.ipynb")
    monkeypatch.chdir(tmp_path)
    runner = Runner(ExportRequest(tracer.open_trace(SAMPLE.name).sequence()))

    for cell in code_cells(path):
        made = runner.cell(cell.source)
        shown = [output.data for output in cell.outputs if output.output_type == "execute_result"]
        printed = "".join(output.text for output in cell.outputs if output.output_type == "stream")
        assert [dict(made.shown)] * bool(made.shown) == [dict(data) for data in shown]
        assert made.printed == printed


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_kernel_runs_the_notebook_and_shows_what_is_in_place(lang: str, tmp_path: Path) -> None:
    client = pytest.importorskip("nbclient", reason="nbclient is not installed")
    shutil.copytree(SAMPLE, tmp_path / SAMPLE.name)
    path = tracer.export(tracer.open_trace(SAMPLE), tmp_path / "x.ipynb", lang=lang)
    made = nbformat.read(path, as_version=4)
    before = json.dumps([cell.get("outputs") for cell in made.cells], sort_keys=True)
    resources = {"metadata": {"path": str(tmp_path)}}
    client.NotebookClient(made, timeout=240, resources=resources).execute()

    assert before == json.dumps([cell.get("outputs") for cell in made.cells], sort_keys=True)


def test_chosen_steps_are_told_in_order(tmp_path: Path) -> None:
    path = tracer.export(tracer.open_trace(SAMPLE), tmp_path / "x.ipynb", steps=[35, 3])
    text = path.read_text(encoding="utf-8")

    assert 0 < text.index("## Step 3") < text.index("## Step 35")


def test_hostile_text_stands_in_outputs_only(hostile: Trace, tmp_path: Path) -> None:
    path = tracer.export(hostile, tmp_path / "x.ipynb")
    made = nbformat.read(path, as_version=4)
    sources = "\n".join(cell.source for cell in made.cells)
    pages = [
        output.data["text/html"]
        for cell in made.cells
        for output in cell.get("outputs", ())
        if "text/html" in output.get("data", {})
    ]

    assert [] == [token for token in HOSTILE if len(token) > 3 and token in sources]
    assert pages
    assert [] == [page for page in pages if "<script" in page or "\x00" in page or "$x^2$" in page]


def test_without_nbformat_the_message_says_what_to_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "nbformat", None)
    with pytest.raises(MissingExtraError, match="A notebook needs nbformat"):
        tracer.export(tracer.open_trace(SAMPLE), tmp_path / "x.ipynb")
