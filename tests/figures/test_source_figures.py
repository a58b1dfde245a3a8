"""The heatmap over sources and heads, and the waterfall of the parts: what they show, and their empty cases."""

from pathlib import Path

import numpy as np
import pytest

import tracer
from tests import zoo
from tests.made_shares import make_shares
from tracer.analysis.source_shares import StepAfter
from tracer.errors import SignalMissingError
from tracer.figures.heatmap import heatmap_of, source_heatmap
from tracer.figures.labels import CHOSEN, OTHER
from tracer.figures.waterfall import contribution_waterfall
from tracer.pictures.contributions import waterfall_of
from tracer.trace.step import Step


def recorded_step(path: Path, name: str) -> Step:
    with tracer.record(zoo.shared(name), None, to=path):
        zoo.shared(name).generate(**zoo.prompts(1), max_new_tokens=2, do_sample=False)
    return tracer.open_trace(path).steps[1]


def test_the_heatmap_shows_one_layer_s_heads() -> None:
    figure = source_heatmap(make_shares(), layer=0)

    np.testing.assert_array_equal(make_shares().attention[0].T, figure.data[0].z)
    assert ("head", "source token, position") == (
        figure.layout.xaxis.title.text,
        figure.layout.yaxis.title.text,
    )
    assert ("·a 2", "&#36;1 3", "? 4", "·a 5") == figure.layout.yaxis.ticktext
    assert (-2.0, 2.0) == (figure.data[0].zmin, figure.data[0].zmax)
    assert "&lt;b&gt;" in figure.layout.title.text
    assert "logit" == figure.data[0].colorbar.title.text


def test_the_heatmap_sums_over_layers_or_over_heads() -> None:
    shares = make_shares()

    np.testing.assert_array_equal(shares.attention.sum(axis=0).T, heatmap_of(shares).values)
    np.testing.assert_array_equal(shares.attention.sum(axis=1).T, heatmap_of(shares, across="layers").values)
    assert "layer" == source_heatmap(shares, across="layers").layout.xaxis.title.text


def test_what_gave_least_is_summed_in_the_last_row() -> None:
    heatmap = heatmap_of(make_shares(), most_rows=2)

    assert ("$1 3", "3 other tokens") == heatmap.rows
    np.testing.assert_array_equal(
        np.sum(heatmap_of(make_shares()).values, axis=0), np.sum(heatmap.values, axis=0)
    )


@pytest.mark.parametrize("attention", [np.zeros((2, 3, 4)), np.zeros((0, 0, 0))])
def test_a_heatmap_of_nothing_says_so(attention: np.ndarray) -> None:
    named = {"positions": (), "source_ids": (), "source_tokens": ()} if not attention.size else {}
    figure = source_heatmap(make_shares(attention=attention, **named))

    assert () == figure.data
    assert "Attention gave neither token anything here." == figure.layout.annotations[0].text


def test_a_layer_that_is_not_there_is_named() -> None:
    with pytest.raises(ValueError, match=r"layer=2 is no layer of this model: there are 0 to 1"):
        source_heatmap(make_shares(), layer=2)
    with pytest.raises(ValueError, match=r"across='layers' with layer=1 is no view"):
        source_heatmap(make_shares(), layer=1, across="layers")


def test_the_waterfall_goes_from_the_embedding_to_the_recorded_difference() -> None:
    figure = contribution_waterfall(make_shares())
    bars = dict(zip(figure.data[0].customdata, figure.data[0].x, strict=True))

    assert {
        "embedding": 0.5,
        "layer 0 attention": 2.0,
        "layer 0 MLP": 1.0,
        "layer 1 attention": -1.25,
        "layer 1 MLP": -0.5,
        "attention biases": -0.125,
        "head bias": 1.25,
        "rounding": 0.125,
        "remainder": 0.0,
        "recorded difference": 3.0,
    } == bars
    assert (*["relative"] * 9, "absolute") == figure.data[0].measure
    assert "difference of the logits" == figure.layout.xaxis.title.text
    assert (CHOSEN, OTHER) == (
        figure.data[0].increasing.marker.color,
        figure.data[0].decreasing.marker.color,
    )


def test_steps_after_the_sum_stand_behind_it() -> None:
    shares = make_shares(steps_after=(StepAfter("softcap", 30.0, 2.5),), difference=2.75, remainder=0.25)
    waterfall = waterfall_of(shares)

    assert ("sum", "softcap 30", "remainder", "recorded difference") == waterfall.labels[-4:]
    assert (3.0, -0.5, 0.25, 2.75) == waterfall.values[-4:]
    assert (True, False, False, True) == waterfall.is_total[-4:]


def test_a_layer_whose_parts_are_not_known_is_one_bar() -> None:
    assert "layer 1" in waterfall_of(make_shares(undivided=(1,))).labels


def test_a_waterfall_of_nothing_says_so() -> None:
    nothing = dict.fromkeys(("embedding", "head_bias", "rounding", "difference"), 0.0)
    zeros = {name: np.zeros(2) for name in ("mlp", "value_bias", "output_bias")}
    figure = contribution_waterfall(make_shares(attention=np.zeros((2, 3, 4)), **nothing, **zeros))

    assert () == figure.data
    assert "Nothing sets the two tokens apart." == figure.layout.annotations[0].text


@pytest.mark.parametrize("name", ["llama", "gemma2"])
def test_a_step_s_own_accounting_gives_the_same_waterfall(tmp_path: Path, name: str) -> None:
    step = recorded_step(tmp_path / "a.trace", name)
    shares = tracer.sources(step, model=zoo.shared(name))
    of_step, of_shares = waterfall_of(step), waterfall_of(shares)
    expected = dict(zip(of_shares.labels, of_shares.values, strict=True))

    for label, value in zip(of_step.labels, of_step.values, strict=True):
        assert expected[label] == pytest.approx(value, abs=1e-5)
    assert of_shares.title == of_step.title


def test_a_rival_that_was_not_accounted_for_is_named(tmp_path: Path) -> None:
    step = recorded_step(tmp_path / "a.trace", "llama")
    absent = next(token_id for token_id in range(zoo.VOCAB_SIZE) if token_id not in step.accounting.ids)
    with pytest.raises(SignalMissingError, match="only the leading tokens were accounted for"):
        waterfall_of(step, rival_id=absent)


def test_shares_have_their_own_rival() -> None:
    with pytest.raises(ValueError, match="rival_id=3 was given with shares against 6"):
        waterfall_of(make_shares(), rival_id=3)
