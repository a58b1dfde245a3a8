import pytest

from tests.analysis.chain import log, make_step, rain_step
from tracer.analysis.explanation import Change, explain
from tracer.figures.labels import CHOSEN, LUCK, OTHER, escape
from tracer.pictures.decision import picture_of
from tracer.wording.reasons import why

pytest.importorskip("plotly", reason="figures need plotly: pip install generation-tracer[figures]")

from tracer.figures.decision_picture import decision


def bars(figure):
    return [trace for trace in figure.data if trace.type == "bar"]


def arrows(figure):
    return [trace for trace in figure.data if trace.name == "luck"]


def labels(figure):
    return list(figure.layout.yaxis.ticktext)


def test_rows_order_and_numbers_are_those_of_the_explanation():
    step = rain_step()
    explanation, figure = explain(step), decision(step)

    plain = [label.replace("<b>", "").replace("</b>", "").lstrip("✓○ ") for label in labels(figure)]
    assert [row.token.replace("<", "&lt;").replace(">", "&gt;") for row in explanation.rows] == plain
    stages = [stage for stage in explanation.stages if stage.change is not Change.NOTHING]
    assert len(stages) == len(bars(figure))
    for stage, bar in zip(stages, bars(figure), strict=True):
        for place, row in enumerate(explanation.rows):
            assert place == bar.y[place]
            if row.removed_at is None or row.removed_at > stage.stage:
                assert pytest.approx(100 * row.probabilities[stage.stage]) == bar.x[place]
            elif row.removed_at == stage.stage:
                assert pytest.approx(100 * row.probabilities[stage.stage - 1]) == bar.x[place]
            else:
                assert bar.x[place] is None


def test_columns_are_the_active_settings_with_what_they_left_and_then_the_draw():
    figure = decision(rain_step())

    headers = [note.text for note in figure.layout.annotations]
    assert "<b>Model</b><br>8 left" in headers
    assert "<b>top-k 4</b><br>4 left<br>4.0 % cut off" in headers
    assert "<b>Draw</b><br>furthest right wins" in headers


def test_all_columns_share_one_axis_that_is_printed_once_with_its_unit():
    figure = decision(rain_step())
    axes = [figure.layout[f"xaxis{number or ''}"] for number in (0, 2, 3, 4, 5)]

    assert 1 == len({axis.range for axis in axes})
    assert "probability (%)" == axes[0].title.text
    assert [None, False, False, False, False] == [axis.showticklabels for axis in axes]
    assert "ln p + luck (nats)" == figure.layout.xaxis6.title.text


def test_the_chosen_token_is_orange_and_bold_and_removed_cells_are_hollow():
    figure = decision(rain_step())
    first, last = bars(figure)[0], bars(figure)[-1]

    assert "<b>✓ ·ra</b>" == labels(figure)[2]
    assert [CHOSEN if place == 2 else OTHER for place in range(8)] == list(first.marker.color)
    assert "rgba(0,0,0,0)" == last.marker.color[1 + 2]
    assert "<s>6.2 %</s> top-p" == last.text[3]


def test_a_change_of_rank_stands_beside_the_percentage_and_the_arithmetic_on_hover():
    step = make_step(
        [2.0, 1.9, -1.0],
        [(("RepetitionPenaltyLogitsProcessor", {"penalty": 1.1}), [2.0 / 1.1, 1.9, -1.1])],
        chosen=1,
    )
    penalty = bars(decision(step))[1]

    assert ["▼1", "▲1"] == [text.split()[-1] for text in penalty.text[:2]]
    assert "2nd · 2.00 ÷ 1.1 = 1.82 · id 0" == penalty.hovertext[0]
    assert "3rd · −1.00 × 1.1 = −1.10 · id 2" == penalty.hovertext[2]


def test_the_draw_goes_from_ln_p_to_ln_p_plus_luck():
    step = rain_step()
    draw, figure = explain(step).draw, decision(step)

    assert {(r.log_probability, r.finish) for r in draw.racers} == {
        tuple(arrow.x) for arrow in arrows(figure)
    }
    assert {LUCK} == {arrow.line.color for arrow in arrows(figure)}


def test_tokens_without_a_row_are_counted_below():
    figure = decision(make_step([0.0] * 40, chosen=20))

    assert "other tokens" == labels(figure)[-1]
    assert "77.5 %, 31 tokens" in [note.text for note in figure.layout.annotations]


def test_settings_without_effect_fold_into_one_line():
    figure = decision(
        make_step(log(0.5, 0.5), [(("TopKLogitsWarper", {"top_k": 50}), log(0.5, 0.5))], chosen=0)
    )

    assert 1 == len(bars(figure))
    assert "No effect at this step: top-k 50." in [note.text for note in figure.layout.annotations]


@pytest.mark.parametrize(
    ("step", "note"),
    [
        (make_step(log(0.5, 0.5), chosen=0, mode="sample"), "<b>Draw</b><br>luck not recorded"),
        (make_step(log(0.7, 0.3), chosen=0), "<b>Greedy</b><br>highest wins, by 0.85"),
        (make_step(log(1.0), chosen=0), "<b>Greedy</b><br>only one left"),
    ],
)
def test_a_draw_of_which_less_is_known_shows_less(step, note):
    figure = decision(step)

    assert note in [one.text for one in figure.layout.annotations]
    assert [] == arrows(figure)


def test_the_sentence_of_why_stands_above_in_the_language_asked_for():
    for lang in ("en", "zh"):
        shown = decision(rain_step(), lang=lang).layout.title.text.replace(
            "<br>", " " if lang == "en" else ""
        )
        assert why(rain_step()).sentences(lang) == shown
    with pytest.raises(ValueError, match=r"^lang='de' is none of en, zh\. Type lang='en'\.$"):
        decision(rain_step(), lang="de")


def test_the_figure_shows_the_rows_numbers_and_order_of_the_value():
    picture = picture_of(explain(rain_step()))
    figure = decision(rain_step())

    plain = [label.replace("<b>", "").replace("</b>", "").lstrip("✓○ ") for label in labels(figure)]
    assert [escape(row.token) for row in picture.rows] == plain
    for column, bar in zip(picture.columns, bars(figure), strict=True):
        assert [None if cell.bar is None else cell.bar * 100 for cell in column.cells] == list(bar.x)
        assert [cell.hover for cell in column.cells] == list(bar.hovertext)
        assert all(
            text.startswith((cell.percent, f"<s>{cell.percent}"))
            for text, cell in zip(bar.text, column.cells, strict=True)
        )
    racing = [cell for cell in picture.draw.cells if cell is not None]
    assert [cell.log_probability for cell in racing] == list(figure.data[len(picture.columns)].x)
    assert [cell.finish for cell in racing] == [arrow.x[1] for arrow in arrows(figure)]
