"""The way from a stream to logits: a model's own final norm, projection and head, from a live model or from files.

A live model's modules are called as they are, hooks and quantization included. From a checkpoint folder an
empty model is built on the meta device, and only the tensors of those modules are read from its safetensors
files, by name; the modules' own code runs then as well. Nothing else of the model is loaded, and nothing of it
is run.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from tracer.errors import ModelError
from tracer.live.loading.configurations import load_configuration
from tracer.live.loading.progress import Progress
from tracer.live.reading_weights.checkpoint_tensors import CheckpointTensors, find_folder, unreadable
from tracer.recording.model.anatomy import Anatomy, dissect
from tracer.recording.model.target_model import inner_model
from tracer.recording.planning.model_outline import generating_model

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class FinalModules:
    """What turns a stream into logits; `source` names where the weights come from."""

    norm: nn.Module | None
    projection: nn.Module | None
    head: nn.Module
    scaling: float | None
    softcap: float | None
    source: str

    def logits(self, streams: Floats, dtype: torch.dtype) -> Floats:
        """Returns the logits of streams, (streams, vocab) float32; they go in as `dtype`, (streams, hidden)."""
        with torch.no_grad():
            states = torch.from_numpy(np.ascontiguousarray(streams)).to(dtype)[None]
            for module in (self.norm, self.projection, self.head):
                if module is not None:
                    states = module(_placed(states, module))
            if self.scaling is not None:
                states = states * self.scaling
            if self.softcap is not None:
                states = torch.tanh(states / self.softcap) * self.softcap
            values: Floats = states[0].float().cpu().numpy()
        return values

    def describe(self) -> dict[str, Any]:
        """Returns how logits are made, JSON-ready."""
        return {
            "source": self.source,
            "norm": None if self.norm is None else type(self.norm).__name__,
            "projection": None if self.projection is None else type(self.projection).__name__,
            "head": type(self.head).__name__,
            "scaling": self.scaling,
            "softcap": self.softcap,
        }


def modules_of(model: Any) -> FinalModules:
    """Returns the final modules of a live model, or of what holds one.

    Raises:
        TypeError: there is no model.
        ModelError: the model names no head.
    """
    try:
        found = inner_model(model)
    except TypeError:
        raise TypeError(
            f"model={type(model).__name__} is no transformers model that can generate. Give the model that was "
            "recorded, or its name with checkpoint='...' in place of model."
        ) from None
    return _assemble(dissect(found), f"model {type(found).__name__}")


def read_modules(name: str, dtype: torch.dtype, progress: Progress) -> FinalModules:
    """Returns the final modules of a checkpoint on this machine, on the CPU, in `dtype`.

    Args:
        name: "demo", a folder with safetensors, or a hub id that is in the hub's cache.

    Raises:
        UnreadableFilesError: there is no such folder, or the files do not hold the tensors by name.
        ModelError: its configuration cannot be read.
    """
    folder = find_folder(name, progress)
    config = load_configuration(str(folder)).config
    try:
        model = generating_model(config)
    except Exception as error:  # transformers raises whatever a foreign configuration leads to
        raise unreadable(name, f"no model can be built from its configuration ({error})") from error
    anatomy = dissect(model)
    parts = [part for part in (anatomy.final_norm, anatomy.projection, anatomy.head) if part is not None]
    tensors = CheckpointTensors(folder, model)
    for part in parts:
        _fill(part, tensors, dtype)
    return _assemble(anatomy, f"checkpoint {name}")


def _assemble(anatomy: Anatomy, source: str) -> FinalModules:
    if anatomy.head is None:
        raise ModelError(
            f"The {source} names no output head, so no logits can be made from its streams. "
            "Use a causal language model whose get_output_embeddings() returns its head."
        )
    return FinalModules(
        anatomy.final_norm, anatomy.projection, anatomy.head, anatomy.scaling, anatomy.softcap, source
    )


def _placed(states: torch.Tensor, module: nn.Module) -> torch.Tensor:
    """Returns the states on the module's device; an offloaded module's own hooks move them."""
    weight = next(module.parameters(), None)
    return states if weight is None or weight.is_meta else states.to(weight.device)


def _fill(part: nn.Module, tensors: CheckpointTensors, dtype: torch.dtype) -> None:
    """Gives the parameters of a module of an empty model, and of those below it, their values."""
    for module in part.modules():
        for name in [name for name, parameter in module._parameters.items() if parameter is not None]:
            values = tensors.read(module, name).to(dtype)
            module._parameters[name] = nn.Parameter(values, requires_grad=False)
