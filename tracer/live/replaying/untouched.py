"""Running a model by hand without leaving a mark: eval mode for the block, every module's own mode afterwards.

Gradients are asked of inputs only, so no parameter's `grad` or `requires_grad` is touched here or by callers.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch


@contextmanager
def evaluating(model: Any) -> Iterator[None]:
    """Puts every module into eval mode for the block, and each back into the mode it had."""
    modes = [(module, module.training) for module in model.modules()]
    try:
        model.eval()
        yield
    finally:
        for module, is_training in modes:
            module.training = is_training


def input_device(model: Any) -> torch.device:
    """Returns where the model takes its ids: its device, or the CPU where its weights are offloaded."""
    device: torch.device = model.device
    return torch.device("cpu") if device.type == "meta" else device
