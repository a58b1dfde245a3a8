"""Keys, masks and attention for the ways in which a cache grows; calls are written forward by forward."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.synthetic import HEAD_DIM, HEADS, KV_HEADS, LAYERS, Synthetic, manifest
from tracer.errors import SignalMissingError, TraceFormatError
from tracer.schema import AttentionInfo, LayerAttention
from tracer.store.format import forward_entry
from tracer.store.writer import CallWriter, TraceWriter
from tracer.trace.attention.softmax import attention_weights
from tracer.trace.call import Call
from tracer.trace.opening import open_trace
from tracer.trace.step import Step

LENGTH, ROWS = 12, 2
RANDOM = np.random.default_rng(3)
QUERIES = RANDOM.normal(size=(LAYERS, ROWS, HEADS, LENGTH, HEAD_DIM)).astype(np.float32)
KEYS, VALUES = RANDOM.normal(size=(2, LAYERS, ROWS, KV_HEADS, LENGTH, HEAD_DIM)).astype(np.float32)
ALL = f"layers-0-{LAYERS - 1}"
ROW = 1


@dataclass
class Pass:
    """One forward: its input's positions, those stored (`new`), and what its layers saw."""

    start: int
    end: int
    step: int = 0
    new: int | None = None
    num_queries: int | None = None
    kv_len: int | None = None
    kv_offset: int = 0
    mask: tuple[np.ndarray, dict[str, Any]] | None = None
    columns: dict[str, Any] = field(default_factory=dict)
    arrays: dict[str, np.ndarray] = field(default_factory=dict)


def _write_pass(call: CallWriter, index: int, one: Pass) -> None:
    new = one.end - one.start if one.new is None else one.new
    count = one.end - one.start if one.num_queries is None else one.num_queries
    stored = slice(one.end - new, one.end)
    if new:
        call.add_array(forward_entry(index, f"keys/{ALL}"), KEYS[:, :, :, stored])
        call.add_array(forward_entry(index, f"values/{ALL}"), VALUES[:, :, :, stored])
    if count:
        call.add_array(forward_entry(index, f"queries/{ALL}"), QUERIES[:, :, :, one.end - count : one.end])
    for name, array in one.arrays.items():
        call.add_array(forward_entry(index, name), array)
    masks = []
    if one.mask is not None:
        call.add_array(forward_entry(index, "masks/0"), one.mask[0])
        masks = [one.mask[1]]
    kv_len = one.end - one.kv_offset if one.kv_len is None else one.kv_len
    view = {"kv_len": kv_len, "kv_offset": one.kv_offset, "mask": 0 if masks else -1}
    row = {
        "forward": index,
        "step": one.step,
        "phase": "decode" if one.step else "prefill",
        "query_len": one.end - one.start,
        "position_start": one.start,
        "views": [{"layer": layer, **view} for layer in range(LAYERS)],
        "masks": masks,
    }
    call.add_row("forwards", {**row, **one.columns})


def _write_call(writer: TraceWriter, index: int, passes: list[Pass], constants: dict[str, Any]) -> None:
    common = {"scaling": 0.4, "num_heads": HEADS, "num_key_value_heads": KV_HEADS, **constants}
    layers = [LayerAttention(layer=layer, **common) for layer in range(LAYERS)]
    info = Synthetic(rows=ROWS).info(index, attention=AttentionInfo(layers=layers))
    call = writer.begin_call(info)
    last = {one.step: number for number, one in enumerate(passes) if not one.columns.get("is_auxiliary")}
    for number, one in enumerate(passes):
        _write_pass(call, number, one)
    for step, number in last.items():
        for row in range(ROWS):
            call.add_row("steps", {"sequence": row, "step": step, "token_id": 0, "forward": number})
        call.flush()
    call.end(info)


def _call(path: Path, *calls: list[Pass], **constants: Any) -> Call:
    writer = TraceWriter(path / "a.trace", manifest(), overwrite=False)
    for index, passes in enumerate(calls):
        _write_call(writer, index, passes, constants)
    writer.close("complete")
    return open_trace(path / "a.trace").calls[-1]


