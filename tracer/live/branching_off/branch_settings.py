"""What may be changed at a step of a recorded call, and what may not: the settings given to `branch`.

Refuses what would change how the prefix is computed, and what has no effect. Runs nothing.
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from transformers import GenerationConfig

from tracer.live.replaying.recorded_call import COMPUTED_FROM
from tracer.recording.description.json_values import to_json

_OBJECTS = ("logits_processor", "stopping_criteria", "prefix_allowed_tokens_fn")
_LISTENERS = ("streamer",)
_OF_THE_PREFIX = frozenset(
    {
        "cache_config",
        "cache_implementation",
        "compile_config",
        "disable_compile",
        "num_return_sequences",
        "output_attentions",
        "output_hidden_states",
        "prefill_chunk_size",
        "return_dict_in_generate",
        "token_healing",
        "use_cache",
    }
)
_SAMPLING_ONLY = (
    "temperature",
    "top_k",
    "top_p",
    "min_p",
    "typical_p",
    "epsilon_cutoff",
    "eta_cutoff",
    "top_h",
)


@dataclass(frozen=True, slots=True)
class BranchSettings:
    """Parameters of the GenerationConfig by name; objects that `generate` takes; listeners that change nothing."""

    parameters: Mapping[str, Any]
    objects: dict[str, Any]
    listeners: dict[str, Any]

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "BranchSettings":
        """Returns the settings, sorted by kind.

        Raises:
            TypeError: `generate` has no such setting.
            ValueError: the setting belongs to the prefix, which is replayed as recorded.
        """
        known = {name for name in vars(GenerationConfig()) if not name.startswith("_")}
        for name in settings:
            if name in _OF_THE_PREFIX:
                raise ValueError(
                    f"{name}={settings[name]!r} cannot be changed at a step: it belongs to how the call began, "
                    f"and that is repeated as recorded. Leave {name} out, or record a new call with it."
                )
            if name not in known and name not in (*_OBJECTS, *_LISTENERS):
                close = difflib.get_close_matches(name, [*known, *_OBJECTS], n=1)
                cure = f"Did you mean {close[0]!r}?" if close else "Its settings are those of generate."
                raise TypeError(f"branch() has no setting {name!r}. {cure}")
        return cls(
            {name: value for name, value in settings.items() if name in known},
            {name: value for name, value in settings.items() if name in _OBJECTS},
            {name: value for name, value in settings.items() if name in _LISTENERS},
        )

    def changed(self, recorded: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the recorded settings with these in their place.

        Raises:
            ValueError: a setting has no effect, because nothing is drawn.
        """
        given = self.parameters
        settings = {**recorded, **given}
        for computed, base in COMPUTED_FROM.items():
            other = computed if base in given else base if computed in given else None
            if other is not None and other not in given:
                settings.pop(other, None)
        if not settings.get("do_sample"):
            idle = [name for name in _SAMPLING_ONLY if given.get(name) is not None]
            if idle:
                raise ValueError(
                    f"{', '.join(idle)} has no effect on greedy decoding, and sampling is off. "
                    f"Add do_sample=True (--do-sample), or leave {', '.join(idle)} out."
                )
        return settings

    def describe(self) -> dict[str, Any]:
        """Returns what was given as JSON values, for the manifest; objects by their class."""
        described = {name: to_json(value) for name, value in self.parameters.items()}
        for name, value in self.objects.items():
            members = value if isinstance(value, list) else [value]
            described[name] = [type(member).__name__ for member in members]
        return described
