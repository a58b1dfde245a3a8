"""What a recorder could leave behind: a snapshot of a model and of the parts of transformers that it touches.

Two equal snapshots mean: no hook, no instance attribute, no replaced method, on no module and no class.
"""

from typing import Any

import torch
from transformers import AttentionInterface, GenerationMixin, modeling_utils

_GLOBAL_HOOKS = (
    "_global_forward_hooks",
    "_global_forward_pre_hooks",
    "_global_backward_hooks",
    "_global_backward_pre_hooks",
    "_global_module_registration_hooks",
    "_global_parameter_registration_hooks",
    "_global_buffer_registration_hooks",
)


def _class_attributes(kind: type) -> dict[str, int]:
    return {
        f"{owner.__qualname__}.{name}": id(value)
        for owner in kind.__mro__
        for name, value in vars(owner).items()
    }


def snapshot(model: Any) -> dict[str, Any]:
    """Returns everything that must be the same before and after a recorded block."""
    found: dict[str, Any] = {}
    for name, module in model.named_modules():
        for attribute, value in vars(module).items():
            if isinstance(value, dict) and "hooks" in attribute:
                found[f"{name}.{attribute}"] = tuple(value)
            elif callable(value) and not isinstance(value, torch.nn.Module):
                found[f"{name}.{attribute}"] = id(value)
            found.setdefault(f"{name}.{attribute}", "there")
    found |= {name: tuple(getattr(torch.nn.modules.module, name)) for name in _GLOBAL_HOOKS}
    found |= (
        _class_attributes(type(model))
        | _class_attributes(AttentionInterface)
        | _class_attributes(GenerationMixin)
    )
    found["registry"] = {
        name: id(modeling_utils.ALL_ATTENTION_FUNCTIONS[name]) for name in AttentionInterface()
    }
    found["registry attributes"] = tuple(sorted(vars(modeling_utils.ALL_ATTENTION_FUNCTIONS)))
    found["generation_config"] = model.generation_config.to_json_string()
    found["config"] = model.config.to_json_string(use_diff=False)
    found["implementation"] = model.config._attn_implementation
    found["training"] = model.training
    found["grad"] = torch.is_grad_enabled(), torch.is_inference_mode_enabled()
    return found


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Returns the names that two snapshots disagree on."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
