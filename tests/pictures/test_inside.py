"""Inputs side by side, the cache, the mask, position ids and the model as values: true, in both languages, robust."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tracer
from tests import synthetic, zoo
from tracer.analysis.explanation import json_ready
from tracer.errors import SignalMissingError
from tracer.pictures.cache_growth import MOST_POINTS, cache_growth
from tracer.pictures.forward_inputs import MOST_VALUES, forward_inputs
from tracer.pictures.forward_mask import forward_mask, mask_groups
from tracer.pictures.model_structure import configuration_rows, model_structure
from tracer.pictures.position_ids import position_ids
from tracer.trace.trace import Trace
from tracer.wording.composition import Language

LANGUAGES: tuple[Language, ...] = ("en", "zh")


def recorded(path: Path, name: str = "llama", rows: int = 1, **settings: Any) -> Trace:
    generating = {key: settings.pop(key) for key in ("use_cache", "cache_implementation") if key in settings}
    with tracer.record(zoo.shared(name), None, to=path, **settings):
        zoo.shared(name).generate(**zoo.prompts(rows), max_new_tokens=4, do_sample=False, **generating)
    return tracer.open_trace(path)


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Trace:
    return recorded(tmp_path_factory.mktemp("llama") / "a.trace", additions="last")


# -- inputs -------------------------------------------------------------------------------------------------------


def test_the_first_step_stands_beside_the_second(llama: Trace) -> None:
    picture = forward_inputs(llama.steps[0])
    ids = next(row for row in picture.rows if row.name == "input_ids")
    prompt = llama.calls[0].info.prompt_ids[0]

    assert picture.left is not None
    assert (0, 1) == (picture.left.step, picture.right.step)
    assert ("shape", "values") == ids.differs
    assert ids.left is not None
    assert ids.right is not None
    assert (f"1 × {len(prompt)}", "1 × 1") == (ids.left.shape, ids.right.shape)
    assert [str(one) for one in prompt] == [cell.number for cell in ids.left.cells]
    assert str(llama.steps[0].token_id) == ids.right.cells[0].number
    assert f"Step 0 read {len(prompt)} tokens at once. Step 1 read only 1" in picture.sentence


def test_only_the_cells_that_differ_are_marked(llama: Trace) -> None:
    picture = forward_inputs(llama.steps[2])
    mask = next(row for row in picture.rows if row.name == "position_ids")
    cache = next(row for row in picture.rows if row.name == "past_key_values")
    flags = next(row for row in picture.rows if row.name == "use_cache")

    assert ("values",) == mask.differs
    assert ("note",) == cache.differs
    assert cache.right is not None
    assert "holds 15 positions" == cache.right.note
    assert () == flags.differs
    assert "the same" == flags.difference


def test_a_growing_mask_marks_what_is_new(tmp_path: Path) -> None:
    trace = recorded(tmp_path / "a.trace", rows=2)
    picture = forward_inputs(trace.calls[0].sequences[1].steps[2])
    row = next(row for row in picture.rows if row.name == "attention_mask")

    assert row.right is not None
    marked = [cell.is_different for cell in row.right.cells]
    assert [False] * (len(marked) - 1) + [True] == marked
    assert "0" == row.right.cells[0].text
    assert ("Values of sequence 1; the batch has 2.",) == picture.notes


def test_long_values_show_their_beginning_and_their_end() -> None:
    from tracer.pictures.forward_inputs import _shown

    places, gap = _shown(500)

    assert (MOST_VALUES, 500 - MOST_VALUES) == (len(places), gap)
    assert (0, 499) == (places[0], places[-1])


def test_against_the_first_step(llama: Trace) -> None:
    assert forward_inputs(llama.steps[3], against="first").left.step == 0  # type: ignore[union-attr]
    with pytest.raises(ValueError, match=r"against='last' is neither previous nor first"):
        forward_inputs(llama.steps[3], against="last")  # type: ignore[arg-type]


def test_without_a_cache_every_pass_reads_everything(tmp_path: Path) -> None:
    trace = recorded(tmp_path / "a.trace", use_cache=False)

    assert "Without a KV cache every pass reads the whole text again: 14 tokens at step 0, 15 at step 1." == (
        forward_inputs(trace.steps[1]).sentence
    )
    assert () == cache_growth(trace.steps[1]).rows
    assert "used no cache" in cache_growth(trace.steps[1]).sentence


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("preset", ["light", "standard", "full"])
@pytest.mark.parametrize("name", ["llama", "gpt2", "gemma3", "mamba", "falcon", "gpt_oss"])
def test_every_preset_and_architecture_has_inputs_cache_positions_and_model(
    tmp_path: Path, name: str, preset: str, lang: Language
) -> None:
    trace = recorded(tmp_path / "a.trace", name, preset=preset)
    for step in trace.steps:
        values = (forward_inputs(step, lang), cache_growth(step, lang), position_ids(step, lang))
        for value in values:
            assert json.dumps(json_ready(dataclasses.asdict(value)), allow_nan=False)
    assert json.dumps(dataclasses.asdict(model_structure(trace, lang)))


def test_a_trace_of_one_step_and_an_interrupted_one(tmp_path: Path) -> None:
    path = synthetic.write_trace(tmp_path / "a.trace", synthetic.Synthetic(steps=1), status="interrupted")
    step = tracer.open_trace(path).steps[0]

    assert forward_inputs(step).left is None
    assert "Only one pass was recorded" in forward_inputs(step).sentence
    assert (0,) == cache_growth(step).steps
    assert 5 == len(position_ids(step).columns)


# -- cache --------------------------------------------------------------------------------------------------------


def test_layers_that_are_alike_stand_in_one_row(llama: Trace) -> None:
    step = llama.steps[1]
    picture = cache_growth(step)
    (row,) = picture.rows

    assert (0, 1, 2) == row.layers
    assert ("14 → 15", "1 × 2 × 15 × 16") == (row.length, row.shape)
    assert sum(layer.bytes_after or 0 for layer in step.cache.layers) == picture.total_bytes
    assert "2 (keys and values) × 1 × 2 × 15 × 16 × 4 bytes × 3 layers = 11.5 kB" == picture.formula


def test_sliding_and_full_layers_are_lines_of_their_own(tmp_path: Path) -> None:
    picture = cache_growth(recorded(tmp_path / "a.trace", "gemma3").steps[2])

    assert 2 == len(picture.lines) == len(picture.rows)
    assert picture.total_bytes == sum(line.nbytes[2] for line in picture.lines)


def test_the_columns_are_what_the_steps_say(llama: Trace) -> None:
    columns = llama.calls[0].cache_columns

    for place, step in enumerate(llama.steps):
        layers = step.cache.layers
        np.testing.assert_array_equal([one.bytes_after for one in layers], columns.bytes_after[place])
        np.testing.assert_array_equal([one.len_before or 0 for one in layers], columns.len_before[place])


def test_two_thousand_steps_keep_few_points_and_this_one(tmp_path: Path) -> None:
    long = synthetic.Synthetic(steps=2000, prompt_len=2)
    path = synthetic.write_trace(tmp_path / "a.trace", long, steps_per_shard=500)
    picture = cache_growth(tracer.open_trace(path).steps[1234])

    assert MOST_POINTS + 2 >= len(picture.steps)
    assert {0, 1234, 1999} <= set(picture.steps)
    assert 2001 * 4 * 2 == picture.lines[0].nbytes[-1]


# -- mask and positions -------------------------------------------------------------------------------------------


def test_the_mask_is_the_one_that_attention_used(llama: Trace) -> None:
    picture = forward_mask(llama.steps[0])

    np.testing.assert_array_equal(np.tri(14, dtype=bool), picture.visible)
    assert 1 == picture.factor
    assert "53.6 % of all pairs are visible; the last position sees 14 of 14." == picture.sentence
    assert (1, 15) == forward_mask(llama.steps[1]).visible.shape
    assert ((0, 1, 2),) == tuple(group.layers for group in mask_groups(llama.steps[0]))


def test_a_sliding_window_hides_what_is_far(tmp_path: Path) -> None:
    step = recorded(tmp_path / "a.trace", "gemma3").steps[0]
    masks = {group.layers: forward_mask(step, group.layers[0]) for group in mask_groups(step)}

    assert 2 == len(masks)
    assert {14, zoo.SLIDING_WINDOW} == {int(one.visible[-1].sum()) for one in masks.values()}


def test_padding_is_hidden_and_position_ids_begin_behind_it(tmp_path: Path) -> None:
    trace = recorded(tmp_path / "a.trace", rows=2)
    step = trace.calls[0].sequences[1].steps[0]
    positions = position_ids(step)

    assert not forward_mask(step).visible[-1, :7].any()
    assert [True] * 7 + [False] * 7 == list(positions.is_padding)
    assert (0, 1, 2, 3, 4, 5, 6) == positions.ids[7:]
    assert "7 padding positions stand in front; the text itself still begins at 0." in positions.sentence


def test_a_large_mask_is_the_largest_of_each_square(llama: Trace) -> None:
    picture = forward_mask(llama.steps[0], most_cells=5)

    assert (3, (5, 5)) == (picture.factor, picture.visible.shape)
    np.testing.assert_array_equal(np.tri(5, dtype=bool), picture.visible)
    assert (0, 3, 6, 9, 12) == picture.queries
    assert () == picture.query_tokens
    assert any("max of 3 × 3" in note for note in picture.notes)


def test_every_column_has_its_position_id(llama: Trace) -> None:
    picture = position_ids(llama.steps[2])

    assert tuple(range(16)) == picture.columns == picture.ids
    assert [15] == [one for one, is_now in zip(picture.columns, picture.is_now, strict=True) if is_now]
    assert "At this step the model read the position ids 15." == picture.sentence


def test_what_was_not_recorded_says_what_to_type(tmp_path: Path) -> None:
    trace = recorded(tmp_path / "a.trace", preset="light")

    with pytest.raises(SignalMissingError, match="queries='auto'"):
        forward_mask(trace.steps[0])
    bare = synthetic.write_trace(tmp_path / "b.trace", without=("position_ids",))
    assert "given no position_ids" in position_ids(tracer.open_trace(bare).steps[0]).note


# -- model --------------------------------------------------------------------------------------------------------


def test_the_table_folds_layers_and_names_shapes(llama: Trace) -> None:
    picture = model_structure(llama)
    labels = {row.path: row for row in picture.rows}

    assert "0–2 × 3" == labels["model.layers.0–2"].label
    assert "weight 64 × 48" == labels["model.layers.0–2.self_attn.q_proj"].shapes
    assert labels["model.layers.0–2"].is_listened
    assert "hidden states and contributions" == labels["model.layers.0–2"].listened
    assert zoo.shared("llama").num_parameters() == picture.rows[0].counted


def test_the_configuration_needs_no_tree(llama: Trace) -> None:
    rows = {row.name: row for row in configuration_rows(llama.model)}

    assert ("3", "number of layers") == (rows["num_hidden_layers"].value, rows["num_hidden_layers"].meaning)
    assert (
        "层数"
        == {row.name: row for row in configuration_rows(llama.model, "zh")}["num_hidden_layers"].meaning
    )
    with pytest.raises(SignalMissingError, match="has no tree of the model's modules"):
        model_structure(tracer.open_trace(synthetic.write_trace(llama.path.with_name("bare.trace"))))
