"""What `vocabulary.parquet` says beyond its columns: how the two ends of a text differ from its middle.

The column `bytes` holds what a piece contributes in the middle of a text. Decoders treat the first and the
last piece differently (a leading space is dropped, a first piece stands as spelled); that is one word for
each end, kept in the table's schema metadata. Holds names and their reading only; applies nothing.
"""

from enum import StrEnum

import pyarrow as pa

START_KEY = b"tracer.start"
END_KEY = b"tracer.end"


class Start(StrEnum):
    """What a text drops where it begins."""

    KEEP = "keep"
    ONE_SPACE = "one-space"  # one leading space
    ALL_SPACES = "all-spaces"  # every leading space
    FIRST_PIECE = "first-piece"  # every space of the first piece
    AS_SPELLED = "as-spelled"  # the first piece stands as its spelling, without the space before a word


class End(StrEnum):
    """What a text drops where it ends."""

    KEEP = "keep"
    ONE_SPACE = "one-space"
    ALL_SPACES = "all-spaces"


def with_ends(table: pa.Table, start: Start, end: End) -> pa.Table:
    """Returns the table with the two words in its schema metadata."""
    return table.replace_schema_metadata({START_KEY: str(start), END_KEY: str(end)})


def read_ends(table: pa.Table) -> tuple[Start, End]:
    """Returns the two words of a table; a missing or unknown one reads as `keep`."""
    metadata = table.schema.metadata or {}
    start = metadata.get(START_KEY, b"").decode(errors="replace")
    end = metadata.get(END_KEY, b"").decode(errors="replace")
    return (
        Start(start) if start in set(Start) else Start.KEEP,
        End(end) if end in set(End) else End.KEEP,
    )
