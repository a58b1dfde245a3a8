"""How many bytes a trace on disk takes, by the parts that a plan names; and whether a plan was right about them.

Reads file sizes and safetensors headers only, by its own code.
"""

import json
import struct
from collections import Counter
from pathlib import Path
from typing import Any

FAMILIES = {
    "random_state": "random state and noise",
    "noise": "random state and noise",
    "prefix_keys": "prefix",
    "prefix_values": "prefix",
    "sinks": "other",
}
FILES = {
    "candidates": "candidates table",
    "steps": "steps table",
    "forwards": "forwards table",
    "vocabulary": "vocabulary",
    "chat_template": "vocabulary",
}


def folder_bytes(path: Path) -> int:
    """Returns the bytes of all files of a trace."""
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def measure(path: Path) -> Counter[str]:
    """Returns part → bytes of a trace."""
    sizes: Counter[str] = Counter()
    for file in path.rglob("*"):
        if file.suffix == ".safetensors":
            sizes += _measure_arrays(file)
        elif file.is_file():
            sizes[FILES.get(file.name.split(".")[0].split("-")[0], "documents")] += file.stat().st_size
    return sizes


def _measure_arrays(file: Path) -> Counter[str]:
    sizes: Counter[str] = Counter()
    content = file.read_bytes()
    (header_len,) = struct.unpack("<Q", content[:8])
    for name, entry in json.loads(content[8 : 8 + header_len]).items():
        family = name.split("/")[1]
        part = "scores" if family.startswith("row-") else FAMILIES.get(family, family)
        begin, end = entry["data_offsets"]
        sizes[part] += end - begin + len(json.dumps({name: entry}, separators=(",", ":"))) - 1
    sizes["other"] += len(content) - sum(sizes.values())
    return sizes


def misjudged(plan: Any, path: Path, *, tolerance: float = 0.1) -> list[str]:
    """Returns a line for the total, and for each part of arrays, that lies outside its interval by more."""
    measured = measure(path)
    assert set(measured) <= {part.name for part in plan.parts}
    lines = []
    for part in plan.parts:
        size = measured[part.name]
        slack = tolerance * part.upper_bytes + 100
        if (
            part.name not in FILES.values()
            and not part.lower_bytes - slack <= size <= part.upper_bytes + slack
        ):
            lines.append(f"{part.name}: planned {part.lower_bytes} to {part.upper_bytes}, took {size}")
    total = measured.total()
    if not plan.lower_bytes * (1 - tolerance) <= total <= plan.upper_bytes * (1 + tolerance):
        lines.append(f"total: planned {plan.lower_bytes} to {plan.upper_bytes}, took {total}")
    return lines
