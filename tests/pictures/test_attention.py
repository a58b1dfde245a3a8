"""The pictures of attention: which tokens, in which order, with which numbers and words."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from tests.attention_runs import record_eager
from tests.made_shares import make_shares
from tests.synthetic import Synthetic, write_trace
from tracer.analysis.attention_rows import attention_rows
from tracer.analysis.explanation import json_ready
from tracer.analysis.head_choice import HeadChoice, chosen_row
from tracer.analysis.kept_sources import keep_sources
from tracer.errors import SignalMissingError
from tracer.pictures.attention_contribution import attention_contribution
from tracer.pictures.attention_grid import MEASURES, Measure, head_grid
from tracer.pictures.attention_heads import attention_heads
from tracer.pictures.attention_lines import attention_lines
from tracer.pictures.attention_map import map_cell, map_header
from tracer.pictures.attention_text import attention_text
from tracer.samples import sample_paths
from tracer.trace.opening import open_trace
from tracer.trace.step import Step
from tracer.wording.attention import weight_text
from tracer.wording.composition import LANGUAGES, Language


@pytest.fixture(scope="module")
def step(tmp_path_factory: pytest.TempPathFactory) -> Step:
    path = tmp_path_factory.mktemp("made") / "a.trace"
    return open_trace(write_trace(path, Synthetic(prompt_len=7, steps=4))).steps[3]


@pytest.fixture(scope="module")
def rain() -> Step:
    """A step of the sample, of which two layers of thirty hold attention."""
    path = next(path for path in sample_paths() if path.stem == "rain")
    return open_trace(path).steps[10]


def test_the_text_has_every_place_with_its_weight(step: Step) -> None:
    text = attention_text(step)
    expected = chosen_row(attention_rows(step), HeadChoice())
    assert 10 == text.size == len(text.sources)
    assert list(range(10)) == [one.place for one in text.sources]
    np.testing.assert_allclose(expected, [one.weight for one in text.sources], atol=1e-6)
    assert ["first", *["prompt"] * 6, *["generated"] * 3] == [one.kind for one in text.sources]
    assert "mean over the heads of layer 1" == text.choice.label
    assert 1.0 == pytest.approx(text.total, abs=1e-6)
    assert "" == text.sink


def test_the_first_token_is_out_of_the_scale_and_in_the_sum(step: Step) -> None:
    text = attention_text(step)
    first, others = text.sources[0], text.sources[1:]
    assert first.shade is None
    assert first.weight == text.aside[0].weight
    assert max(one.weight for one in others) == text.largest
    for one in others:
        assert (one.weight / text.largest) ** 0.5 == pytest.approx(one.shade, abs=2e-4)
    assert 1.0 == max(one.shade for one in others if one.shade is not None)


def test_template_tokens_are_set_aside_on_request(rain: Step) -> None:
    plain, without = attention_text(rain), attention_text(rain, skip_template=True)
    template = [one.place for one in plain.sources if one.kind == "template"]
    assert plain.template_known
    assert template
    assert ["first", "template"] == [one.kind for one in without.aside]
    assert tuple(template) == without.aside[1].places
    assert all(without.sources[place].shade is None for place in template)
    assert [one.weight for one in plain.sources] == [one.weight for one in without.sources]


def test_a_text_of_some_layers_names_these_and_why_others_are_missing(rain: Step) -> None:
    text = attention_text(rain)
    assert "mean over the heads of layers 22, 26" == text.choice.label
    (missing,) = text.missing
    assert (20, 21, 23, 24, 25, 27, 28, 29) == missing.layers
    assert "it was recorded with layers=[22, 26]" in missing.reason
    assert missing.reason.endswith("Record again with `record(..., layers=None)`.")


def test_without_late_layers_all_recorded_ones_are_shown(tmp_path: Path) -> None:
    run = record_eager(tmp_path / "a.trace", "llama", layers=(0,))
    text = attention_text(run.trace.steps[1])
    assert "mean over the heads of layer 0" == text.choice.label
    np.testing.assert_allclose(
        run.row(0, 0, text.place).mean(axis=0), [one.weight for one in text.sources], atol=2e-6
    )


def test_a_sink_of_the_model_is_said(tmp_path: Path) -> None:
    run = record_eager(tmp_path / "a.trace", "gpt_oss", steps=2)
    text = attention_text(run.trace.steps[1])
    assert text.total < 1
    assert f"The model's own sink takes {weight_text(1 - text.total, 'en')}" in text.sink


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_picture_is_json_and_says_what_attention_is_not(step: Step, lang: Language) -> None:
    choice = HeadChoice(1, 2)
    values = [
        attention_text(step, lang=lang),
        attention_heads(step, lang=lang),
        head_grid(step, "first", lang=lang),
        map_header(step, choice, lang=lang),
        attention_lines(step, choice, lang=lang),
    ]
    expected = {
        "en": "Attention shows where information was read, not why the token won; for that: contribution.",
        "zh": "注意力只说明从哪里读取了信息，不说明 token 为何胜出；原因请看贡献。",
    }
    for value in values:
        assert expected[lang] == value.note
        json.dumps(json_ready(dataclasses.asdict(value)), allow_nan=False)


def test_heads_are_ranked_by_their_strongest_token(step: Step) -> None:
    weights = attention_rows(step).weights.copy()
    weights[..., 0] = 0
    ranking = attention_heads(step, count=5)
    assert sorted(weights.max(axis=-1).ravel(), reverse=True)[:5] == pytest.approx(
        [row.weight for row in ranking.rows], abs=1e-6
    )
    for row in ranking.rows:
        assert int(weights[row.layer, row.head].argmax()) == row.source
        assert row.label.startswith(f"L{row.layer} H{row.head} · ")
        assert row.label.endswith(f"{row.weight_label} on `{row.source_text}`")


def test_heads_are_ranked_by_a_selected_token(step: Step) -> None:
    ranking = attention_heads(step, source=2, lang="zh")
    weights = attention_rows(step).weights[..., 2]
    assert sorted(weights.ravel(), reverse=True)[:8] == pytest.approx(
        [row.weight for row in ranking.rows], abs=1e-6
    )
    assert {2} == {row.source for row in ranking.rows}
    assert "看 `#3` 的注意力头" == ranking.title


def test_a_head_without_a_pattern_shows_none_in_its_line(rain: Step) -> None:
    rows = attention_heads(rain).rows
    assert 8 == len(rows)
    for row in rows:
        assert (row.pattern == "mixed") is (row.pattern_label not in row.label)


@pytest.mark.parametrize("measure", [one for one in MEASURES if one != "contribution"])
def test_the_grid_has_a_number_for_every_head(step: Step, measure: Measure) -> None:
    grid = head_grid(step, measure, source=3)
    assert (2, 4) == (grid.num_layers, grid.num_heads) == np.shape(grid.values)
    assert (0.0, max(max(row) for row in grid.values if None not in row)) == (grid.low, grid.high)
    assert grid.high == (grid.top[0].value if grid.top else 0.0)
    assert "4 heads share 2 key/value heads (GQA): 2 heads read the same keys." == grid.group_note
    assert ((0, 1), (2, 3)) == grid.layers[0].groups
    assert "layer 0" == grid.layers[0].label


def test_the_grid_of_a_source_is_the_weight_on_it(step: Step) -> None:
    np.testing.assert_allclose(
        attention_rows(step).weights[..., 3], head_grid(step, "source", source=3).values, atol=1e-6
    )


def test_a_grid_without_a_source_says_what_to_do(step: Step) -> None:
    grid = head_grid(step)
    assert "Select a token in the text first." == grid.empty
    assert grid.values == ((None,) * 4,) * 2
    (source, *_) = grid.measures
    assert (source.available, source.reason) == (False, grid.empty)


def test_layers_without_a_recording_stay_and_say_why(rain: Step) -> None:
    grid = head_grid(rain, "first")
    assert 30 == grid.num_layers
    assert [22, 26] == [row.layer for row in grid.layers if row.is_recorded]
    assert "layer 0 · not recorded" == grid.layers[0].label
    assert "layers=[22, 26]" in grid.layers[0].reason
    assert (None,) * 9 == grid.values[0]
    assert None not in grid.values[22]


def test_a_grid_can_be_averaged_over_rows(rain: Step) -> None:
    grid = head_grid(rain, "previous", average=True)
    assert grid.average
    assert grid.rows_averaged > 1
    assert f"mean over {grid.rows_averaged} rows" in grid.title
    assert head_grid(rain, "previous").values != grid.values


def test_windows_and_masks_stand_beside_the_layers(tmp_path: Path) -> None:
    run = record_eager(tmp_path / "a.trace", "gemma2", steps=2)
    rows = head_grid(run.trace.steps[1], "first").layers
    assert (8, None, 8) == tuple(row.sliding_window for row in rows)
    assert "layer 0 · sees the last 8 positions" in rows[0].label
    header = map_header(run.trace.steps[1], HeadChoice(0, 3))
    assert 8 == header.sliding_window
    assert (2, 3) == header.group
    assert {"sliding window": "8 positions", "shares its keys with": "H2", "softcap": "50"}.items() <= {
        fact.name: fact.value for fact in header.facts
    }.items()


def test_contributions_that_were_not_kept_say_what_to_type(step: Step) -> None:
    missing = attention_contribution(step)
    assert not missing.available
    assert missing.command == f"tracer sources {step.call.trace.path} --step 3"
    option = next(one for one in head_grid(step, "first").measures if one.key == "contribution")
    assert (False, missing.command) == (option.available, option.command)
    assert missing.reason == head_grid(step, "contribution").empty


def test_kept_contributions_are_shown(tmp_path: Path) -> None:
    path = write_trace(tmp_path / "a.trace")
    step = open_trace(path).steps[1]
    attention = np.zeros((2, 4, 4))
    attention[1, 2, 1], attention[0, 3, 2] = -2.0, 1.0
    keep_sources(
        path, make_shares(attention=attention, step=1, token_id=step.token_id, positions=(0, 1, 2, 3))
    )
    shown = attention_contribution(step)
    assert shown.available
    assert [0.0, -2.0, 1.0, 0.0] == [one.value for one in shown.sources]
    assert [0.0, -1.0, 0.5, 0.0] == [one.shade for one in shown.sources]
    assert [(1, 2), (0, 3)] == [(one.layer, one.head) for one in shown.heads]
    grid = head_grid(step, "contribution")
    assert (-2.0, 2.0, True) == (grid.low, grid.high, grid.is_signed)
    assert -2.0 == grid.values[1][2]
    assert "What each head pushed `·rain` ahead of `<b>`, in logits." == grid.hint


def test_the_map_s_header_names_rows_that_are_missing(tmp_path: Path) -> None:
    run = record_eager(tmp_path / "a.trace", "llama", queries="last")
    header = map_header(run.trace.steps[-1], HeadChoice(1, 2))
    assert 19 == header.size == len(header.labels)
    assert ((0, 13),) == header.missing_rows
    assert "13 rows have no queries in the trace. Record again with `record(..., queries='all')`." == (
        header.missing_label
    )
    with pytest.raises(SignalMissingError, match="has no row 3 of attention"):
        map_cell(run.trace.steps[-1], HeadChoice(1, 2), 3, 1)


def test_a_cell_is_said_with_its_weight_and_its_python(step: Step) -> None:
    cell = map_cell(step, HeadChoice(1, 2), 9, 4)
    assert float(attention_rows(step).weights[1, 2, 4]) == pytest.approx(cell.weight, abs=1e-6)
    assert f"put {cell.label} on `#5` (place 4)." in cell.sentence
    assert "softmax(query · keys × 0.25)" == cell.formula
    assert ".steps[3].attention(1, 2)[0, 4]" in cell.python
    assert "" == map_cell(step, HeadChoice(1), 9, 4).python


def test_lines_go_to_the_strongest_sources(step: Step) -> None:
    lines = attention_lines(step, HeadChoice(1, 2), rows=range(4, 10), threshold=0.05, count=2)
    last = attention_rows(step).weights[1, 2].copy()
    last[0] = 0
    expected = [int(place) for place in np.argsort(-last)[:2] if last[place] >= 0.05]
    assert expected == [line.source for line in lines.lines if line.target == 9]
    assert all(0 < line.source <= line.target for line in lines.lines)
    assert [one.place for one in lines.targets] == [one.target for one in lines.first]
    assert "" == lines.empty


def test_no_line_is_said(step: Step) -> None:
    lines = attention_lines(step, HeadChoice(span="all"), threshold=1.0)
    assert ((), "No weight is 100 % or more.") == (lines.lines, lines.empty)


def test_what_is_out_of_bounds_is_named(step: Step) -> None:
    with pytest.raises(ValueError, match=r"source=10 is no place of the text at this step: there are 0 to 9"):
        attention_heads(step, source=10)
    with pytest.raises(ValueError, match=r"source=-1 is no place"):
        head_grid(step, "first", source=-1)
    with pytest.raises(ValueError, match=r"count=0 is below 1. Type count=8."):
        attention_heads(step, count=0)
    with pytest.raises(ValueError, match=r"measure='size' is none of source, first"):
        head_grid(step, "size")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"201 rows were asked for, and 1 to 200 are shown"):
        attention_lines(step, HeadChoice(0), rows=range(201))
    with pytest.raises(ValueError, match=r"threshold=0 is not above 0 and at most 1"):
        attention_lines(step, HeadChoice(0), threshold=0)
    with pytest.raises(ValueError, match=r"count=0 is not between 1 and 200"):
        attention_lines(step, HeadChoice(0), count=0)


@pytest.mark.parametrize(
    ("weight", "expected"),
    [
        (0.0, "0 %"),
        (0.0005, "below 0.1 %"),
        (0.032, "3.2 %"),
        (0.71, "71 %"),
        (0.998, "99.5 %"),
        (1.0, "100 %"),
    ],
)
def test_weights_are_read_as_shares(weight: float, expected: str) -> None:
    assert expected == weight_text(weight, "en")
