"""Checks the settings that a what-if asks for: known names, values in range, an effect at all.

Says nothing about what they do.
"""

import difflib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from tracer.analysis.chain_editing import COMMON, WARPERS
from tracer.analysis.settings import SETTING_NAMES

if TYPE_CHECKING:
    from tracer.trace.call import Call

_NEEDS_MORE = frozenset({"guidance_scale", "prefix_allowed_tokens_fn", "watermarking_config"})
_SAMPLING_ONLY = (*WARPERS, "seed")

KNOWN = (*COMMON, "do_sample", "seed", *sorted(SETTING_NAMES - _NEEDS_MORE - {*COMMON}))
"""Every setting that can be asked for, the common ones first."""


class _Range(NamedTuple):
    kind: type
    fits: Callable[[Any], bool]
    text: str
    example: str


_RANGES = MappingProxyType(
    {
        "repetition_penalty": _Range(float, lambda value: value > 0, "a number above 0", "1.1"),
        "temperature": _Range(float, lambda value: value > 0, "a number above 0", "0.7"),
        "top_k": _Range(int, lambda value: value >= 0, "a whole number, 0 for off", "50"),
        "top_p": _Range(float, lambda value: 0 <= value <= 1, "a number from 0 to 1", "0.9"),
        "min_p": _Range(float, lambda value: 0 <= value <= 1, "a number from 0 to 1", "0.05"),
        "seed": _Range(int, lambda value: value >= 0, "a whole number, not negative", "1"),
    }
)


def check_settings(call: "Call", settings: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the settings with their values as transformers takes them: whole numbers as floats where needed.

    Raises:
        ValueError: a name is unknown, a value out of range, or a setting without effect.
    """
    for name in settings:
        _check_name(name)
    checked = {name: _checked(name, value) for name, value in settings.items()}
    if checked.get("do_sample", 0) is None:
        del checked["do_sample"]
    if "seed" in checked and checked["seed"] is None:
        del checked["seed"]
    is_sampled = checked.get("do_sample", call.info.mode == "sample")
    idle = [name for name in _SAMPLING_ONLY if checked.get(name) is not None]
    if idle and not is_sampled:
        raise ValueError(
            f"{', '.join(idle)} has no effect on greedy decoding, and the call would be greedy. "
            f"Add do_sample=True, or leave {', '.join(idle)} out."
        )
    return checked


def _check_name(name: str) -> None:
    if name in KNOWN:
        return
    if name in _NEEDS_MORE:
        raise ValueError(
            f"{name} cannot be changed without the model: its processor needs more than the recorded scores. "
            f"Continue with the model: tracer.branch(..., settings={{{name!r}: ...}})."
        )
    near = difflib.get_close_matches(name, KNOWN, n=1)
    listed = f"{', '.join(KNOWN[:7])} and {len(KNOWN) - 7} more"
    raise ValueError(
        f"{name!r} is no setting that changes a token; there are {listed}. Type {(near or ['temperature'])[0]}."
    )


def _checked(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name == "do_sample":
        if isinstance(value, bool):
            return value
        raise ValueError(f"do_sample={value!r} is neither True nor False. Type do_sample=True.")
    if name not in _RANGES:
        return value
    limits = _RANGES[name]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    is_right_kind = is_number and (limits.kind is float or isinstance(value, int))
    if not is_right_kind or not limits.fits(value):
        raise ValueError(f"{name}={value!r} is not {limits.text}. Type {name}={limits.example}.")
    return limits.kind(value)
