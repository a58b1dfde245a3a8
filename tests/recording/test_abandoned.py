"""A block that is left by an error before its first call leaves the folder as it was found."""

import os
from pathlib import Path
from typing import Any

import pytest

import tracer
from tests import zoo
from tracer.errors import BudgetError, UnsupportedCallError
from tracer.store import writer as store_writer

NEW = {"max_new_tokens": 2}


def _record(path: Path, *, overwrite: bool = False, budget: str | None = None, **settings: Any) -> None:
    model = zoo.shared("llama", attention="sdpa")
    with tracer.record(model, zoo.tokenizer(), to=path, overwrite=overwrite, budget=budget):
        model.generate(**zoo.prompts(1), **(NEW | settings))


def _content(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


WRONG: dict[str, tuple[type[Exception], dict[str, Any]]] = {
    "a setting that transformers refuses": (ValueError, {"do_sample": True, "temperature": -1.0}),
    "a mode that is refused": (UnsupportedCallError, {"num_beams": 2}),
    "a budget that cannot be kept": (BudgetError, {"budget": "1kB"}),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_call_that_never_began_leaves_no_folder(kind: str, tmp_path: Path) -> None:
    error, settings = WRONG[kind]
    with pytest.raises(error):
        _record(tmp_path / "a.trace", **settings)
    assert [] == list(tmp_path.iterdir())
    _record(tmp_path / "a.trace")
    assert 2 == len(tracer.open_trace(tmp_path / "a.trace").steps)


@pytest.mark.parametrize("kind", WRONG)
def test_a_call_that_never_began_replaces_no_trace(kind: str, tmp_path: Path) -> None:
    error, settings = WRONG[kind]
    _record(tmp_path / "a.trace", max_new_tokens=5)
    (tmp_path / "a.trace" / "notes.txt").write_text("mine")
    before = _content(tmp_path / "a.trace")
    with pytest.raises(error):
        _record(tmp_path / "a.trace", overwrite=True, **settings)
    assert before == _content(tmp_path / "a.trace")


def test_a_call_that_began_replaces_the_trace(tmp_path: Path) -> None:
    _record(tmp_path / "a.trace", max_new_tokens=5)
    _record(tmp_path / "a.trace", overwrite=True)
    assert 2 == len(tracer.open_trace(tmp_path / "a.trace").steps)
    assert {"call-000", "model.json", "trace.json", "trace.lock", "vocabulary.parquet"} == {
        child.name for child in (tmp_path / "a.trace").iterdir()
    }


def test_a_call_after_a_refused_one_is_kept(tmp_path: Path) -> None:
    model = zoo.shared("llama", attention="sdpa")
    with tracer.record(model, None, to=tmp_path / "a.trace"):
        with pytest.raises(UnsupportedCallError):
            model.generate(**zoo.prompts(1), **NEW, num_beams=2)
        model.generate(**zoo.prompts(1), **NEW)
    assert 2 == len(tracer.open_trace(tmp_path / "a.trace").steps)


def test_what_is_replaced_makes_room_for_the_vocabulary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.trace"
    _record(path, max_new_tokens=5)
    write = store_writer.write_aside

    def cramped(target: Path, content: bytes) -> None:
        if target.name == "vocabulary.parquet" and (path / "replaced.tmp").exists():
            raise OSError(28, os.strerror(28))
        write(target, content)

    monkeypatch.setattr(store_writer, "write_aside", cramped)
    _record(path, overwrite=True)
    trace = tracer.open_trace(path)
    assert ("complete", 2, True) == (trace.status, len(trace.steps), trace.manifest.has_vocabulary)
