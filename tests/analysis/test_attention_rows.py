"""Rows, maps and means of attention are those of transformers' eager attention; what is missing is said."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="the oracle is transformers' eager attention")

from tests import zoo
from tests.attention_runs import Run, record_eager
from tests.synthetic import HEADS, LAYERS, Synthetic, write_trace
from tracer.analysis.attention_maps import attention_map, exact_rows, whole, window_of
from tracer.analysis.attention_rows import attention_rows, require_layer
from tracer.analysis.head_choice import HeadChoice, chosen_row
from tracer.analysis.text_places import places_of, places_of_template
from tracer.errors import SignalMissingError
from tracer.trace.opening import open_trace

MODELS = ("llama", "mistral", "gemma2", "gemma3", "gpt2", "gpt_oss")


@pytest.fixture(scope="module", params=MODELS)
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A batch of three rows, two of them padded at the left; longer than the sliding window."""
    return record_eager(tmp_path_factory.mktemp("runs") / "a.trace", request.param, rows=3)


def test_the_sampled_row_of_every_head_is_eagers(run: Run) -> None:
    for sequence in run.trace.calls[0].sequences:
        for step in sequence.steps:
            rows = attention_rows(step)
            for layer in range(3):
                expected = run.row(sequence.row, layer, rows.places.size - 1)
                np.testing.assert_allclose(expected, rows.weights[layer], atol=2e-6)


def test_the_map_of_every_head_is_eagers(run: Run) -> None:
    for sequence in run.trace.calls[0].sequences:
        step = sequence.steps[-1]
        for layer, head in ((0, 1), (1, 3), (2, 0)):
            attention = attention_map(step, HeadChoice(layer, head))
            assert attention.stored.all()
            weights = exact_rows(attention, range(attention.size))
            for place in range(attention.size):
                expected = run.row(sequence.row, layer, place)[head]
                np.testing.assert_allclose(expected, weights[place, : place + 1], atol=2e-6)
                assert not weights[place, place + 1 :].any()


@pytest.mark.parametrize("over", ["mean", "max"])
def test_heads_are_put_together_as_numpy_does(run: Run, over: str) -> None:
    step = run.trace.calls[0].sequences[1].steps[-1]
    reduce = np.mean if over == "mean" else np.max
    for choice, layers in (
        (HeadChoice(1, over=over), (1,)),
        (HeadChoice(over=over), (2,)),
        (HeadChoice(over=over, span="all"), (0, 1, 2)),
    ):
        rows = attention_rows(step)
        attention = attention_map(step, choice)
        weights = exact_rows(attention, range(attention.size))
        for place in range(attention.size):
            heads = np.concatenate([run.row(1, layer, place) for layer in layers])
            np.testing.assert_allclose(reduce(heads, axis=0), weights[place, : place + 1], atol=2e-6)
        np.testing.assert_allclose(weights[-1], chosen_row(rows, choice), atol=1e-6)


def test_places_leave_padding_out(run: Run) -> None:
    for sequence, padding in zip(run.trace.calls[0].sequences, (0, 7, 10), strict=True):
        places = places_of(sequence.steps[2])
        assert padding == places.first_position
        assert len(sequence.prompt_ids) == places.num_prompt
        assert (*sequence.prompt_ids, *sequence.token_ids[:2]) == places.token_ids


def test_a_window_is_the_part_of_the_whole(run: Run) -> None:
    attention = attention_map(run.trace.calls[0].sequences[0].steps[-1], HeadChoice(2, 1))
    everything = window_of(attention, whole(attention)).weights
    window = whole(attention)
    part = window_of(attention, type(window)(5, 12, 3, 9))
    np.testing.assert_allclose(everything[5:12, 3:9], part.weights, atol=1e-6)
    assert 1 == part.factor


def test_a_second_turn_reads_the_keys_of_the_first(tmp_path: Path) -> None:
    import torch
    from transformers import DynamicCache

    import tracer

    model, prompt, cache = zoo.shared("llama"), zoo.prompts(1), DynamicCache()
    with tracer.record(model, zoo.tokenizer(), to=tmp_path / "a.trace", queries="all"):
        first = model.generate(**prompt, past_key_values=cache, max_new_tokens=3, do_sample=False)
        longer = torch.cat([first, first[:, :4]], dim=1)
        out = model.generate(
            longer,
            past_key_values=cache,
            max_new_tokens=3,
            do_sample=False,
            output_attentions=True,
            return_dict_in_generate=True,
        )
    step = tracer.open_trace(tmp_path / "a.trace").calls[1].sequences[0].steps[2]
    rows = attention_rows(step)
    expected = out.attentions[2][1][0, :, 0].numpy()
    np.testing.assert_allclose(expected, rows.weights[1], atol=2e-6)
    assert tuple(longer[0].tolist()) == rows.places.token_ids[: longer.shape[1]]


