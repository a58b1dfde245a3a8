"""The oracles: plain functions that compare one recorded call, as the reader returns it, with its `Truth`.

Each takes `(call, truth)` and raises AssertionError where they differ. They need numpy and the reader only and run
in a process without torch. Equality is bit by bit, but for attention, which the reader computes: 1e-5.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.fidelity.truth import Array, ForwardTruth, Truth
from tracer.errors import SignalMissingError

ATTENTION_TOLERANCE = 1e-5


def _assert_same(expected: Array, actual: Array, what: str) -> None:
    actual = np.asarray(actual)
    assert expected.shape == actual.shape, f"{what}: shape {expected.shape} expected, {actual.shape} read"
    if expected.dtype == np.float32:
        assert actual.dtype == np.float32, f"{what}: float32 expected, {actual.dtype} read"
        expected, actual = (np.ascontiguousarray(side).view(np.uint32) for side in (expected, actual))
    differing = np.count_nonzero(expected != actual)
    assert differing == 0, f"{what}: {differing} of {expected.size} values differ"


def _steps(call: Any, truth: Truth) -> Iterator[tuple[int, int, Any]]:
    """Yields (row, step number, step) of every step of every row."""
    for row, sequence in enumerate(call.sequences):
        for number, step in enumerate(sequence.steps):
            assert number < len(truth.logits), f"row {row} has {len(sequence.steps)} steps"
            yield row, number, step


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one layer's attention was given and gave for one row in all forwards of one step."""

    what: str
    step: Any
    layer: int
    padding: int
    query_positions: Array  # as the reader says
    key_positions: Array
    queries: Array  # of the reader's query positions
    keys: dict[int, Array]  # by absolute position
    values: dict[int, Array]
    weights: list[dict[int, Array]]  # by the reader's query, by absolute key position: (heads,)
    sampled_position: int
    sampled_start: int  # the first key's position in the sampled forward

    @property
    def written(self) -> list[int]:
        """The positions of all keys that the step saw, in order."""
        return sorted(self.keys)


def _heard(call: Any, truth: Truth) -> Iterator[_Seen]:
    """Yields what was heard, for every layer of every step: its last forward, and for step 0 all prefill chunks."""
    for row, number, step in _steps(call, truth):
        first = 0 if number == 0 else truth.step_forwards[number]
        forwards = truth.forwards[first : truth.step_forwards[number] + 1]
        for layer in forwards[-1].layers:
            yield _see(f"row {row} step {number} layer {layer}", step, layer, truth.padding(row), forwards)


def _see(what: str, step: Any, layer: int, padding: int, forwards: Sequence[ForwardTruth]) -> _Seen:
    query_positions, key_positions = (np.asarray(side).tolist() for side in step.attention_positions(layer))
    row = step.sequence.row
    queries: dict[int, Array] = {}
    weights: dict[int, dict[int, Array]] = {}
    keys: dict[int, Array] = {}
    values: dict[int, Array] = {}
    for forward in forwards:
        heard, end = forward.layers[layer], forward.position_start + forward.query_len
        written = [
            (heard.key_start + slot, slot)
            for slot in range(heard.keys.shape[2])
            if heard.key_start + slot < end
        ]
        keys |= {position: heard.keys[row][:, slot] for position, slot in written}
        values |= {position: heard.values[row][:, slot] for position, slot in written}
        for index in range(forward.query_len):
            position = forward.position_start + index
            queries[position] = heard.queries[row][:, index]
            weights[position] = {key: heard.weights[row][:, index, slot] for key, slot in written}
    unknown = set(query_positions) - set(queries)
    assert not unknown, f"{what}: queries of positions {sorted(unknown)}, which this step never saw"
    return _Seen(
        what,
        step,
        layer,
        padding,
        np.array(query_positions),
        np.array(key_positions),
        np.stack([queries[position] for position in query_positions], axis=1),
        keys,
        values,
        [weights[position] for position in query_positions],
        forwards[-1].position_start + forwards[-1].query_len - 1,
        forwards[-1].layers[layer].key_start,
    )


def check_tokens(call: Any, truth: Truth) -> None:
    """Every row's prompt, tokens, and the step that finished it."""
    assert truth.rows == len(call.sequences)
    for row, sequence in enumerate(call.sequences):
        expected = truth.generated(row)
        padding = truth.padding(row)
        assert expected == [int(token) for token in sequence.token_ids], f"tokens of row {row}"
        assert expected == [step.token_id for step in sequence.steps], f"steps of row {row}"
        prompt = truth.sequences[row, padding : truth.prompt_len].tolist()
        assert prompt == [int(token) for token in sequence.prompt_ids], f"prompt of row {row}"
        flags = [step.is_finished for step in sequence.steps]
        ends = len(expected) - 1
        assert [False] * ends == flags[:-1], f"row {row} finished before its last step: {flags}"
        assert flags[-1], f"row {row} never finished"