def _last_step(call: Call) -> Step:
    return call.sequences[ROW].steps[-1]


def _expected(layer: int, positions: range, keys: range, visible: np.ndarray, **settings: Any) -> np.ndarray:
    queries = QUERIES[layer, ROW, :, positions.start : positions.stop]
    seen = KEYS[layer, ROW, :, keys.start : keys.stop]
    return attention_weights(queries, seen, scaling=0.4, mask=visible, **settings)


def _causal(positions: range, keys: range) -> np.ndarray:
    return np.array(keys)[None, :] <= np.array(positions)[:, None]


def test_a_growing_cache_is_put_together(tmp_path: Path) -> None:
    step = _last_step(_call(tmp_path, [Pass(0, 5), Pass(5, 6, 1), Pass(6, 7, 2)]))
    np.testing.assert_array_equal(KEYS[1, ROW, :, :7], step.keys(1))
    np.testing.assert_array_equal(VALUES[0, ROW, :, :7], step.values(0))
    np.testing.assert_array_equal(
        _expected(1, range(6, 7), range(7), np.ones((1, 7), bool)), step.attention(1)
    )


def test_without_a_cache_only_new_positions_are_stored(tmp_path: Path) -> None:
    passes = [Pass(0, 5), Pass(0, 6, 1, new=1), Pass(0, 7, 2, new=1)]
    step = _last_step(_call(tmp_path, passes))
    np.testing.assert_array_equal(KEYS[0, ROW, :, :7], step.keys(0))
    rows, columns = step.attention_positions(0)
    assert (list(range(7)), list(range(7))) == (rows.tolist(), columns.tolist())
    expected = _expected(0, range(7), range(7), _causal(range(7), range(7)))
    np.testing.assert_array_equal(expected, step.attention(0))


def test_places_that_a_static_cache_has_not_filled_are_zero(tmp_path: Path) -> None:
    visible = _causal(range(5, 6), range(9))
    mask = (np.packbits(visible), _mask_row("bits", (1, 1, 1, 9)))
    step = _last_step(_call(tmp_path, [Pass(0, 5, kv_len=9), Pass(5, 6, 1, kv_len=9, mask=mask)]))
    np.testing.assert_array_equal(KEYS[0, ROW, :, :6], step.keys(0)[:, :6])
    assert step.keys(0).shape == (KV_HEADS, 9, HEAD_DIM)
    assert not step.keys(0)[:, 6:].any()
    np.testing.assert_array_equal(visible, step.mask(0))
    weights = step.attention(0)
    assert not weights[:, :, 6:].any()
    np.testing.assert_allclose(
        _expected(0, range(5, 6), range(6), np.ones((1, 6), bool)), weights[..., :6], atol=1e-6
    )


def test_a_sliding_layer_sees_its_window(tmp_path: Path) -> None:
    passes = [Pass(0, 6), Pass(6, 7, 1, kv_len=4, kv_offset=3)]
    call = _call(tmp_path, passes, sliding_window=4)
    first, last = call.sequences[ROW].steps
    np.testing.assert_array_equal(KEYS[1, ROW, :, 3:7], last.keys(1))
    assert [3, 4, 5, 6] == last.attention_positions(1)[1].tolist()
    visible = np.array([[key <= query < key + 4 for key in range(6)] for query in range(6)])
    np.testing.assert_array_equal(visible, first.mask(1))
    np.testing.assert_array_equal(_expected(1, range(6), range(6), visible), first.attention(1))


