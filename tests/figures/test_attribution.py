"""Bars of attributions and interventions: what they show, in full, in part, and with nothing to show."""

from dataclasses import replace

from tests.analysis.test_attribution import SOURCES, made
from tracer.analysis.attribution import Source
from tracer.analysis.intervention import InterventionResult, TokenChange, parse_intervention
from tracer.figures.attribution import MOST_ROWS, attribution_bars
from tracer.figures.intervention import intervention_bars
from tracer.figures.labels import CHOSEN, OTHER


def test_bars_stand_in_the_order_of_the_text() -> None:
    figure = attribution_bars(made())
    (bars,) = figure.data
    assert (-2.5, 1.25, 2.5) == bars.x
    assert (0, 1, 2) == bars.y
    assert (OTHER, CHOSEN, CHOSEN) == bars.marker.color
    assert ("1 ·rain", "2 ·in", "3 &#36;x&lt;b&gt;") == figure.layout.yaxis.ticktext
    assert "score (logit)" == figure.layout.xaxis.title.text
    assert "Step 1: what gave ·falls" == figure.layout.title.text


def test_the_gap_stands_below_the_title() -> None:
    note = attribution_bars(made()).layout.title.subtitle.text
    assert (
        "Integrated gradients, baseline zero embedding: 5.00 = 3.50 (baseline) + 1.25 (scores) + 0.25 (gap)"
        in note
    )
    assert "tokens held fixed: 1" in note


def test_a_contrast_names_the_rival_and_its_unit() -> None:
    figure = attribution_bars(made(rival_id=9, rival="$y"))
    assert "Step 1: what gave ·falls rather than &#36;y" == figure.layout.title.text
    assert "score (difference of two logits)" == figure.layout.xaxis.title.text


def test_a_long_text_shows_its_strongest_tokens_in_order() -> None:
    sources = tuple(
        Source(place, 5, "x", float(place), is_prompt=True, is_held=False) for place in range(MOST_ROWS + 3)
    )
    figure = attribution_bars(made(sources=sources))
    assert tuple(range(3, MOST_ROWS + 3)) == figure.data[0].x
    assert f"the strongest {MOST_ROWS} of {MOST_ROWS + 3} shown" in figure.layout.title.subtitle.text


def test_with_every_token_held_the_figure_says_so() -> None:
    figure = attribution_bars(made(sources=SOURCES[:1]))
    assert () == figure.data
    assert "No token is left to attribute to." == figure.layout.annotations[0].text


ROWS = (
    TokenChange(3, "·a", 5.0, 2.0, 0.6, 0.1, 0, 2),
    TokenChange(4, "<b>", 4.0, 4.0, 0.3, 0.7, 1, 0),
)
RESULT = InterventionResult(
    call=0,
    row=0,
    step=2,
    interventions=(parse_intervention("ablate L5H2"), parse_intervention("block 17:4")),
    chosen_id=4,
    rival_id=3,
    rows=ROWS,
    kl=0.5,
    entropy_before=1.0,
    entropy_after=0.9,
    replay="cached",
    gap=0.0,
    tolerance=0.02,
)


def test_each_token_has_a_bar_before_and_after() -> None:
    figure = intervention_bars(RESULT)
    before, after = figure.data
    assert (0.6, 0.3) == before.x
    assert (0.1, 0.7) == after.x
    assert ("before", "after") == (before.name, after.name)
    assert (OTHER, CHOSEN) == after.marker.color
    assert ("·a", "✓ &lt;b&gt;") == figure.layout.yaxis.ticktext
    assert "model probability (raw logits)" == figure.layout.xaxis.title.text
    assert "Step 2: L5H2 ablated and position 17 blocked from position 4" == figure.layout.title.text
    assert "KL 0.5 nats; unchanged run: 0 from the recording" == figure.layout.title.subtitle.text


def test_without_recorded_logits_the_figure_says_that_nothing_was_compared() -> None:
    figure = intervention_bars(replace(RESULT, gap=None))
    assert "not compared with the recording" in figure.layout.title.subtitle.text


def test_without_rows_the_figure_says_so() -> None:
    figure = intervention_bars(replace(RESULT, rows=()))
    assert () == figure.data
    assert "No token to compare." == figure.layout.annotations[0].text
