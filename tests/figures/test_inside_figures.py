"""The figures about inputs, cache, mask, structure and norms: what they draw, partly recorded and empty."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tracer
from tests import synthetic, zoo
from tracer import figures
from tracer.analysis.stream_norms import stream_norms
from tracer.pictures.cache_growth import cache_growth
from tracer.pictures.forward_mask import forward_mask
from tracer.pictures.model_structure import model_structure
from tracer.pictures.position_ids import position_ids
from tracer.trace.trace import Trace


@pytest.fixture(scope="module")
def gemma(tmp_path_factory: pytest.TempPathFactory) -> Trace:
    path = tmp_path_factory.mktemp("figures") / "a.trace"
    with tracer.record(zoo.shared("gemma3"), None, to=path, additions="last"):
        zoo.shared("gemma3").generate(**zoo.prompts(1), max_new_tokens=3, do_sample=False)
    return tracer.open_trace(path)


def notes(figure: Any) -> list[str]:
    return [one.text for one in figure.layout.annotations]


def test_the_icicle_adds_up(gemma: Trace) -> None:
    picture = model_structure(gemma)
    (icicle,) = figures.module_icicle(picture).data
    values = dict(zip(icicle.ids, icicle.values, strict=True))
    inside: dict[str, int] = {}
    for parent, value in zip(icicle.parents, icicle.values, strict=True):
        inside[parent] = inside.get(parent, 0) + value

    assert zoo.shared("gemma3").num_parameters() == values["0"]
    assert all(inside[parent] <= values[parent] for parent in inside if parent)
    assert any("× 3" in label or "Gemma3DecoderLayer" in label or label == "0" for label in icicle.labels)
    empty = dataclasses.replace(picture, rows=())
    assert ["No module holds a parameter."] == notes(figures.module_icicle(empty))


def test_cache_lines_are_stacked_and_this_step_is_marked(gemma: Trace) -> None:
    picture = cache_growth(gemma.steps[1])
    figure = figures.cache_growth(picture)

    assert [line.nbytes for line in picture.lines] == [trace.y for trace in figure.data]
    assert ("step", "size after the step (bytes)") == (
        figure.layout.xaxis.title.text,
        figure.layout.yaxis.title.text,
    )
    assert 1 == figure.layout.shapes[0].x0
    assert "step 1" in notes(figure)
    assert picture.layer_bytes == figures.cache_layers(picture).data[0].y


def test_no_cache_is_said(gemma: Trace) -> None:
    empty = dataclasses.replace(cache_growth(gemma.steps[1], "zh"), lines=(), layer_bytes=())

    assert ["没有记录缓存。"] == notes(figures.cache_growth(empty)) == notes(figures.cache_layers(empty))


def test_the_mask_is_drawn_from_the_top(gemma: Trace) -> None:
    picture = forward_mask(gemma.steps[0])
    figure = figures.forward_mask(picture)

    np.testing.assert_array_equal(picture.visible, figure.data[0].z)
    assert (13.5, -0.5) == figure.layout.yaxis.range
    assert "looked at: position of the key" == figure.layout.xaxis.title.text
    assert "visible" in figure.layout.title.subtitle.text
    empty = dataclasses.replace(picture, visible=np.zeros((0, 0), bool), queries=(), keys=())
    assert ["This pass had no mask to show."] == notes(figures.forward_mask(empty))


def test_a_large_mask_has_few_ticks(gemma: Trace) -> None:
    picture = dataclasses.replace(
        forward_mask(gemma.steps[0]),
        visible=np.ones((200, 300), bool),
        queries=tuple(range(200)),
        keys=tuple(range(300)),
        query_tokens=(),
        key_tokens=(),
    )

    assert 12 >= len(figures.forward_mask(picture).layout.xaxis.tickvals)


def test_position_ids_are_dots_of_three_kinds(tmp_path: Path) -> None:
    path = synthetic.write_trace(tmp_path / "a.trace", synthetic.Synthetic(rows=2))
    step = tracer.open_trace(path).calls[0].sequences[1].steps[1]
    figure = figures.position_ids(position_ids(step))

    assert ("padding", "earlier steps", "this step") == tuple(trace.name for trace in figure.data)
    assert (5,) == figure.data[2].x
    assert "position id" == figure.layout.yaxis.title.text
    bare = synthetic.write_trace(tmp_path / "b.trace", without=("position_ids",))
    empty = figures.position_ids(position_ids(tracer.open_trace(bare).steps[0]))
    assert "given no position_ids" in notes(empty)[0]


def test_norms_are_bars_and_a_line_and_gaps_stay_gaps(gemma: Trace, tmp_path: Path) -> None:
    norms = stream_norms(gemma.steps[1])
    figure = figures.stream_norms(norms)

    assert ("added by attention", "added by the MLP", "running sum (residual stream)") == tuple(
        trace.name for trace in figure.data
    )
    assert norms.stream == figure.data[2].y
    assert "Euclidean length" == figure.layout.yaxis.title.text
    partial = synthetic.write_trace(tmp_path / "a.trace", without=("additions",))
    few = figures.stream_norms(stream_norms(tracer.open_trace(partial).steps[0]))
    assert "added by the layer" == few.data[0].name
    bare = synthetic.write_trace(tmp_path / "b.trace", without=("additions", "hidden_states"))
    empty = stream_norms(tracer.open_trace(bare).steps[0])
    assert ["没有记录这一步的任何一层。"] == notes(figures.stream_norms(empty, lang="zh"))


def test_hostile_tokens_stay_text(gemma: Trace) -> None:
    picture = dataclasses.replace(
        forward_mask(gemma.steps[1]), key_tokens=("<b>$x",) * 15, query_tokens=("&",)
    )
    figure = figures.forward_mask(picture)

    assert figure.layout.xaxis.ticktext[0].endswith(" &lt;b&gt;&#36;x")
    assert "14 &amp;" == figure.layout.yaxis.ticktext[0]
