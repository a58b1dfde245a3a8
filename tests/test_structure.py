"""The shape of the code itself: which way imports point, how large files and functions grow, what is public."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import tracer
from tracer import figures

ROOT = Path(__file__).parent.parent
SOURCES = sorted(path for package in ("tracer", "dashboard") for path in (ROOT / package).rglob("*.py"))
PYTHON_FILES = sorted([*SOURCES, *(ROOT / "tests").rglob("*.py"), *(ROOT / "examples").rglob("*.py")])

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
MAX_PUBLIC_NAMES = 25


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_imports_point_downward_only() -> None:
    linted = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert linted.returncode == 0, linted.stdout


def test_no_file_outgrows_its_bound() -> None:
    lengths = {_name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in PYTHON_FILES}
    assert {name: length for name, length in lengths.items() if length > MAX_FILE_LINES} == {}


def test_no_function_outgrows_its_bound() -> None:
    lengths = {
        f"{_name(path)}: {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for path in PYTHON_FILES
        for node in _functions(path)
    }
    assert {name: length for name, length in lengths.items() if length > MAX_FUNCTION_LINES} == {}


def test_public_names_stay_few() -> None:
    assert len(tracer.__all__) <= MAX_PUBLIC_NAMES


def test_no_module_has_the_name_of_a_public_function() -> None:
    modules = {path.stem for path in (ROOT / "tracer").rglob("*.py")}
    assert modules & set(tracer.__all__) == set()


def test_no_figure_module_has_the_name_of_a_figure() -> None:
    assert set() == {path.stem for path in (ROOT / "tracer" / "figures").glob("*.py")} & set(figures.__all__)


@pytest.mark.parametrize("name", figures.__all__)
def test_every_figure_is_there_and_documented(name: str) -> None:
    assert getattr(figures, name).__doc__


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_every_module_says_what_it_holds(path: Path) -> None:
    if path.read_text(encoding="utf-8").strip():
        assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", sorted(tracer.__all__))
def test_every_public_name_is_there_and_documented(name: str) -> None:
    assert getattr(tracer, name).__doc__


def test_no_browser_module_outgrows_its_bound() -> None:
    files = [*(ROOT / "tracer" / "web").glob("*.*s"), *(ROOT / "dashboard" / "browser").glob("*.*s")]
    lengths = {_name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    assert {name: length for name, length in lengths.items() if length > MAX_FILE_LINES} == {}


def test_importing_the_package_loads_no_heavy_library() -> None:
    code = "import sys, tracer; print([n for n in ('torch','transformers','streamlit','plotly') if n in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
