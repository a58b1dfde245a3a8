"""KL per step and the candidates of two runs: what stands in the figures is what was computed."""

from pathlib import Path

import pytest

from tests.analysis.texts import WORDS, spelled_trace
from tests.compared_runs import recorded_run
from tracer.analysis.comparison import compare
from tracer.analysis.distances import distances
from tracer.figures.candidate_bars import candidates_beside
from tracer.figures.distance_curve import kl_per_step
from tracer.figures.labels import CHOSEN, OTHER


def test_kl_stands_at_its_step_and_an_infinite_one_is_marked() -> None:
    found = compare(recorded_run(), recorded_run(temperature=1.6))
    measured = list(distances(found.a, found.b))
    figure = kl_per_step(found)
    final, model, infinite = figure.data

    assert [one.kl_model for one in measured] == list(model.y)
    assert [one.kl_final for one in measured[:7]] == list(final.y[:7])
    assert (None, (7,)) == (final.y[7], tuple(infinite.x))
    assert ("KL(A‖B) in nats", "step (0-based)") == (
        figure.layout.yaxis.title.text,
        figure.layout.xaxis.title.text,
    )
    assert (6, "first divergence: step 6") == (
        figure.layout.shapes[0].x0,
        figure.layout.annotations[0].text,
    )


def test_a_range_of_steps_is_drawn_alone_without_a_mark_outside_of_it() -> None:
    found = compare(recorded_run(), recorded_run(temperature=1.6))
    figure = kl_per_step(found, distances(found.a, found.b, range(2, 5)), lang="zh")

    assert (2, 3, 4) == figure.data[1].x
    assert () == figure.layout.shapes
    assert "KL(A‖B)（nat）" == figure.layout.yaxis.title.text


def test_equal_runs_are_a_line_at_zero() -> None:
    figure = kl_per_step(compare(recorded_run(), recorded_run()))

    assert ((0.0,) * 8, (0, 1.12)) == (figure.data[1].y, figure.layout.yaxis.range)


def test_without_logits_or_with_other_vocabularies_the_figure_says_so(tmp_path: Path) -> None:
    light = compare(recorded_run(), recorded_run(preset="light"))
    words = (*WORDS[1:], WORDS[0])
    foreign = compare(
        spelled_trace(tmp_path / "a.trace", 9, 1), spelled_trace(tmp_path / "b.trace", 9, 1, words=words)
    )

    for found, said in ((light, "KL is unknown"), (foreign, "KL is impossible")):
        figure = kl_per_step(found)
        assert () == figure.data
        assert said in figure.layout.annotations[0].text


def test_both_candidates_have_their_probabilities_and_the_chosen_are_marked() -> None:
    a, b = (recorded_run(temperature=one).steps[6] for one in (0.9, 1.6))
    figure = candidates_beside(a, b)
    model_a, model_b, final_a, final_b = figure.data[:4]
    labels = figure.layout.yaxis.ticktext
    row_a, row_b = labels.index(f"✓A ·w{a.token_id}"), labels.index(f"✓B ·w{b.token_id}")

    assert 100 * a.probability == pytest.approx(final_a.x[row_a])
    assert 100 * b.probability == pytest.approx(final_b.x[row_b])
    assert 100 * a.model_probability == pytest.approx(model_a.x[row_a])
    assert (CHOSEN, OTHER) == (final_a.marker.color[row_a], final_a.marker.color[row_b])
    assert (CHOSEN, OTHER) == (model_b.marker.color[row_b], model_b.marker.color[row_a])
    assert "probability (%)" == figure.layout.xaxis.title.text == figure.layout.xaxis2.title.text
    assert ["<b>model (logits)</b>", "<b>after settings</b>"] == [
        one.text for one in figure.layout.annotations
    ]


def test_a_step_without_candidates_of_one_trace_says_not_recorded(tmp_path: Path) -> None:
    words = (*WORDS[1:], WORDS[0])
    a = spelled_trace(tmp_path / "a.trace", 9).steps[0]
    b = spelled_trace(tmp_path / "b.trace", 3, words=words).steps[0]
    figure = candidates_beside(a, b, by_text=True)

    assert "not recorded" in figure.data[1].text
    assert len(figure.data[0].y) == len(figure.layout.yaxis.ticktext)
