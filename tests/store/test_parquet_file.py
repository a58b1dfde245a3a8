"""Tables come back from their Parquet bytes as they were, whatever made them small."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tracer.store.parquet_file import encode_table, encode_vocabulary
from tracer.store.tables import CANDIDATES, FORWARDS, STEPS, VOCABULARY
from tracer.store.vocabulary import End, Start, with_ends


def read(content: pa.Buffer) -> pa.Table:
    return pq.read_table(pa.BufferReader(content))


def candidates(count: int) -> pa.Table:
    random = np.random.default_rng(0)
    columns = {
        "sequence": np.zeros(count, dtype=np.int32),
        "step": np.arange(count, dtype=np.int32) // 64,
        "stage": np.zeros(count, dtype=np.int32),
        "token_id": random.integers(0, 50_000, count, dtype=np.int32),
        "score": random.normal(size=count).astype(np.float32),
        "probability": random.random(count),
        "rank": np.arange(count, dtype=np.int32) % 64,
        "removed": np.zeros(count, dtype=np.bool_),
    }
    return pa.table(columns, schema=CANDIDATES)


def test_every_table_comes_back_bit_by_bit() -> None:
    odd = candidates(300).set_column(
        4, "score", pa.array([float("-inf"), -0.0, None] * 100, type=pa.float32())
    )
    for table in (candidates(1000), odd, *(schema.empty_table() for schema in (STEPS, FORWARDS, CANDIDATES))):
        assert table.equals(read(encode_table(table)))


def test_a_vocabulary_comes_back_with_its_ends() -> None:
    rows = [
        {"id": 0, "piece": "a", "bytes": b"a", "special": False, "added": None},
        {"id": 1, "piece": None, "bytes": None, "special": True, "added": True},
        {"id": 2, "piece": "", "bytes": b"\xff\x00", "special": False, "added": False},
    ]
    table = with_ends(pa.Table.from_pylist(rows, schema=VOCABULARY), Start.ONE_SPACE, End.KEEP)

    assert table.equals(read(encode_vocabulary(table)), check_metadata=True)


def test_a_vocabulary_takes_less_than_a_plain_table() -> None:
    random = np.random.default_rng(0)
    pieces = ["".join(map(chr, random.integers(97, 123, 6))) for _ in range(5000)]
    columns = [range(5000), pieces, [piece.encode() for piece in pieces], [False] * 5000, [False] * 5000]
    table = pa.table([list(column) for column in columns], schema=VOCABULARY)

    assert 0.8 * len(encode_table(table)) > len(encode_vocabulary(table))
