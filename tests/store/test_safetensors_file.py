"""Array files: written so that safetensors reads them, read by hand, and never trusted."""

import hashlib
import json
import struct
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from tracer.errors import TraceFormatError
from tracer.store.format import DTYPES
from tracer.store.safetensors_file import SafetensorsFile, StoredArray, write_safetensors

ARRAYS = {
    "bytes": np.arange(5, dtype=np.uint8),
    "words": np.arange(6, dtype=np.int64).reshape(2, 3),
    "floats": np.linspace(0, 1, 8, dtype=np.float32).reshape(2, 2, 2),
    "flags": np.array([True, False, True]),
    "nothing": np.zeros((0, 4), dtype=np.float64),
    "scalar": np.array(7, dtype=np.int32),
}


def _write(path: Path, arrays: dict[str, np.ndarray], dtype: str | None = None) -> str:
    return write_safetensors(path, {name: StoredArray.of(array, dtype) for name, array in arrays.items()})


def _write_raw(path: Path, header: object, data: bytes) -> SafetensorsFile:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return SafetensorsFile(path)


def test_safetensors_itself_reads_what_is_written(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    _write(path, ARRAYS)
    loaded = load_file(path)
    assert ARRAYS.keys() == loaded.keys()
    for name, expected in ARRAYS.items():
        assert expected.dtype == loaded[name].dtype
        np.testing.assert_array_equal(expected, loaded[name], strict=True)


def test_the_digest_is_that_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    digest = _write(path, ARRAYS)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == digest


def test_reading_gives_what_was_written_and_slices_of_it(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    _write(path, ARRAYS)
    file = SafetensorsFile(path)
    for name, expected in ARRAYS.items():
        np.testing.assert_array_equal(expected, file.read(name), strict=True)
    np.testing.assert_array_equal(ARRAYS["floats"][1, :, 0], file.read("floats", (1, slice(None), 0)))
    assert file.read("floats").flags.writeable


def test_bfloat16_and_float16_are_read_as_float32(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="the oracle is torch's own bfloat16")
    values = torch.randn(64, generator=torch.Generator().manual_seed(0))
    values[:4] = torch.tensor([float("inf"), float("-inf"), -0.0, float("nan")])
    words = values.to(torch.bfloat16).view(torch.int16).numpy().view(np.uint16)
    halves = values.to(torch.float16).numpy()
    path = tmp_path / "a.safetensors"
    write_safetensors(
        path, {"bfloat16": StoredArray.of(words, "bfloat16"), "float16": StoredArray.of(halves)}
    )
    file = SafetensorsFile(path)
    assert file.entries["bfloat16"].dtype == "bfloat16"
    expected = values.to(torch.bfloat16).to(torch.float32).numpy()
    assert expected.view(np.uint32).tolist() == file.read("bfloat16").view(np.uint32).tolist()
    np.testing.assert_array_equal(halves.astype(np.float32), file.read("float16"), strict=True)


@pytest.mark.parametrize("name", [name for name in DTYPES.values() if name != "bfloat16"])
def test_every_dtype_survives(tmp_path: Path, name: str) -> None:
    values = np.array([0, 1, 1], dtype=name)
    _write(tmp_path / "a.safetensors", {"x": values})
    expected = values.astype(np.float32) if name == "float16" else values
    np.testing.assert_array_equal(
        expected, SafetensorsFile(tmp_path / "a.safetensors").read("x"), strict=True
    )


def test_big_endian_and_strided_arrays_are_stored_plainly(tmp_path: Path) -> None:
    values = np.arange(12, dtype=">f4").reshape(3, 4)[:, ::2].T
    _write(tmp_path / "a.safetensors", {"x": values})
    read = SafetensorsFile(tmp_path / "a.safetensors").read("x")
    np.testing.assert_array_equal(values.astype("<f4"), read, strict=True)


def test_an_array_that_cannot_be_stored_is_refused() -> None:
    with pytest.raises(TypeError, match=r"An array of complex64 cannot be stored as 'complex64'. Use one of"):
        StoredArray.of(np.zeros(2, dtype=np.complex64))
    with pytest.raises(TypeError, match="An array of float32 cannot be stored as 'bfloat16'"):
        StoredArray.of(np.zeros(2, dtype=np.float32), "bfloat16")


@pytest.mark.parametrize("keep", [0, 5, 8, 40, -1])
def test_a_truncated_file_is_damaged(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "a.safetensors"
    _write(path, ARRAYS)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(
        TraceFormatError, match=r"a.safetensors' is damaged or no part of a trace: .*Copy the trace"
    ):
        _ = SafetensorsFile(path).entries


LIES = {
    "offsets past the end": {"x": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}},
    "a negative offset": {"x": {"dtype": "F32", "shape": [2], "data_offsets": [-8, 0]}},
    "a gap": {"x": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}},
    "an overlap": {
        "x": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},
        "y": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]},
    },
    "a shape of another size": {"x": {"dtype": "F32", "shape": [3], "data_offsets": [0, 8]}},
    "a huge shape": {"x": {"dtype": "F32", "shape": [2**62, 2**62], "data_offsets": [0, 8]}},
    "a negative shape": {"x": {"dtype": "F32", "shape": [-1, -2], "data_offsets": [0, 8]}},
    "an unknown dtype": {"x": {"dtype": "F8_E4M3", "shape": [8], "data_offsets": [0, 8]}},
    "no offsets": {"x": {"dtype": "F32", "shape": [2]}},
    "a list": [1, 2],
    "no JSON": b"{{{{",
    "deep nesting": b"[" * 200_000,
}


@pytest.mark.parametrize("lie", LIES)
def test_a_header_that_lies_is_refused(tmp_path: Path, lie: str) -> None:
    file = _write_raw(tmp_path / "a.safetensors", LIES[lie], bytes(8))
    with pytest.raises(TraceFormatError, match="is damaged or no part of a trace: "):
        _ = file.entries


def test_a_header_that_claims_too_much_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(struct.pack("<Q", 2**60) + b"{}")
    with pytest.raises(TraceFormatError, match="its header claims 1152921504606846976 bytes of 10"):
        _ = SafetensorsFile(path).entries