def check_logits(call: Any, truth: Truth) -> None:
    """Raw logits are transformers' `output_logits`."""
    for row, number, step in _steps(call, truth):
        _assert_same(truth.logits[number, row], step.logits, f"logits of row {row} step {number}")
        _assert_same(truth.logits[number, row], step.after(0), f"stage 0 of row {row} step {number}")


def check_scores(call: Any, truth: Truth) -> None:
    """Final scores are transformers' `output_scores`."""
    for row, number, step in _steps(call, truth):
        _assert_same(truth.scores[number, row], step.scores, f"scores of row {row} step {number}")


def check_stages(call: Any, truth: Truth) -> None:
    """Every stage, by position and name, is what its processor returned."""
    assert truth.stage_names == tuple(call.stage_names)
    for row, number, step in _steps(call, truth):
        assert truth.stages.shape[1] == step.num_stages
        for stage in range(step.num_stages):
            name = f"stage {stage} ({truth.stage_names[stage]}) of row {row} step {number}"
            _assert_same(truth.stages[number, stage, row], step.after(stage), name)


def check_statistics(call: Any, truth: Truth) -> None:
    """Probabilities, ranks, entropies and counts are those of the true scores, computed in float64."""
    for row, number, step in _steps(call, truth):
        token, what = step.token_id, f"row {row} step {number}"
        raw, final = _softmax(truth.logits[number, row]), _softmax(truth.scores[number, row])
        found = (step.model_probability, step.probability, step.model_entropy, step.entropy)
        expected = (raw[token], final[token], _entropy(raw), _entropy(final))
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6, err_msg=what)
        above = (truth.logits[number, row] > truth.logits[number, row, token]).sum()
        assert above == step.model_rank, f"{what}: model_rank {step.model_rank}"
        assert (truth.scores[number, row] > truth.scores[number, row, token]).sum() == step.rank, (
            f"{what}: rank"
        )
        survivors = [int((~np.isneginf(stage[row])).sum()) for stage in truth.stages[number]]
        assert survivors == [int(count) for count in step.survivors], f"{what}: survivors"
        assert int(np.argmax(truth.logits[number, row])) == step.favorite_id, f"{what}: favorite"
        assert int(np.argmax(truth.scores[number, row])) == step.winner_id, f"{what}: winner"


def check_candidates(call: Any, truth: Truth) -> None:
    """Every candidate's scores are the true ones at every stage, and the chosen token is among them."""
    for row, number, step in _steps(call, truth):
        what = f"candidates of row {row} step {number}"
        candidates = step.candidates
        ids = [candidate.token_id for candidate in candidates]
        assert step.token_id in ids, f"{what}: the chosen token is not among them"
        assert len(ids) == len(set(ids)), f"{what}: a token twice"
        best = np.sort(truth.logits[number, row])[::-1][: min(64, len(ids))]
        assert best[0] == truth.logits[number, row, ids[0]], f"{what}: not ordered by raw rank"
        scores = np.array([candidate.score for candidate in candidates], np.float32).T
        _assert_same(
            np.ascontiguousarray(truth.stages[number, :, row][:, ids]), np.ascontiguousarray(scores), what
        )


def check_streams(call: Any, truth: Truth) -> None:
    """The residual streams at the sampled position are `output_hidden_states`, before the final norm."""
    for row, number, step in _steps(call, truth):
        states = step.hidden_states()
        assert states.ndim == 3
        _assert_same(truth.streams[number, :, row], states[:, -1], f"streams of row {row} step {number}")


def check_queries_keys_values(call: Any, truth: Truth) -> None:
    """Queries of the step, keys and values of its sampled forward are what attention was given.

    Columns of padding are not compared; slots that were not written yet are zeros.
    """
    for seen in _heard(call, truth):
        assert seen.query_positions[-1] == seen.sampled_position, (
            f"{seen.what}: no query of the sampled position"
        )
        _assert_same(seen.queries, seen.step.queries(seen.layer), f"{seen.what}: queries")
        written = seen.key_positions[seen.key_positions <= seen.sampled_position].tolist()
        assert seen.written == written, f"{seen.what}: {seen.written} expected, {written} read"
        sampled = [position for position in seen.written if position >= seen.sampled_start]
        for name, expected, actual in (
            ("keys", seen.keys, seen.step.keys(seen.layer)),
            ("values", seen.values, seen.step.values(seen.layer)),
        ):
            assert actual.shape[1] >= len(sampled), f"{seen.what}: {actual.shape[1]} {name}"
            assert not actual[:, len(sampled) :].any(), f"{seen.what}: {name} that were not written yet"
            real = [index for index, position in enumerate(sampled) if position >= seen.padding]
            columns = np.stack([expected[sampled[index]] for index in real], axis=1)
            _assert_same(columns, actual[:, real], f"{seen.what}: {name}")


