"""A model without its weights: what planning needs, for the same names that `load_model` takes.

Reads configuration files only; a model that is not on this machine is asked for at the hub, weights excluded.
"""

from dataclasses import dataclass
from typing import Any

from tracer.errors import ModelError
from tracer.live.loading.demo_model import DEMO_NAMES, read_demo_configuration
from tracer.live.loading.models import checked_dtype, find_model, require_live_packages


@dataclass(frozen=True, slots=True)
class Configuration:
    """What `tracer.plan` takes in place of a model."""

    config: Any
    generation_config: Any


def load_configuration(name: str, *, dtype: Any = None) -> Configuration:
    """Returns the configuration of "demo", a local folder, or a hub id, as `load_model` would load it.

    Raises:
        ModelError: the model is not there, or its configuration cannot be read.
        MissingExtraError: torch or transformers is not installed.
    """
    require_live_packages("load_configuration")
    from transformers import AutoConfig

    given = None if dtype is None else checked_dtype(dtype)
    is_demo = name in DEMO_NAMES
    source = None if is_demo else find_model(name)
    try:
        config = read_demo_configuration() if source is None else AutoConfig.from_pretrained(source)
    except ModelError:
        raise
    except Exception as error:  # transformers raises whatever the file at fault led to
        raise ModelError(
            f"The configuration of {name!r} cannot be read: {type(error).__name__}: "
            f"{' '.join(str(error).split())[:300].rstrip('.')}. Check {name!r}, or type --model demo."
        ) from error
    if given not in (None, "auto"):
        config.dtype = given
    if is_demo:
        config.name_or_path = DEMO_NAMES[1]
    return Configuration(config, _generation_config(config, source))


def _generation_config(config: Any, source: str | None) -> Any:
    from transformers import GenerationConfig

    try:
        if source is not None:
            return GenerationConfig.from_pretrained(source)
    except OSError:  # a model may come without one
        pass
    return GenerationConfig.from_model_config(config)
