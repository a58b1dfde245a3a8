"""Pages that were read through a map are given back, and nothing is read wrongly for it."""

from pathlib import Path

import numpy as np
import pytest

from tracer.store import safetensors_file
from tracer.store.safetensors_file import SafetensorsFile, StoredArray, write_safetensors


@pytest.fixture
def file(tmp_path: Path) -> SafetensorsFile:
    arrays = {name: np.full((64, 64), number, dtype=np.float32) for number, name in enumerate("abc")}
    path = tmp_path / "arrays.safetensors"
    write_safetensors(path, {name: StoredArray.of(array) for name, array in arrays.items()})
    return SafetensorsFile(path)


def test_a_view_stays_good_when_its_pages_are_given_back(file: SafetensorsFile) -> None:
    view = file.raw("b")
    file.forget()

    assert np.all(view == 1)
    assert np.all(file.read("c", (slice(3), slice(3))) == 2)


def test_pages_are_given_back_once_enough_was_opened(
    file: SafetensorsFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_back: list[Path] = []
    monkeypatch.setattr(SafetensorsFile, "forget", lambda self: given_back.append(self.path))
    monkeypatch.setattr(safetensors_file, "MAPPED", safetensors_file._Mapped(40_000))

    for name in "abcab":
        file.raw(name)

    assert [file.path] * 2 == given_back


def test_a_file_that_was_never_read_has_nothing_to_give_back(file: SafetensorsFile) -> None:
    file.forget()

    assert ["a", "b", "c"] == sorted(file.entries)
