"""A step gives back what was written, rebuilds what was stored briefly, and says what is missing."""

import math
from pathlib import Path

import numpy as np
import pytest

from tests.synthetic import HEADS, LAYERS, TEMPERATURE, VOCAB, Synthetic, manifest, write_trace
from tracer.errors import SignalMissingError, TraceFormatError
from tracer.schema import Missing
from tracer.store.format import stage_entry
from tracer.store.writer import TraceWriter
from tracer.trace.forward import Phase
from tracer.trace.opening import open_trace
from tracer.trace.step import Step

BATCH = Synthetic(rows=2)


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> tuple[Step, ...]:
    path = write_trace(tmp_path_factory.mktemp("step") / "a.trace", BATCH)
    return open_trace(path).calls[0].sequences[1].steps


def test_every_stage_has_the_bits_that_were_recorded(steps: tuple[Step, ...]) -> None:
    for index, step in enumerate(steps):
        for stage, expected in enumerate((BATCH.logits, BATCH.scaled, BATCH.scores)):
            actual = step.after(stage)
            assert actual.dtype == np.float32
            assert expected[index, 1].view(np.uint32).tolist() == actual.view(np.uint32).tolist()
        np.testing.assert_array_equal(step.logits, step.after(0))
        np.testing.assert_array_equal(step.scores, step.after(-1))
        np.testing.assert_array_equal(step.after(1), step.after(-2))


def test_probabilities_sum_to_one_and_agree_with_the_table(steps: tuple[Step, ...]) -> None:
    for step in steps:
        for stage in range(step.num_stages):
            assert step.probabilities(stage).sum() == pytest.approx(1, abs=1e-6)
        assert step.probabilities()[step.token_id] == pytest.approx(step.probability, rel=1e-6)
        assert step.probabilities(0)[step.token_id] == pytest.approx(step.model_probability, rel=1e-6)


def test_a_stage_that_is_not_there_is_named(steps: tuple[Step, ...]) -> None:
    expected = (
        "stage=3 is no stage of this call; there are 0 logits, 1 TemperatureLogitsWarper, "
        "2 TopKLogitsWarper. "
        "Type stage=2."
    )
    with pytest.raises(ValueError, match=expected):
        steps[0].after(3)
    with pytest.raises(ValueError, match="stage=-4 is no stage"):
        steps[0].after(-4)


def test_the_columns_of_the_table_are_there(steps: tuple[Step, ...]) -> None:
    first, last = steps[0], steps[-1]
    assert (first.phase, last.phase) == (Phase.PREFILL, Phase.DECODE)
    assert (first.index, first.kv_len, first.position) == (0, 5, 5)
    assert (last.index, last.kv_len, last.is_finished) == (2, 7, True)
    assert (first.rank, first.model_rank, first.entropy, first.model_entropy) == (0, 0, 1.0, 2.0)
    assert first.favorite_id == first.winner_id == first.token_id == BATCH.token_ids[0, 1]
    assert -math.log(first.model_probability) == first.surprisal
    assert first.survivors == (VOCAB, VOCAB, 4)
    assert first.removed_mass == (0.0, 0.0, 0.25)
    assert {"EosTokenCriteria": True, "EosTokenCriteria 2": False} == last.verdicts
    assert {"processors": None, "choice": None, "waited": None, "at": 2.0} == last.times_ms
    assert f"#{first.token_id}" == first.token


def test_candidates_carry_every_stage_in_raw_order(steps: tuple[Step, ...]) -> None:
    step = steps[1]
    best, other = step.candidates
    assert (step.token_id, f"#{step.token_id}", 0) == (best.token_id, best.token, best.rank[0])
    assert (
        tuple(float(stage[1, 1, best.token_id]) for stage in (BATCH.logits, BATCH.scaled, BATCH.scores))
        == best.score
    )
    assert step.probability == pytest.approx(best.probability[-1])
    assert best.removed == (False, False, False)
    assert other.rank[0] > 0


def test_every_step_finds_its_candidates(steps: tuple[Step, ...]) -> None:
    for sequence in steps[0].call.sequences:
        for step in sequence.steps:
            assert step.token_id == step.candidates[0].token_id


def test_draws_and_accounting_are_those_of_the_row(steps: tuple[Step, ...]) -> None:
    assert bytes([1] * 4) == steps[1].random_state
    assert steps[1].noise is not None
    ids, values = steps[1].noise
    assert ([0, 1, 2], [0.5, 0.5, 0.5]) == (ids.tolist(), values.tolist())
    accounting = steps[1].accounting
    assert (("embedding", "layer-00.mlp"), (3, 1)) == (accounting.parts, accounting.ids)
    assert ((2, 2), (2,)) == (accounting.shares.shape, accounting.remainder.shape)
    assert (None, None, (), "float32") == (
        accounting.scaling,
        accounting.softcap,
        accounting.steps_after,
        accounting.logits_dtype,
    )


