"""Where each parameter of a resolved GenerationConfig came from.

Follows the order in which transformers lets one win over the other; resolves nothing itself, and reads the
configurations without changing them.
"""

from collections.abc import Mapping
from typing import Any, Literal

from transformers import GenerationConfig

from tracer.recording.description.json_values import to_json
from tracer.schema import ConfigParameter

Origin = Literal["argument", "generation_config", "model", "default"]

_METADATA = frozenset({"transformers_version"})
_COMPUTED_FROM = {"max_length": "max_new_tokens", "min_length": "min_new_tokens"}
"""Parameters that `generate` overwrites with the prompt's length plus another one."""


def describe_generation_config(
    resolved: GenerationConfig,
    *,
    arguments: Mapping[str, Any],
    given: GenerationConfig | None,
    model_config: GenerationConfig,
) -> dict[str, ConfigParameter]:
    """Returns the value and origin of every public parameter of `resolved` that is not None, by name.

    Args:
        arguments: the keyword arguments of `generate`; those that are no parameters are passed over.
        given: the object passed as `generation_config=`.
        model_config: `model.generation_config`.

    Source: transformers 5.23, generation/utils.py, _prepare_generation_config and _prepare_generated_length.
    """
    sources: list[tuple[Origin, Mapping[str, Any]]] = [
        ("argument", arguments),
        ("generation_config", {} if given is None else vars(given)),
        ("model", vars(model_config)),
    ]
    return {
        name: ConfigParameter(value=to_json(value), origin=_find_origin(name, value, sources))
        for name, value in vars(resolved).items()
        if value is not None and not name.startswith("_") and name not in _METADATA
    }


def _find_origin(name: str, value: Any, sources: list[tuple[Origin, Mapping[str, Any]]]) -> Origin:
    origin, source_value = _first_set(name, sources)
    computed_from = _COMPUTED_FROM.get(name)
    if computed_from is None or value == source_value:
        return origin
    winner, base = _first_set(computed_from, sources)
    return origin if base is None else winner


def _first_set(name: str, sources: list[tuple[Origin, Mapping[str, Any]]]) -> tuple[Origin, Any]:
    for origin, values in sources:
        if values.get(name) is not None:
            return origin, values[name]
        if origin == "argument" and name in values:  # None passed as an argument clears what others set
            break
    return "default", None
