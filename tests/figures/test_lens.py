"""The pictures of the logit lens show what the value says: cells, frames, lines, gaps."""

from tests.lenses import lens
from tracer.figures.layer_curves import lens_lines, trace_layers
from tracer.figures.layer_grid import grid_of, lens_grid

WHOLE = lens()
PARTIAL = lens(layers=(WHOLE.layers[0], *WHOLE.layers[2:]))
EMPTY = lens(layers=(), decided_at=None, favorite_decided_at=None)


def test_the_grid_has_a_row_per_layer_and_a_token_in_each_cell() -> None:
    figure = lens_grid(WHOLE)
    cells, ranks = figure.data
    assert ((0.75, 0.25), (0.5, 0.5), (0.625, 0.375), (0.875, 0.125)) == tuple(map(tuple, cells.z))
    assert ("·the", "·ra") == tuple(cells.text[1])
    assert "layer 0: ·the (id 2), 50.0 %" == cells.customdata[1][0]
    assert ("#12", "#2", "#1", "#1") == tuple(ranks.text)
    assert "layer" == figure.layout.yaxis.title.text
    assert "rank in that layer" == figure.layout.xaxis.title.text
    assert "probability" == cells.colorbar.title.text
    assert ("embedding", "0", "1", "2") == figure.layout.yaxis.ticktext


def test_the_chosen_token_is_framed_wherever_it_stands() -> None:
    assert ((1, 1), (0, 2), (0, 3)) == grid_of(WHOLE).chosen
    frames = lens_grid(WHOLE).layout.shapes
    assert [(1, 1), (0, 2), (0, 3)] == [(round(one.x0 + 0.47), round(one.y0 + 0.45)) for one in frames]
    assert {"#D55E00"} == {one.line.color for one in frames}


def test_markup_in_a_token_is_shown_as_text() -> None:
    assert "&lt;b&gt;&#36;x" == lens_grid(WHOLE).data[0].text[0][0]
    assert "&lt;b&gt;&#36;x" in lens_lines(WHOLE).data[0].customdata[0]


def test_a_layer_that_was_not_recorded_is_an_empty_row_and_a_gap() -> None:
    assert (None, None) == grid_of(PARTIAL).probabilities[1]
    assert (None, None) == tuple(lens_grid(PARTIAL).data[0].z[1])
    assert "not recorded" == lens_grid(PARTIAL).data[0].customdata[1][0]
    assert (0.25, None, 0.625, 0.875) == tuple(lens_lines(PARTIAL).data[0].y)
    assert "layer 0: not recorded" == lens_lines(PARTIAL).data[0].customdata[1]


def test_the_lines_are_probability_entropy_and_kl_with_their_units() -> None:
    figure = lens_lines(WHOLE)
    probability, entropy, kl = figure.data
    assert (0.25, 0.5, 0.625, 0.875) == tuple(probability.y)
    assert (0.5, 1.5, 2.5, 3.5) == tuple(entropy.y)
    assert (3.0, 2.0, 1.0, 0.0) == tuple(kl.y)
    titles = [axis.title.text for axis in (figure.layout.yaxis, figure.layout.yaxis2, figure.layout.yaxis3)]
    assert ["probability", "entropy (nats)", "KL to the last (nats)"] == titles
    assert "layer (emb.: the embedding)" == figure.layout.xaxis3.title.text
    assert "layer 1: 1st, 62.5 %; first is ·ra" == probability.customdata[2]
    assert ["decided at layer 1"] == [note.text for note in figure.layout.annotations]


def test_an_embedding_far_outside_is_named_instead_of_drawn() -> None:
    far = lens(layers=(type(WHOLE.layers[0])(0, WHOLE.layers[0].top, 11, 0.25, 0.5, 99.0), *WHOLE.layers[1:]))
    assert (2.0 * 1.1, "embedding: 99.0") == (trace_layers(far).kl_limit, trace_layers(far).kl_note)
    assert (0, 2.0 * 1.1) == lens_lines(far).layout.yaxis3.range
    assert "↑ embedding: 99.0" in [note.text for note in lens_lines(far).layout.annotations]
    assert trace_layers(WHOLE).kl_limit is None


def test_nothing_recorded_is_said_in_the_figure() -> None:
    for figure in (lens_grid(EMPTY), lens_lines(EMPTY)):
        assert ["No layer of this step was recorded."] == [note.text for note in figure.layout.annotations]
