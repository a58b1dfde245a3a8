"""How a table becomes the bytes of a Parquet file: which encodings make it small.

Policy, not format: every Parquet reader reads any of them. Numbers of spread-out bits are split into streams of
bytes, texts that never repeat stand without a dictionary; nothing is rounded.
"""

from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

_VOCABULARY_LEVEL = 9
"""Of zstd; 128,000 tokens take 0.05 s."""


def encode_table(table: pa.Table) -> pa.Buffer:
    """Returns the bytes of a table as a Parquet file."""
    split = [field.name for field in table.schema if pa.types.is_floating(field.type)]
    others = [name for name in _leaves(table.schema) if name not in split]
    return _encoded(table, use_dictionary=others, use_byte_stream_split=split)


def encode_vocabulary(table: pa.Table) -> pa.Buffer:
    """Returns the bytes of a vocabulary as a Parquet file, half as many as `encode_table` would make."""
    texts = dict.fromkeys(("piece", "bytes"), "DELTA_LENGTH_BYTE_ARRAY")
    encodings = {"id": "DELTA_BINARY_PACKED", **texts}
    return _encoded(
        table, use_dictionary=False, column_encoding=encodings, compression_level=_VOCABULARY_LEVEL
    )


def _encoded(table: pa.Table, **options: Any) -> pa.Buffer:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", **options)
    return sink.getvalue()


def _leaves(schema: pa.Schema) -> list[str]:
    """The paths of a schema's columns as Parquet names them, those inside of lists and structs too."""
    columns = pq.ParquetFile(pa.BufferReader(_encoded(schema.empty_table()))).schema
    return [columns.column(place).path for place in range(len(columns))]
