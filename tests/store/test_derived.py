"""Answers kept beside a trace: read as they were written, replaced whole, never in the way."""

import json
import logging
from pathlib import Path

import numpy as np
import pytest

from tracer.errors import TraceFormatError
from tracer.store.derived import derived_names, read_derived, write_derived

ARRAYS = {"rank": np.arange(3, dtype=np.int32), "share": np.array([[0.5, -1.5]], np.float64)}


def test_an_answer_is_read_as_it_was_written(tmp_path: Path) -> None:
    document = {"method": "lens", "text": "雨", "numbers": [1, 2.5, None]}
    path = write_derived(tmp_path, "lens-0", document, ARRAYS)
    found = read_derived(tmp_path, "lens-0")
    assert tmp_path / "derived" / "lens-0.json" == path
    assert found is not None
    assert document == found.document
    assert ARRAYS.keys() == found.arrays.keys()
    for name, values in ARRAYS.items():
        assert values.dtype == found.arrays[name].dtype
        np.testing.assert_array_equal(values, found.arrays[name])
    assert found.created_at.startswith("20")
    assert found.tracer


def test_an_answer_may_have_no_arrays(tmp_path: Path) -> None:
    write_derived(tmp_path, "note", {"a": 1}, {})
    found = read_derived(tmp_path, "note")
    assert found is not None
    assert {} == found.arrays
    assert ["note.json"] == [path.name for path in (tmp_path / "derived").iterdir()]


def test_nothing_kept_is_none(tmp_path: Path) -> None:
    assert read_derived(tmp_path, "lens-0") is None
    assert () == derived_names(tmp_path)


def test_a_new_answer_replaces_the_old_one_and_leaves_no_file_behind(tmp_path: Path) -> None:
    write_derived(tmp_path, "a", {"n": 1}, ARRAYS)
    write_derived(tmp_path, "a-b", {"n": 2}, ARRAYS)
    write_derived(tmp_path, "a", {"n": 3}, {"rank": np.zeros(2, np.int32)})
    found = read_derived(tmp_path, "a")
    assert found is not None
    assert {"n": 3} == found.document
    assert [0, 0] == found.arrays["rank"].tolist()
    assert ("a", "a-b") == derived_names(tmp_path)
    assert 4 == len(list((tmp_path / "derived").iterdir()))


def test_a_trace_that_cannot_be_written_keeps_nothing_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "derived").write_text("a file stands where the folder would be")
    with caplog.at_level(logging.WARNING):
        assert write_derived(tmp_path, "lens-0", {}, ARRAYS) is None
    assert "lens-0 is not kept" in caplog.text


@pytest.mark.parametrize("name", ["", "../evil", "a/b", ".hidden", "Upper", "a" * 200])
def test_a_name_that_is_no_file_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="is no name for a kept answer"):
        write_derived(tmp_path, name, {}, {})
    with pytest.raises(ValueError, match="is no name for a kept answer"):
        read_derived(tmp_path, name)


def test_what_cannot_be_stored_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="cannot be stored as"):
        write_derived(tmp_path, "a", {}, {"text": np.array(["x"])})
    with pytest.raises(ValueError, match="Out of range float values"):
        write_derived(tmp_path, "a", {"x": float("nan")}, {})
    assert not (tmp_path / "derived").exists()


def _cut_json(folder: Path) -> None:
    (folder / "a.json").write_text("{")


def _newer(folder: Path) -> None:
    document = json.loads((folder / "a.json").read_text())
    (folder / "a.json").write_text(json.dumps(document | {"derived_version": 99}))


def _foreign_arrays(folder: Path) -> None:
    document = json.loads((folder / "a.json").read_text())
    (folder / "a.json").write_text(json.dumps(document | {"arrays": "../secret.safetensors"}))


def _cut_arrays(folder: Path) -> None:
    next(folder.glob("*.safetensors")).write_bytes(b"short")


def _no_arrays(folder: Path) -> None:
    next(folder.glob("*.safetensors")).unlink()


@pytest.mark.parametrize("damage", [_cut_json, _newer, _foreign_arrays, _cut_arrays, _no_arrays])
def test_a_damaged_answer_says_that_it_can_be_deleted(tmp_path: Path, damage: object) -> None:
    write_derived(tmp_path, "a", {"n": 1}, ARRAYS)
    assert callable(damage)
    damage(tmp_path / "derived")
    with pytest.raises(TraceFormatError, match=r"cannot be read: .*Delete the file, and ask again\."):
        read_derived(tmp_path, "a")