def test_a_prefix_that_the_cache_held_is_seen(tmp_path: Path) -> None:
    prefix = {
        f"prefix_{name}/{ALL}": array[:, :, :, :4] for name, array in (("keys", KEYS), ("values", VALUES))
    }
    passes = [Pass(4, 7, arrays=prefix, columns={"prefix_len": 4}), Pass(7, 8, 1)]
    first, last = _call(tmp_path, passes).sequences[ROW].steps
    np.testing.assert_array_equal(KEYS[0, ROW, :, :7], first.keys(0))
    np.testing.assert_array_equal(VALUES[1, ROW, :, :8], last.values(1))
    expected = _expected(0, range(4, 7), range(7), _causal(range(4, 7), range(7)))
    np.testing.assert_array_equal(expected, first.attention(0))


def test_a_sliding_prefix_may_be_shorter(tmp_path: Path) -> None:
    prefix = {f"prefix_keys/{ALL}": KEYS[:, :, :, 3:6]}
    passes = [Pass(6, 7, arrays=prefix, kv_offset=3, columns={"prefix_len": 6})]
    np.testing.assert_array_equal(KEYS[0, ROW, :, 3:7], _last_step(_call(tmp_path, passes)).keys(0))


def test_a_prefix_of_an_earlier_call_is_looked_up_there(tmp_path: Path) -> None:
    earlier = [Pass(0, 5), Pass(5, 6, 1), Pass(6, 7, 2)]
    rest = {
        f"prefix_{name}/{ALL}": array[:, :, :, 6:8] for name, array in (("keys", KEYS), ("values", VALUES))
    }
    shared = {"prefix_len": 8, "prefix_call": 0, "prefix_shared": 6}
    step = _last_step(_call(tmp_path, earlier, [Pass(8, 9, arrays=rest, columns=shared), Pass(9, 10, 1)]))
    assert step.call.index == 1
    np.testing.assert_array_equal(KEYS[1, ROW, :, :10], step.keys(1))
    np.testing.assert_array_equal(VALUES[0, ROW, :, :10], step.values(0))


def test_no_more_than_the_shared_positions_is_taken_from_an_earlier_call(tmp_path: Path) -> None:
    shared = {"prefix_len": 7, "prefix_call": 0, "prefix_shared": 6}
    step = _last_step(_call(tmp_path, [Pass(0, 7)], [Pass(7, 8, columns=shared)]))
    with pytest.raises(SignalMissingError, match=r"Step 0 of .* has no keys of layer 0"):
        step.keys(0)


def test_chunks_of_a_prefill_stand_below_each_other(tmp_path: Path) -> None:
    step = _last_step(_call(tmp_path, [Pass(0, 3), Pass(3, 6), Pass(6, 7)]))
    assert len(step.forwards) == 3
    rows, columns = step.attention_positions(0)
    assert (list(range(7)), list(range(7))) == (rows.tolist(), columns.tolist())
    expected = _expected(0, range(7), range(7), _causal(range(7), range(7)))
    np.testing.assert_allclose(step.attention(0), expected, atol=1e-6)
    np.testing.assert_array_equal(QUERIES[0, ROW, :, :7], step.queries(0))
    np.testing.assert_array_equal(_causal(range(7), range(7)), step.mask(0))


def test_chunks_of_a_sliding_prefill_keep_all_that_any_row_saw(tmp_path: Path) -> None:
    passes = [Pass(0, 3), Pass(3, 6, kv_offset=1, kv_len=5)]
    step = _last_step(_call(tmp_path, passes, sliding_window=3))
    weights = step.attention(0)
    assert (HEADS, 6, 6) == weights.shape
    np.testing.assert_allclose(weights.sum(-1), 1, atol=1e-6)
    assert (KV_HEADS, 5, HEAD_DIM) == step.keys(0).shape


def test_chunks_with_different_kinds_of_mask_are_joined_as_additive(tmp_path: Path) -> None:
    added = np.array([0, -1, 0, -5], dtype=np.float32).reshape(1, 1, 1, 4)
    passes = [Pass(0, 3), Pass(3, 4, mask=(added, _mask_row("additive", added.shape)))]
    mask = _last_step(_call(tmp_path, passes)).mask(0)
    assert mask.dtype == np.float32
    assert [[0, -np.inf, -np.inf, -np.inf], [0, -1, 0, -5]] == mask[[0, 3]].tolist()