def test_inputs_and_cache_are_those_of_the_sampled_forward(steps: tuple[Step, ...]) -> None:
    given = steps[1].inputs["position_ids"]
    assert ((1, 1), "int64", None) == (given.shape, given.dtype, given.note)
    assert given.values is not None
    assert [[5]] == given.values.tolist()
    cache = steps[1].cache
    assert (cache.class_name, len(cache.layers)) == ("DynamicCache", LAYERS)
    assert (5, 6, (1, 2, 6, 8)) == (
        cache.layers[1].len_before,
        cache.layers[1].len_after,
        cache.layers[1].key_shape,
    )
    assert (steps[1].forward,) == steps[1].forwards


def test_layerwise_signals_are_those_of_the_row(steps: tuple[Step, ...]) -> None:
    first, second = steps[0], steps[1]
    np.testing.assert_array_equal(BATCH.streams[:, 1, :5], first.hidden_states())
    np.testing.assert_array_equal(BATCH.streams[2, 1, 5:6], second.hidden_states(2))
    np.testing.assert_array_equal(BATCH.queries[1, 1, :, :5], first.queries(1))
    np.testing.assert_array_equal(BATCH.keys[1, 1, :, :6], second.keys(1))
    np.testing.assert_array_equal(BATCH.values[0, 1, :, :7], steps[2].values(0))
    np.testing.assert_array_equal(np.diff(BATCH.streams, axis=0)[1, 1, 5:6], second.additions("mlp", 1))
    assert (5,) == second.positions("hidden_states")
    assert (0, 1, 2, 3, 4) == first.positions("queries", 1)


def test_attention_rows_are_labeled_and_causal(steps: tuple[Step, ...]) -> None:
    weights = steps[0].attention(1)
    assert ((HEADS, 5, 5), np.float32) == (weights.shape, weights.dtype)
    assert not np.triu(weights[0], 1).any()
    np.testing.assert_allclose(weights.sum(-1), 1, atol=1e-6)
    np.testing.assert_array_equal(weights[2], steps[0].attention(1, head=2))
    rows, columns = steps[1].attention_positions(1)
    assert ([5], [0, 1, 2, 3, 4, 5]) == (rows.tolist(), columns.tolist())
    with pytest.raises(ValueError, match=r"head=4 is no head of layer 1: there are 0 to 3. Type head=0."):
        steps[0].attention(1, head=4)


def test_a_layer_that_does_not_exist_is_named(steps: tuple[Step, ...]) -> None:
    for read in (steps[0].attention, steps[0].keys, steps[0].values, steps[0].queries, steps[0].mask):
        with pytest.raises(
            ValueError, match=r"layer=2 is no layer of this model: there are 0 to 1. Type layer=1."
        ):
            read(2)
    with pytest.raises(
        ValueError, match=r"layer=3 is no stream of this model: there are 0 to 2. Type layer=2."
    ):
        steps[0].hidden_states(3)


@pytest.mark.parametrize(
    ("signal", "read", "what", "remedy"),
    [
        ("queries", lambda step: step.attention(0), "attention of layer 0", "queries='auto'"),
        ("queries", lambda step: step.queries(1), "queries of layer 1", "queries='auto'"),
        ("keys_values", lambda step: step.keys(0), "keys of layer 0", "keys_values='all'"),
        ("keys_values", lambda step: step.values(0), "values of layer 0", "keys_values='all'"),
        ("keys_values", lambda step: step.attention(0), "attention of layer 0", "keys_values='all'"),
        (
            "hidden_states",
            lambda step: step.hidden_states(),
            "hidden states of stream 0",
            "hidden_states='last'",
        ),
        ("additions", lambda step: step.additions("mlp", 0), "additions of layer 0", "additions='last'"),
        ("accounting", lambda step: step.accounting, "accounting", "accounting='last'"),
        ("logits", lambda step: step.logits, "logits", "logits='last'"),
        ("logits", lambda step: step.after(1), "scores after stage 1", "logits='last'"),
        ("scores", lambda step: step.scores, "scores after stage 2", "scores='last'"),
    ],
)
def test_what_was_not_recorded_says_what_to_type(tmp_path: Path, signal, read, what, remedy) -> None:  # type: ignore[no-untyped-def]
    step = _step_without(tmp_path / "a.trace", signal)
    expected = (
        rf"Step 0 of '.*a.trace' has no {what}: it was recorded with {signal}='none'\. "
        rf"Record again with `record\(\.\.\., {remedy}\)`\."
    )
    with pytest.raises(SignalMissingError, match=expected):
        read(step)


