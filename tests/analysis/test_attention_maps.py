"""Windows and tiles against plain numpy: pooling, the bytes, runs, costs, what is out of bounds."""

import struct
from pathlib import Path

import numpy as np
import pytest

from tests.synthetic import Synthetic, write_trace
from tracer.analysis import attention_maps
from tracer.analysis.attention_maps import attention_map, exact_rows, python_of, whole, window_of
from tracer.analysis.attention_tiles import TILE_SIDE, MapWindow, Window, pool, runs_of, tile_bytes
from tracer.analysis.head_choice import HeadChoice
from tracer.trace.opening import open_trace
from tracer.trace.step import Step

LONG = 1700


@pytest.fixture(scope="module")
def long_step(tmp_path_factory: pytest.TempPathFactory) -> Step:
    """A text of more than two tile sides; more rows than are computed together."""
    path = tmp_path_factory.mktemp("long") / "a.trace"
    return open_trace(write_trace(path, Synthetic(prompt_len=LONG, steps=4))).steps[-1]


def _naive(weights: np.ndarray, factor: int) -> np.ndarray:
    rows, columns = weights.shape
    return np.array(
        [
            [
                weights[row : row + factor, column : column + factor].max()
                for column in range(0, columns, factor)
            ]
            for row in range(0, rows, factor)
        ]
    )


@pytest.mark.parametrize(("shape", "factor"), [((4, 4), 2), ((5, 7), 3), ((1, 9), 4), ((6, 6), 1)])
def test_a_pixel_is_the_largest_of_its_places(shape: tuple[int, int], factor: int) -> None:
    weights = np.random.default_rng(0).random(shape).astype(np.float32)
    np.testing.assert_array_equal(_naive(weights, factor), pool(weights, factor))


def test_a_long_map_is_reduced_to_a_tile(long_step: Step) -> None:
    attention = attention_map(long_step, HeadChoice(1, 2))
    window = window_of(attention, whole(attention))
    exact = exact_rows(attention, range(attention.size))
    assert LONG + 3 == attention.size
    assert 3 == window.factor
    assert max(window.weights.shape) <= TILE_SIDE
    np.testing.assert_array_equal(_naive(exact, 3), window.weights)
    assert float(exact.max()) == window.largest
    assert float(exact[:, 1:].max()) == window.largest_beyond_first


def test_parts_of_a_map_join_without_a_seam(long_step: Step, monkeypatch: pytest.MonkeyPatch) -> None:
    attention = attention_map(long_step, HeadChoice(1, 2))
    expected = window_of(attention, whole(attention)).weights
    monkeypatch.setattr(attention_maps, "_PART_WEIGHTS", 40 * LONG)
    np.testing.assert_allclose(expected, window_of(attention, whole(attention)).weights, atol=1e-6)


def test_every_row_of_a_map_sums_to_one(long_step: Step) -> None:
    attention = attention_map(long_step, HeadChoice(0))
    np.testing.assert_allclose(1, exact_rows(attention, range(900, 1200)).sum(axis=1), atol=1e-5)


def test_the_last_rows_are_what_the_steps_say(long_step: Step) -> None:
    attention = attention_map(long_step, HeadChoice(0, 3))
    rows = exact_rows(attention, range(LONG - 1, LONG + 3))
    for line, step in zip(rows, long_step.sequence.steps, strict=True):
        expected = step.last_attention(0)[0][3]
        np.testing.assert_allclose(expected, line[: len(expected)], atol=1e-6)


def test_the_bytes_of_a_tile_are_as_written_down() -> None:
    weights = np.array([[0.0, 1.0, 0.25], [0.5, 0.01, 0.0]], dtype=np.float32)
    tile = MapWindow(Window(10, 14, 20, 26), 2, weights, np.array([True, False]), 1.0, 0.5, True)
    raw = tile_bytes(tile)
    assert (0x31545441, 10, 14, 20, 26, 2, 3, 2) == struct.unpack_from("<8I", raw)
    assert (1.0, 0.5) == struct.unpack_from("<2f", raw, 32)
    assert (1, 0) == struct.unpack_from("<2I", raw, 40)
    assert [0, 254, 127, 255, 255, 255] == list(raw[48:])


def test_runs_are_first_and_end() -> None:
    assert ((0, 2), (3, 4)) == runs_of(np.array([True, True, False, True]))
    assert () == runs_of(np.zeros(3, dtype=np.bool_))


@pytest.mark.parametrize("window", [(0, 0, 0, 1), (0, 9999, 0, 1), (-1, 2, 0, 1), (0, 1, 5, 5)])
def test_a_window_outside_is_refused(long_step: Step, window: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match=rf"are no part of this map, which has {LONG + 3}"):
        window_of(attention_map(long_step, HeadChoice(0, 0)), Window(*window))


def test_a_window_that_takes_too_long_is_refused(long_step: Step, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attention_maps, "MOST_WEIGHTS", 1_000_000)
    attention = attention_map(long_step, HeadChoice(span="all"))
    assert 73 == attention.most_rows
    with pytest.raises(ValueError, match=r"1703 rows of 8 heads take .* Choose one head, or at most 73 rows"):
        window_of(attention, whole(attention))
    window_of(attention, Window(attention.size - 73, attention.size, 0, 10))


def test_the_python_of_a_cell_prints_its_weight(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    step = open_trace(write_trace(tmp_path / "a.trace", Synthetic(rows=2))).calls[0].sequences[1].steps[2]
    attention = attention_map(step, HeadChoice(1, 3))
    weights = exact_rows(attention, range(attention.size))
    for row, column in ((2, 1), (4, 0), (5, 5)):
        exec(python_of(attention, row, column))
        assert float(capsys.readouterr().out) == pytest.approx(weights[row, column], abs=1e-6)


def test_the_python_of_several_heads_is_refused(tmp_path: Path) -> None:
    step = open_trace(write_trace(tmp_path / "a.trace")).steps[2]
    with pytest.raises(ValueError, match="Several heads are put together here"):
        python_of(attention_map(step, HeadChoice(1)), 1, 1)