def test_rows_without_stored_queries_are_left_out(tmp_path: Path) -> None:
    passes = [Pass(0, 4, num_queries=0), Pass(4, 7, num_queries=1)]
    step = _last_step(_call(tmp_path, passes))
    assert [6] == step.attention_positions(0)[0].tolist()
    np.testing.assert_array_equal(
        _expected(0, range(6, 7), range(7), np.ones((1, 7), bool)), step.attention(0)
    )
    assert (7, 7) == step.mask(0).shape


def test_auxiliary_forwards_are_not_the_steps(tmp_path: Path) -> None:
    wrong = {f"keys/{ALL}": -KEYS[:, :, :, :5]}
    passes = [
        Pass(0, 5),
        Pass(0, 5, new=0, num_queries=0, arrays=wrong, columns={"is_auxiliary": True}),
        Pass(5, 6, 1),
    ]
    call = _call(tmp_path, passes)
    assert [False, True, False] == [forward.is_auxiliary for forward in call.forwards]
    first, last = call.sequences[ROW].steps
    assert [0] == [forward.index for forward in first.forwards]
    np.testing.assert_array_equal(KEYS[0, ROW, :, :6], last.keys(0))


def test_a_forward_that_was_done_again_replaces_its_keys(tmp_path: Path) -> None:
    undone = {f"keys/{ALL}": -KEYS[:, :, :, 5:6], f"values/{ALL}": -VALUES[:, :, :, 5:6]}
    passes = [Pass(0, 5), Pass(5, 6, 1, new=0, num_queries=0, arrays=undone), Pass(5, 6, 1)]
    np.testing.assert_array_equal(KEYS[0, ROW, :, :6], _last_step(_call(tmp_path, passes)).keys(0))


def test_a_hole_in_the_keys_is_missing_not_zero(tmp_path: Path) -> None:
    step = _last_step(_call(tmp_path, [Pass(0, 5), Pass(5, 6, 1, new=0), Pass(6, 7, 2)]))
    with pytest.raises(SignalMissingError, match=r"Step 2 of .* has no keys of layer 0: it was not recorded"):
        step.keys(0)
    with pytest.raises(SignalMissingError, match="has no attention of layer 1: it was not recorded"):
        step.attention(1)


def _mask_row(kind: str, shape: tuple[int, ...], fill: float | None = None) -> dict[str, Any]:
    return {"kind": kind, "shape": list(shape), "dtype": "float32", "fill": fill}


_LEFT = np.array([[1] * 5, [0, 0, 1, 1, 1]], dtype=bool)[:, None, None, :] & _causal(range(5), range(5))
_LOWEST = float(np.finfo(np.float32).min)


def test_boolean_masks_are_picked_by_row(tmp_path: Path) -> None:
    mask = (np.packbits(_LEFT), _mask_row("bits", _LEFT.shape))
    step = _last_step(_call(tmp_path, [Pass(0, 5, mask=mask)]))
    np.testing.assert_array_equal(_LEFT[ROW, 0], step.mask(0), strict=True)
    weights = step.attention(0)
    np.testing.assert_array_equal(_expected(0, range(5), range(5), _LEFT[ROW, 0]), weights)
    assert not weights[:, :2].any()


@pytest.mark.parametrize("fill", [_LOWEST, -1e4, -np.inf, -1.7e308])
def test_packed_additive_masks_add_their_fill(tmp_path: Path, fill: float) -> None:
    mask = (np.packbits(_LEFT), _mask_row("additive_bits", _LEFT.shape, fill))
    step = _last_step(_call(tmp_path, [Pass(0, 5, mask=mask)]))
    floor = np.float32(fill if np.isinf(fill) else max(fill, _LOWEST))
    expected = np.where(_LEFT[ROW, 0], np.float32(0), floor)
    np.testing.assert_array_equal(expected, step.mask(0), strict=True)
    np.testing.assert_array_equal(_expected(0, range(5), range(5), expected), step.attention(0))


