"""Which files of a trace go into its pack, and what a pack may hold: names that the format knows, and no others.

Reads and writes nothing; the shards of a call that do not count are left behind.
"""

import re
from pathlib import Path

from tracer.store import format as layout
from tracer.trace.trace import Trace

_DOCUMENTS = (layout.MANIFEST, layout.MODEL, layout.VOCABULARY, layout.CHAT_TEMPLATE)
_KINDS = ("arrays", "candidates", "forwards", "steps")
_NAME = re.compile(
    "|".join(re.escape(name) for name in _DOCUMENTS)
    + r"|call-\d{3,9}/(call\.json|arrays-\d{5}\.safetensors|(candidates|forwards|steps)-\d{5}\.parquet)"
    + rf"|{layout.DERIVED}/[a-z0-9][a-z0-9._-]{{0,180}}\.(json|safetensors)"
)


def is_member(name: str) -> bool:
    """Returns whether a pack may hold a file of this name: relative, with forward slashes."""
    return _NAME.fullmatch(name) is not None


def members_of(trace: Trace) -> dict[str, Path]:
    """Returns the files of a trace by their name in a pack, in order."""
    found = {name: trace.path / name for name in _DOCUMENTS}
    for call in trace.calls:
        folder = call.files.folder
        found[f"{folder.name}/{layout.CALL_INFO}"] = folder / layout.CALL_INFO
        for shard in call.files.shards:
            names = [layout.shard_file(kind, shard.number) for kind in _KINDS]  # type: ignore[arg-type]
            found |= {f"{folder.name}/{name}": folder / name for name in names}
    found |= {f"{layout.DERIVED}/{path.name}": path for path in (trace.path / layout.DERIVED).glob("*")}
    return {name: path for name, path in sorted(found.items()) if is_member(name) and path.is_file()}
