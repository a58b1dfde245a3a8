"""Every example runs as it stands, and is as short as an example should be."""

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
SHORT = ("record_a_call.py", "read_a_step.py", "explain_a_token.py")


def run(name: str, *arguments: str, cwd: Path) -> str:
    command = [sys.executable, "-W", "error", str(EXAMPLES / name), *arguments]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    assert (0, "") == (done.returncode, done.stderr)
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns a folder in which the first example has recorded its trace."""
    folder = tmp_path_factory.mktemp("examples")
    recorded = run("record_a_call.py", cwd=folder)
    assert "runs/rain.trace: complete, 20 steps" in recorded
    return folder


def test_reading_a_step_needs_only_the_trace(folder: Path) -> None:
    printed = run("read_a_step.py", "runs/rain.trace", "4", cwd=folder)

    for part in (
        "step 4, decode",
        "input_ids: int64 (1, 1)",
        "cache DynamicCache: 30 layers",
        "(31, 1, 576)",
        "TopKLogits",
    ):
        assert part in printed


def test_explaining_a_token_gives_words_and_shares(folder: Path) -> None:
    printed = run("explain_a_token.py", "runs/rain.trace", "4", cwd=folder)

    for part in ("The model favored", "模型最看好", "What pushed the logit of"):
        assert part in printed


@pytest.mark.parametrize("name", SHORT)
def test_an_example_is_at_most_forty_lines(name: str) -> None:
    assert len((EXAMPLES / name).read_text(encoding="utf-8").splitlines()) <= 40


def test_the_demo_records_its_three_runs_and_says_what_to_type(tmp_path: Path) -> None:
    printed = run("demo.py", cwd=tmp_path)

    for name, steps in (("english", 40), ("chinese-1", 32), ("chinese-2", 32)):
        assert f"runs/{name}.trace: complete, {steps} steps" in printed
    assert "为什么要减少污染,保护环境?" in printed
    for part in ("cut off → tokens left", "why runs/english.trace --step ", "verify runs/english.trace"):
        assert part in printed