def check_attention(call: Any, truth: Truth) -> None:
    """Attention is eager's on the same queries and keys, within 1e-5, for every query that is not padding."""
    for seen in _heard(call, truth):
        actual = seen.step.attention(seen.layer)
        shape = (seen.queries.shape[0], len(seen.query_positions), len(seen.key_positions))
        assert shape == actual.shape, f"{seen.what}: shape {shape} expected, {actual.shape} read"
        assert actual.dtype == np.float32
        for index, weights in enumerate(seen.weights):
            if seen.query_positions[index] < seen.padding:
                continue
            nothing = np.zeros(shape[0], np.float32)
            expected = np.stack([weights.get(key, nothing) for key in seen.key_positions.tolist()], axis=1)
            worst = np.abs(expected - actual[:, index]).max()
            where = f"{seen.what} query {seen.query_positions[index]}"
            assert worst <= ATTENTION_TOLERANCE, f"{where}: attention differs by {worst:.2e}"
            hidden = sum(
                np.abs(weight).max() for key, weight in weights.items() if key not in seen.key_positions
            )
            assert hidden <= ATTENTION_TOLERANCE, f"{where}: {hidden:.2e} of its attention is not shown"
        _assert_same(actual[1], seen.step.attention(seen.layer, 1), f"{seen.what}: head 1 alone")


def check_prompt_attention(call: Any, truth: Truth) -> None:
    """The first step has the whole map: a query for every position of the prompt that is not padding."""
    for row, sequence in enumerate(call.sequences):
        for layer in truth.forwards[truth.step_forwards[0]].layers:
            positions = np.asarray(sequence.steps[0].attention_positions(layer)[0]).tolist()
            start = max(truth.padding(row), truth.forwards[0].position_start)
            assert set(range(start, truth.prompt_len)) <= set(positions), (
                f"row {row} layer {layer}: {positions}"
            )


def check_deaf_layers(call: Any, truth: Truth) -> None:
    """A layer whose attention cannot be heard says so, with the reason, and never answers."""
    for layer in truth.deaf_layers:
        named = [
            missing for missing in call.info.missing if missing.layers is None or layer in missing.layers
        ]
        signals = {missing.signal for missing in named}
        assert signals & {"attention", "queries"}, f"layer {layer} is not named missing: {signals}"
        assert all(missing.reason for missing in named)
        for read in (call.sequences[0].steps[0].attention, call.sequences[0].steps[0].queries):
            _assert_missing(read, layer)


def _assert_missing(read: Callable[[int], Any], layer: int) -> None:
    message = ""
    try:
        read(layer)
    except SignalMissingError as error:
        message = str(error)
    assert message, f"{read.__name__}({layer}) answered, though that layer was never heard"


def check_forwards(call: Any, truth: Truth) -> None:
    """One forward for each of the model's, with its integer inputs, and the cache's lengths afterwards."""
    assert len(truth.forwards) == len(call.forwards)
    longest = max(call.sequences, key=lambda sequence: len(sequence.steps))
    for number, step in enumerate(longest.steps):
        forward = truth.forwards[truth.step_forwards[number]]
        assert forward.position_start + forward.query_len == step.kv_len, f"kv_len of step {number}"
        for name, expected in forward.inputs.items():
            given = step.inputs[name]
            assert expected.shape == tuple(given.shape), f"shape of {name} in step {number}"
            _assert_same(expected, given.values, f"{name} of step {number}")
        lens = tuple(layer.len_after for layer in step.cache.layers if layer.key_shape)
        assert forward.cache_lens == lens, f"cache lengths of step {number}"


def check_random_states(call: Any, truth: Truth) -> None:
    """The random state just before every draw; none where nothing was drawn."""
    for row, number, step in _steps(call, truth):
        state = step.random_state
        if not truth.random_states.size:
            assert state is None, f"a greedy step has a random state: row {row} step {number}"
            continue
        assert state is not None, f"no random state: row {row} step {number}"
        assert truth.random_states[number].tobytes() == bytes(state), (
            f"random state of row {row} step {number}"
        )


def check_noise(call: Any, truth: Truth) -> None:
    """The stored race gives the token: the smallest noise over probability among the stored tokens wins."""
    for row, number, step in _steps(call, truth):
        if not truth.random_states.size:
            assert step.noise is None
            continue
        ids, values = (np.asarray(side) for side in step.noise)
        race = _softmax(truth.scores[number, row])[ids] / values.astype(np.float64)
        assert step.token_id == int(ids[int(np.argmax(race))]), f"the race of row {row} step {number}"


def _softmax(scores: Array) -> Array:
    shifted = np.exp(scores.astype(np.float64) - scores.max())
    return np.asarray(shifted / shifted.sum())


def _entropy(probabilities: Array) -> float:
    positive = probabilities[probabilities > 0]
    return float(-(positive * np.log(positive)).sum())


ORACLES: tuple[Callable[[Any, Truth], None], ...] = (
    check_tokens,
    check_logits,
    check_scores,
    check_stages,
    check_statistics,
    check_candidates,
    check_streams,
    check_queries_keys_values,
    check_attention,
    check_prompt_attention,
    check_deaf_layers,
    check_forwards,
    check_random_states,
    check_noise,
)