def test_rows_without_queries_are_reported(tmp_path: Path) -> None:
    run = record_eager(tmp_path / "a.trace", "llama", queries="last")
    attention = attention_map(run.trace.steps[-1], HeadChoice(1, 2))
    assert ((0, 13),) == attention.missing_rows()
    window = window_of(attention, whole(attention))
    assert window.has_missing_rows
    np.testing.assert_array_equal(attention.stored, window.is_stored)
    assert not window.weights[:13].any()
    np.testing.assert_allclose(run.row(0, 1, 18)[2], window.weights[18], atol=2e-6)


def test_layers_that_were_not_recorded_say_why(tmp_path: Path) -> None:
    run = record_eager(tmp_path / "a.trace", "llama", layers=(0,))
    rows = attention_rows(run.trace.steps[1])
    assert (0,) == rows.recorded
    assert np.isnan(rows.weights[1:]).all()
    with pytest.raises(SignalMissingError, match=r"it was recorded with layers=\[0\]"):
        chosen_row(rows, HeadChoice(1))
    with pytest.raises(SignalMissingError, match=r"it was recorded with layers=\[0\]"):
        attention_map(run.trace.steps[1], HeadChoice(2))


@pytest.mark.parametrize("preset", ["light"])
def test_a_light_trace_says_what_to_type(tmp_path: Path, preset: str) -> None:
    import tracer

    model = zoo.shared("llama")
    with tracer.record(model, None, to=tmp_path / "a.trace", preset=preset):
        model.generate(**zoo.prompts(1), max_new_tokens=2, do_sample=False)
    step = tracer.open_trace(tmp_path / "a.trace").steps[1]
    with pytest.raises(SignalMissingError, match=r"queries='none'.*record\(\.\.\., queries='auto'\)"):
        attention_rows(step)


def test_a_model_without_attention_says_so(tmp_path: Path) -> None:
    import tracer

    model = zoo.shared("mamba")
    with tracer.record(model, None, to=tmp_path / "a.trace"):
        model.generate(**zoo.prompts(1), max_new_tokens=2, do_sample=False)
    with pytest.raises(SignalMissingError, match="has no attention"):
        attention_rows(tracer.open_trace(tmp_path / "a.trace").steps[1])


def test_a_step_without_its_keys_says_so(tmp_path: Path) -> None:
    write_trace(tmp_path / "a.trace", without=("/keys/",), keys_values="none")
    with pytest.raises(SignalMissingError, match="has no attention"):
        attention_rows(open_trace(tmp_path / "a.trace").steps[1])


def test_a_choice_that_cannot_be_meant_is_refused(tmp_path: Path) -> None:
    step = open_trace(write_trace(tmp_path / "a.trace")).steps[1]
    rows = attention_rows(step)
    with pytest.raises(ValueError, match=r"head=1 was given without a layer. Type layer=0 as well."):
        HeadChoice(head=1)
    with pytest.raises(ValueError, match=r"over='sum' is none of mean, max"):
        HeadChoice(over="sum")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"span='first' is none of last_third, all"):
        HeadChoice(span="first")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=rf"layer={LAYERS} is no layer of this model: there are 0 to 1"):
        chosen_row(rows, HeadChoice(LAYERS))
    with pytest.raises(ValueError, match=r"layer=-1 is no layer of this model: there are 0 to 1"):
        require_layer(rows, -1)
    with pytest.raises(ValueError, match=rf"head={HEADS} is no head of layer 1: there are 0 to 3"):
        attention_map(step, HeadChoice(1, HEADS))


def test_the_last_third_is_at_least_one_layer(tmp_path: Path) -> None:
    rows = attention_rows(open_trace(write_trace(tmp_path / "a.trace")).steps[1])
    assert (1,) == HeadChoice().layers(rows.layers)
    assert (0, 1) == HeadChoice(span="all").layers(rows.layers)


def test_query_groups_and_masks_are_known(tmp_path: Path) -> None:
    rows = attention_rows(open_trace(write_trace(tmp_path / "a.trace")).steps[1])
    assert ((0, 1), (2, 3)) == rows.layers[0].groups
    assert "causal" == rows.layers[0].mask


def test_a_padded_row_of_a_synthetic_trace_is_numpys(tmp_path: Path) -> None:
    made = Synthetic(rows=3)
    step = open_trace(write_trace(tmp_path / "a.trace", made)).calls[0].sequences[2].steps[1]
    rows = attention_rows(step)
    assert 2 == rows.places.first_position
    np.testing.assert_allclose(step.last_attention(1)[0][:, 2:], rows.weights[1], atol=1e-6)


def test_template_places_are_none_without_messages(tmp_path: Path) -> None:
    step = open_trace(write_trace(tmp_path / "a.trace")).steps[1]
    places, reason = places_of_template(step)
    assert frozenset() == places
    assert reason is not None
    assert "has no messages" in reason