def test_masks_of_each_head_keep_their_heads(tmp_path: Path) -> None:
    added = RANDOM.normal(size=(1, HEADS, 5, 5)).astype(np.float32)
    step = _last_step(
        _call(tmp_path, [Pass(0, 5, num_queries=2, mask=(added, _mask_row("additive", added.shape)))])
    )
    np.testing.assert_array_equal(added[0], step.mask(0), strict=True)
    expected = _expected(0, range(3, 5), range(5), added[0][:, 3:])
    np.testing.assert_array_equal(expected, step.attention(0))
    np.testing.assert_array_equal(expected[3], step.attention(0, head=3))


def test_a_mask_wider_than_the_keys_is_cut(tmp_path: Path) -> None:
    wide = np.concatenate([_LEFT, np.zeros((ROWS, 1, 5, 3), bool)], axis=-1)
    step = _last_step(_call(tmp_path, [Pass(0, 5, mask=(np.packbits(wide), _mask_row("bits", wide.shape)))]))
    np.testing.assert_array_equal(_LEFT[ROW, 0], step.mask(0), strict=True)


def test_a_mask_of_keys_alone_is_causal_too(tmp_path: Path) -> None:
    keys = np.array([[1] * 5, [0, 1, 1, 1, 1]], dtype=bool)
    step = _last_step(_call(tmp_path, [Pass(0, 5, mask=(np.packbits(keys), _mask_row("bits", keys.shape)))]))
    np.testing.assert_array_equal(_causal(range(5), range(5)) & keys[ROW], step.mask(0), strict=True)


def test_a_mask_that_does_not_fit_is_damage(tmp_path: Path) -> None:
    small = np.ones((1, 1, 5, 3), dtype=bool)
    step = _last_step(
        _call(tmp_path, [Pass(0, 5, mask=(np.packbits(small), _mask_row("bits", small.shape)))])
    )
    expected = r"Mask 0 of forward 0 has the shape \(1, 1, 5, 3\), which does not fit 5 queries and 5 keys"
    with pytest.raises(TraceFormatError, match=expected):
        step.mask(0)


def test_attention_that_is_not_causal_sees_everything(tmp_path: Path) -> None:
    step = _last_step(_call(tmp_path, [Pass(0, 5)], is_causal=False))
    assert step.mask(0).all()


def test_softcap_and_sinks_are_applied(tmp_path: Path) -> None:
    sinks = RANDOM.normal(size=(LAYERS, HEADS)).astype(np.float32)
    passes = [Pass(0, 5, arrays={f"sinks/{ALL}": sinks}), Pass(5, 6, 1)]
    step = _last_step(_call(tmp_path, passes, softcap=2.0, has_sinks=True))
    visible = np.ones((1, 6), dtype=bool)
    expected = _expected(1, range(5, 6), range(6), visible, softcap=2.0, sinks=sinks[1])
    np.testing.assert_array_equal(expected, step.attention(1))
    np.testing.assert_array_equal(expected[2], step.attention(1, head=2))
    assert (step.attention(1).sum(-1) < 1).all()


def test_sinks_that_were_not_stored_are_missing(tmp_path: Path) -> None:
    step = _last_step(_call(tmp_path, [Pass(0, 5)], has_sinks=True))
    with pytest.raises(
        SignalMissingError, match=r"has no attention of layer 0 \(its sinks\): it was not recorded"
    ):
        step.attention(0)


def test_the_last_of_many_steps_is_found_across_shards(tmp_path: Path) -> None:
    passes = [Pass(0, 3), *(Pass(2 + step, 3 + step, step) for step in range(1, 9))]
    step = _last_step(_call(tmp_path, passes))
    assert step.index == 8
    np.testing.assert_array_equal(KEYS[1, ROW, :, :11], step.keys(1))
