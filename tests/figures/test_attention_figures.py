"""Figures of attention show the rows, numbers and order of the values that the browser draws."""

from pathlib import Path

import numpy as np
import pytest

from tests.attention_runs import record_eager
from tests.synthetic import Synthetic, write_trace
from tracer import figures
from tracer.analysis.attention_maps import attention_map, exact_rows
from tracer.analysis.head_choice import HeadChoice
from tracer.figures.labels import MARKED
from tracer.pictures.attention_grid import head_grid
from tracer.pictures.attention_map import map_header
from tracer.pictures.attention_text import attention_text
from tracer.trace.opening import open_trace
from tracer.trace.step import Step


@pytest.fixture(scope="module")
def step(tmp_path_factory: pytest.TempPathFactory) -> Step:
    path = tmp_path_factory.mktemp("made") / "a.trace"
    return open_trace(write_trace(path, Synthetic(prompt_len=7, steps=4))).steps[3]


@pytest.mark.parametrize("measure", ["first", "entropy"])
def test_the_grid_is_the_picture_s(step: Step, measure: str) -> None:
    figure, grid = figures.attention_grid(step, measure), head_grid(step, measure)  # type: ignore[arg-type]
    assert grid.values == tuple(map(tuple, figure.data[0].z))
    assert (grid.low, grid.high) == (figure.data[0].zmin, figure.data[0].zmax)
    assert ("head", "layer") == (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text)
    assert grid.unit == figure.data[0].colorbar.title.text
    assert (
        f"L1 H2: {grid.labels[1][2]} · {grid.pattern_labels[grid.patterns[1][2]]}"
        == (  # type: ignore[index]
            figure.data[0].customdata[1][2]
        )
    )


def test_a_grid_of_nothing_says_so(step: Step) -> None:
    figure = figures.attention_grid(step, "source", lang="zh")
    assert () == figure.data
    assert "请先在文本中选一个 token。" == figure.layout.annotations[0].text


def test_the_map_is_the_picture_s(step: Step) -> None:
    figure, header = figures.attention_map(step, 1, 2), map_header(step, HeadChoice(1, 2))
    attention = attention_map(step, HeadChoice(1, 2))
    np.testing.assert_allclose(
        exact_rows(attention, range(attention.size)), np.square(figure.data[0].z), atol=1e-6
    )
    assert header.labels == figure.layout.xaxis.ticktext
    assert "reversed" == figure.layout.yaxis.autorange
    assert ("token that was read", "token that looked") == (
        figure.layout.xaxis.title.text,
        figure.layout.yaxis.title.text,
    )
    assert header.title == figure.layout.title.text


def test_rows_of_a_map_that_are_missing_are_empty_and_said(tmp_path: Path) -> None:
    run = record_eager(tmp_path / "a.trace", "llama", queries="last", steps=3)
    figure = figures.attention_map(run.trace.steps[-1], 1)
    assert np.isnan(figure.data[0].z[:13]).all()
    assert not np.isnan(figure.data[0].z[13:]).any()
    assert figure.layout.annotations[0].text.startswith("13 rows have no queries in the trace.")


def test_a_long_map_has_no_token_labels(tmp_path: Path) -> None:
    step = open_trace(write_trace(tmp_path / "a.trace", Synthetic(prompt_len=900, steps=1))).steps[0]
    figure = figures.attention_map(step, 0, 0)
    assert figure.layout.xaxis.ticktext is None
    assert [0, 2, 4] == list(figure.data[0].x[:3])


def test_the_bars_are_the_text_s_tokens_by_weight(step: Step) -> None:
    figure, text = figures.attention_bars(step), attention_text(step)
    assert [one.weight for one in text.strongest] == list(figure.data[0].x)
    assert [one.text for one in text.strongest] == list(figure.layout.yaxis.ticktext)
    assert MARKED == figure.data[0].marker.color
    assert "share of the weight" == figure.layout.xaxis.title.text
    assert text.aside[0].text in figure.layout.title.text


def test_bars_of_the_first_token_alone_say_so(tmp_path: Path) -> None:
    step = open_trace(write_trace(tmp_path / "a.trace", Synthetic(prompt_len=1, steps=1))).steps[0]
    figure = figures.attention_bars(step, 1, 0)
    assert () == figure.data
    assert "Step 0, layer 1, head 0: all weight is on the first token." == figure.layout.annotations[0].text