def test_the_reason_in_the_documents_is_told(tmp_path: Path) -> None:
    reason = "layer 1 never calls the attention interface."
    missing = (Missing(signal="queries", reason=reason, layers=[1]),)
    step = _step_without(tmp_path / "a.trace", "queries", missing=missing, said="all")
    with pytest.raises(
        SignalMissingError,
        match=r"no attention of layer 1: layer 1 never calls the attention interface. `trace",
    ):
        step.attention(1)
    with pytest.raises(
        SignalMissingError, match=r"no attention of layer 0: it was not recorded. Record again"
    ):
        step.attention(0)


def test_layers_and_steps_that_were_left_out_say_so(tmp_path: Path) -> None:
    step = _step_without(tmp_path / "a.trace", "queries", said="all", layers=[1], steps=[1])
    with pytest.raises(
        SignalMissingError,
        match=r"it was recorded with layers=\[1\]. Record again with `record\(..., layers=None\)`",
    ):
        step.queries(0)
    with pytest.raises(
        SignalMissingError,
        match=r"it was recorded with steps=\[1\]. Record again with `record\(..., steps=None\)`",
    ):
        step.queries(1)


def test_a_dense_stage_needs_nothing_below_it(tmp_path: Path) -> None:
    scores = np.linspace(-2, 2, VOCAB, dtype=np.float32)
    arrays = {stage_entry(0, 0, 1, "values"): scores}
    step = _step(tmp_path / "a.trace", ["none", "dense", "divided"], [None, None, 2.0], arrays)
    np.testing.assert_array_equal(scores, step.after(1))
    np.testing.assert_array_equal(scores / np.float32(2), step.scores)
    with pytest.raises(SignalMissingError, match="has no logits: it was not recorded"):
        _ = step.logits


def test_stored_stages_that_do_not_fit_are_damage(tmp_path: Path) -> None:
    scores = np.zeros(VOCAB, dtype=np.float32)
    far = np.array([VOCAB + 5], dtype=np.int32)
    arrays = {stage_entry(0, 0, 1, "values"): scores, stage_entry(0, 0, 2, "ids"): far}
    step = _step(tmp_path / "a.trace", ["none", "dense", "kept"], [None, None, None], arrays)
    with pytest.raises(
        TraceFormatError, match=r"Stage 2 of step 0 cannot be rebuilt: .*The trace is damaged"
    ):
        _ = step.scores
    step = _step(tmp_path / "b.trace", ["none", "dense", "changed"], [None, None, None], arrays)
    with pytest.raises(TraceFormatError, match="Stage 2 of step 0 cannot be rebuilt"):
        _ = step.scores


def test_a_half_precision_head_gives_float32(tmp_path: Path) -> None:
    arrays = {"step-000000/logits": np.full((1, VOCAB), 0x3F80, dtype=np.uint16)}
    step = _step(tmp_path / "a.trace", ["same", "divided"], [None, TEMPERATURE], arrays, dtype="bfloat16")
    assert [1.0] * VOCAB == step.logits.tolist()
    np.testing.assert_array_equal(
        np.ones(VOCAB, np.float32) / np.float32(TEMPERATURE), step.scores, strict=True
    )


def test_greedy_steps_have_neither_state_nor_noise(tmp_path: Path) -> None:
    step = _step(tmp_path / "a.trace", ["none"], [None], {})
    assert (None, None) == (step.random_state, step.noise)
    with pytest.raises(SignalMissingError, match=r"Step 0 of '.*' has no probability: it was not recorded"):
        _ = step.probability


def test_a_candidate_without_a_stage_is_damage(tmp_path: Path) -> None:
    step = _step(tmp_path / "a.trace", ["none", "none"], [None, None], {}, candidates=True)
    with pytest.raises(
        TraceFormatError, match=r"Candidate 4 of step 0 has the stages \[1\], and 0 to 1 were expected"
    ):
        _ = step.candidates


def _step(  # type: ignore[no-untyped-def]
    path: Path, forms, scales, arrays, *, dtype: str | None = None, candidates: bool = False
) -> Step:
    """Writes a trace of one bare step."""
    writer = TraceWriter(path, manifest(), overwrite=False)
    call = writer.begin_call(Synthetic().info())
    call.add_row(
        "steps", {"sequence": 0, "step": 0, "token_id": 1, "form_by_stage": forms, "scale_by_stage": scales}
    )
    for name, array in arrays.items():
        call.add_array(name, array, dtype=dtype)
    if candidates:
        call.add_columns("candidates", {"sequence": [0], "step": [0], "stage": [1], "token_id": [4]})
    call.end(Synthetic().info())
    writer.close("complete")
    return open_trace(path).steps[0]


def _step_without(  # type: ignore[no-untyped-def]
    path: Path, signal: str, *, missing: tuple[Missing, ...] = (), said: str = "none", **config
) -> Step:
    """Writes the usual trace without the arrays of a signal."""
    names = {"keys_values": ("/keys/", "/values/"), "scores": ("/stage-",)}
    dropped = names.get(signal, (f"/{signal}",))
    write_trace(path, missing=missing, without=dropped, **{**config, signal: said})
    return open_trace(path).steps[0]
