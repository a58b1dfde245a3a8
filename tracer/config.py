"""What to record: presets, the frozen `RecordingConfig`, and byte sizes as people write them.

Holds no recording and knows neither torch nor files. An explicit field wins over the preset.
"""

import re
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any, Literal

Preset = Literal["light", "standard", "full"]


class Extent(StrEnum):
    """For which positions of a forward a signal is kept."""

    NONE = "none"
    LAST = "last"
    AUTO = "auto"
    ALL = "all"


class Unsupported(StrEnum):
    """What to do with a call that cannot be recorded."""

    RAISE = "raise"
    SKIP = "skip"


AUTO_QUERIES_BYTES = 256 * 10**6
"""`queries="auto"` keeps the queries of all prompt positions while those of the whole call take no more."""

_ALLOWED: dict[str, tuple[Extent, ...]] = {
    "logits": (Extent.NONE, Extent.LAST),
    "accounting": (Extent.NONE, Extent.LAST),
    "scores": (Extent.NONE, Extent.LAST, Extent.ALL),
    "hidden_states": (Extent.NONE, Extent.LAST, Extent.ALL),
    "additions": (Extent.NONE, Extent.LAST, Extent.ALL),
    "queries": (Extent.NONE, Extent.LAST, Extent.AUTO, Extent.ALL),
    "keys_values": (Extent.NONE, Extent.ALL),
}

_PRESETS: dict[str, dict[str, str]] = {
    "light": dict.fromkeys(_ALLOWED, "none"),
    "standard": {
        "logits": "last",
        "accounting": "last",
        "scores": "last",
        "hidden_states": "last",
        "additions": "none",
        "queries": "auto",
        "keys_values": "all",
    },
    "full": {
        "logits": "last",
        "accounting": "last",
        "scores": "all",
        "hidden_states": "all",
        "additions": "all",
        "queries": "all",
        "keys_values": "all",
    },
}


@dataclass(frozen=True, slots=True)
class RecordingConfig:
    """What `record` keeps. `None` in a signal's field means: as the preset says (see `resolved`).

    Signals: `logits`, `accounting`: none | last; `scores` (`all` stores every stage dense),
    `hidden_states`, `additions`: none | last | all; `queries`: none | last | auto | all;
    `keys_values`: none | all. `layers` and `steps` restrict layer-wise signals and steps;
    `budget` is in bytes or text such as "200MB"; `queue_bytes` bounds the memory of the writer's queue.
    """

    preset: Preset = "standard"
    logits: str | None = None
    accounting: str | None = None
    scores: str | None = None
    hidden_states: str | None = None
    additions: str | None = None
    queries: str | None = None
    keys_values: str | None = None
    layers: range | tuple[int, ...] | None = None
    steps: range | tuple[int, ...] | None = None
    candidates: int = 64
    budget: int | str | None = None
    queue_bytes: int = 512 * 10**6
    overwrite: bool = False
    messages: tuple[dict[str, str], ...] | None = None
    unsupported: str = "raise"

    def __post_init__(self) -> None:
        if self.preset not in _PRESETS:
            raise ValueError(
                f"preset={self.preset!r} is none of {', '.join(_PRESETS)}. Type preset='standard'."
            )
        for name, allowed in _ALLOWED.items():
            value = getattr(self, name)
            if value is not None and value not in {str(extent) for extent in allowed}:
                raise ValueError(
                    f"{name}={value!r} is none of {', '.join(allowed)}. Type {name}={str(allowed[-1])!r}."
                )
        if self.unsupported not in {str(choice) for choice in Unsupported}:
            raise ValueError(
                f"unsupported={self.unsupported!r} is none of raise, skip. Type unsupported='raise'."
            )
        if self.candidates < 1:
            raise ValueError(f"candidates={self.candidates!r} is below 1. Type candidates=64.")
        if self.queue_bytes < 1:
            raise ValueError(f"queue_bytes={self.queue_bytes!r} is below 1. Type queue_bytes=512_000_000.")
        for name in ("layers", "steps"):
            chosen = getattr(self, name)
            if chosen is not None and not isinstance(chosen, range | tuple):
                raise TypeError(
                    f"{name}={chosen!r} is neither a range nor a tuple. Type {name}=(5,) or {name}=range(8)."
                )
        if self.budget is not None:
            parse_bytes(self.budget)

    def resolved(self) -> "RecordingConfig":
        """Returns a config in which every signal's field is set: its own value, else the preset's."""
        preset = _PRESETS[self.preset]
        filled: dict[str, Any] = {name: getattr(self, name) or preset[name] for name in _ALLOWED}
        return replace(self, **filled)

    @property
    def budget_bytes(self) -> int | None:
        """The budget in bytes, or None when there is none."""
        return None if self.budget is None else parse_bytes(self.budget)

    def keeps_layer(self, layer: int) -> bool:
        """Whether layer-wise signals are kept for this 0-based layer."""
        return self.layers is None or layer in self.layers

    def keeps_step(self, step: int) -> bool:
        """Whether arrays are kept for this 0-based step."""
        return self.steps is None or step in self.steps

    def describe(self) -> dict[str, Any]:
        """Returns the fields as JSON-ready values, for the manifest."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        values["layers"] = None if self.layers is None else list(self.layers)
        values["steps"] = None if self.steps is None else list(self.steps)
        values["messages"] = None if self.messages is None else list(self.messages)
        return values


_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}


def parse_bytes(size: int | str) -> int:
    """Returns a size in bytes from an int or text such as "200MB", "1.5 GB" or "512KiB".

    Raises:
        ValueError: the text is not a positive size.
    """
    if isinstance(size, int):
        parsed = size
    else:
        match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", size)
        if match is None or match.group(2).upper() not in _UNITS:
            raise ValueError(f"{size!r} is not a size in bytes. Type a number with a unit, such as '200MB'.")
        parsed = int(float(match.group(1)) * _UNITS[match.group(2).upper()])
    if parsed <= 0:
        raise ValueError(f"{size!r} is not a positive size. Type a number with a unit, such as '200MB'.")
    return parsed


def format_bytes(size: int) -> str:
    """Returns a size as people read it, such as "1.5 MB": three digits, powers of a thousand."""
    number, unit = float(size), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if number < 999.5:
            break
        number, unit = number / 1000, larger
    return f"{size} B" if unit == "B" else f"{number:.3g} {unit}"
