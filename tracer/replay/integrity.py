"""Checks the files: digests of every shard, and the shapes of tables and arrays.

Reads headers and tables; of the arrays only what the digests need. Needs neither torch nor a model.
"""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from tracer.replay.verdicts import Check, Tally
from tracer.store.format import parse_layers
from tracer.store.reader import ShardReader
from tracer.trace.call import Call
from tracer.trace.forward import Forward
from tracer.trace.sequence import Sequence

Shape = tuple[int, ...]


def check_digests(call: Call) -> Iterator[Check]:
    """Yields the checks that every shard's files are the bytes that were written."""
    tally = Tally("digests", call.index, "files are as they were written")
    shards = call.files.shards
    for number, shard in enumerate(shards):
        if shard.number != number:
            tally.fail(f"shard {number:05d} is missing: the next one there is {shard.number:05d}")
        _compare_digests(shard, tally)
    yield from tally.checks()


def _compare_digests(shard: ShardReader, tally: Tally) -> None:
    if not shard.digests:
        tally.skip("no digests are stored in some steps tables")
    for name, recorded in shard.digests.items():
        path = shard.folder / Path(name).name
        if not path.is_file():
            tally.fail(f"{path} is missing")
            continue
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        tally.judge(
            found == recorded, f"{path} has changed since it was written: its sha256 is {found[:12]}…"
        )


def check_shapes(call: Call) -> Iterator[Check]:
    """Yields the checks that tables and arrays have the shapes that model, prompt and each other demand."""
    tally = Tally("shapes", call.index, "shapes and positions agree")
    info = call.info
    for prompt in info.prompt_ids:
        detail = f"a prompt has {len(prompt)} ids, and prompt_len is {info.prompt_len}"
        tally.judge(len(prompt) == info.prompt_len, detail)
    longest = max((len(sequence.steps) for sequence in call.sequences), default=0)
    if call.status == "complete":
        detail = f"the call counts {info.num_steps} rounds, the steps table {longest}"
        tally.judge(info.num_steps == longest, detail)
    forwards = {forward.index: forward for forward in call.forwards}
    for sequence in call.sequences:
        _compare_steps(sequence, forwards, tally)
    for name in call.files.arrays:
        _compare_array(call, name, forwards, tally)
    yield from tally.checks()


def _compare_steps(sequence: Sequence, forwards: dict[int, Forward], tally: Tally) -> None:
    call, row = sequence.call, sequence.row
    table, vocab_size = call.step_table, call.trace.model.vocab_size
    num_stages, num_criteria = len(call.processors) + 1, len(call.criteria)
    rows = table.rows(row)
    columns = ("step", "token_id", "position", "kv_len", "forward", "form_by_stage", "verdicts")
    cells = zip(*(table.column(rows, name) for name in columns), strict=True)
    for number, (index, token_id, position, kv_len, forward_index, forms, verdicts) in enumerate(cells):
        forward = forwards.get(forward_index)
        is_own = forward is not None and forward.step == index and not forward.is_auxiliary
        claims = {
            f"stands at place {number} of its row": index == number,
            f"chose token {token_id}, and there are {vocab_size}": 0 <= token_id < vocab_size,
            f"gave position {position} to its token after {kv_len} positions": position == kv_len,
            f"names forward {forward_index}, which is not its own": is_own,
            f"saw {kv_len} positions, its forward others": forward is None or forward.position_end == kv_len,
            f"has {len(forms)} stages for {len(call.processors)} processors": len(forms) == num_stages,
            f"has {len(verdicts)} verdicts for {len(call.criteria)} criteria": len(verdicts) == num_criteria,
        }
        for detail, agrees in claims.items():
            tally.judge(agrees, f"step {index} {detail}", row)


def _compare_array(call: Call, name: str, forwards: dict[int, Forward], tally: Tally) -> None:
    shape = call.files.arrays.entry(name).shape
    expected = _expected_shape(call, name, forwards)
    if expected is None:
        return
    fits = len(shape) == len(expected) and all(
        found <= -wanted if wanted < 0 else found == wanted
        for found, wanted in zip(shape, expected, strict=True)
        if wanted is not None
    )
    tally.judge(fits, f"{name} has the shape {shape}, and {_spell(expected)} was expected")


def _spell(expected: tuple[int | None, ...]) -> str:
    sizes = ("any" if size is None else f"at most {-size}" if size < 0 else str(size) for size in expected)
    return f"({', '.join(sizes)})"


def _expected_shape(call: Call, name: str, forwards: dict[int, Forward]) -> tuple[int | None, ...] | None:
    """The shape an entry must have, or None; in it None is any size and a negative one an upper bound."""
    rows, vocab_size = call.info.num_rows, call.trace.model.vocab_size
    if re.fullmatch(r"step-\d+/logits", name):
        return (rows, vocab_size)
    if re.fullmatch(r"step-\d+/noise/(ids|values)", name):
        return (rows, -vocab_size)
    if re.fullmatch(r"step-\d+/row-\d+/stage-\d+/(ids|values)", name):
        return (-vocab_size,)
    if re.fullmatch(r"step-\d+/accounting/shares", name):
        parts = call.info.accounting.parts if call.info.accounting is not None else []
        return (rows, len(parts), None)
    if match := re.fullmatch(r"forward-(\d+)/(\w+)(?:/\w+)?/(layers-[\d,-]+)", name):
        forward = forwards.get(int(match.group(1)))
        return None if forward is None else _layer_shape(call, match.group(2), match.group(3), forward)
    return None


def _layer_shape(call: Call, signal: str, name: str, forward: Forward) -> tuple[int | None, ...] | None:
    layers, rows, model = parse_layers(name), call.info.num_rows, call.trace.model
    if signal in ("hidden_states", "additions"):
        return (len(layers), rows, -forward.query_len, model.hidden_size)
    heard = {layer.layer: layer for layer in call.info.attention.layers} if call.info.attention else {}
    attention = heard.get(layers[0])
    if attention is None:
        return None
    heads = attention.num_heads if signal == "queries" else attention.num_key_value_heads
    positions = {"queries": forward.query_len, "keys": forward.query_len, "values": forward.query_len}
    positions |= {"prefix_keys": forward.prefix_len, "prefix_values": forward.prefix_len}
    return (len(layers), rows, heads, -positions[signal], None) if signal in positions else None
