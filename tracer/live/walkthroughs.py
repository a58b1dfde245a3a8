"""What a walk-through asks of the model at hand and of the installed transformers. Changes nothing of either."""

from typing import Any

import transformers

from tracer.analysis.live_facts import CHANGES, LiveFacts


def live_facts(model: Any) -> LiveFacts:
    """Returns the model's mode, how many of its parameter tensors could be trained, and the names that changed."""
    tensors = list(model.parameters())
    return LiveFacts(
        is_training=bool(model.training),
        num_trainable=sum(one.requires_grad for one in tensors),
        num_tensors=len(tensors),
        changed=changed_names(),
    )


def changed_names() -> tuple[str, ...]:
    """Returns which changes of names the installed transformers bears out.

    Source: transformers 5.23, generation/utils.py, cache_utils.py and configuration_utils.py.
    """
    mixin = transformers.GenerationMixin
    checks = {
        "dtype": "dtype" in transformers.PretrainedConfig().to_dict(),
        "warpers": not hasattr(mixin, "_get_logits_warper") and hasattr(mixin, "_get_logits_processor"),
        "legacy_cache": not hasattr(transformers.DynamicCache, "from_legacy_cache"),
        "prefill": hasattr(mixin, "_prefill"),
    }
    return tuple(name for name in CHANGES if checks[name])
