"""Values packed for a page: JSON, compressed, as base64, in packs of a few steps, so that little is opened at a time.

A pack is named by what a module asks for (`key_of`) and, where it belongs to steps, the number of the pack. The same
values give the same bytes. Base64 holds no sign that means anything in HTML, so no text of a trace can leave its pack.
"""

import base64
import json
import zlib
from collections.abc import Iterable, Mapping

from tracer.analysis.explanation import json_ready

STEPS_A_PACK = 16
Entry = Mapping[str, object]
"""Either {"value": …} or {"error": text}."""


def key_of(name: str, **parameters: object) -> str:
    """Returns what a view is asked by: its name and its parameters in order, the step left out."""
    asked = "&".join(f"{one}={parameters[one]}" for one in sorted(parameters))
    return f"{name}?{asked}" if asked else name


def packed(key: str, values: Iterable[tuple[int, Entry]]) -> dict[str, str]:
    """Returns the packs of a view of many steps by name."""
    packs: dict[str, dict[str, Entry]] = {}
    for step, entry in values:
        packs.setdefault(f"{key}@{step // STEPS_A_PACK}", {})[str(step)] = entry
    return {name: _text_of(entries) for name, entries in packs.items()}


def packed_alone(key: str, entry: Entry) -> dict[str, str]:
    """Returns the pack of a view that belongs to no step."""
    return {key: _text_of({"": entry})}


def _text_of(value: object) -> str:
    return base64.b64encode(zlib.compress(json_text(value).encode(), 9)).decode("ascii")


def json_text(value: object) -> str:
    """Returns frozen values as JSON without halves of characters."""
    text = json.dumps(json_ready(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def json_in_page(value: object) -> str:
    """Returns JSON that can stand between the tags of a page: no sign in it begins or ends markup."""
    text = json_text(value)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text
