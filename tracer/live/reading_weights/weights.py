"""Where the weights come from that tell sources apart: a live model, or the files of its checkpoint.

Both answer the same two questions about a module of their model. From files the model is built empty, and only
the tensors that are asked for are read. Computes nothing with the weights.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import nn
from transformers.pytorch_utils import Conv1D

from tracer.errors import ModelError
from tracer.live.loading.configurations import load_configuration
from tracer.live.reading_weights.checkpoint_tensors import CheckpointTensors, find_folder, unreadable
from tracer.live.reading_weights.linear_maps import (
    LinearMap,
    PlainMap,
    is_linear,
    is_plain,
    linear_map,
    to_host,
    vector_of,
)
from tracer.recording.model.anatomy import Anatomy, dissect
from tracer.recording.model.norms import Vectors
from tracer.recording.model.target_model import inner_model
from tracer.recording.planning.model_outline import generating_model


class Weights(Protocol):
    """The weights of one model; modules are those of `anatomy`, or below them."""

    @property
    def anatomy(self) -> Anatomy:
        """The parts of the model."""

    @property
    def config(self) -> Any:
        """The model's transformers configuration."""

    def linear(self, module: nn.Module) -> LinearMap:
        """Returns a linear map."""

    def vector(self, module: nn.Module, name: str) -> Vectors | None:
        """Returns a parameter of one axis in float64, or None where the module has none of this name."""


class LiveWeights:
    """The weights of a model that is loaded, or of what holds one."""

    def __init__(self, model: Any) -> None:
        self._model = inner_model(model)
        self.anatomy = dissect(self._model)
        self.config = self._model.config

    def linear(self, module: nn.Module) -> LinearMap:
        """Returns a linear map; one that is no plain `nn.Linear` is applied, not read."""
        return linear_map(module, dtype=self._model.dtype, device=self._model.device)

    def vector(self, module: nn.Module, name: str) -> Vectors | None:
        """Returns a parameter of one axis, or None.

        Raises:
            ModelError: it is not in memory as plain numbers.
        """
        tensor = getattr(module, name, None)
        if not isinstance(tensor, torch.Tensor):
            return None
        if not is_plain(tensor):
            raise ModelError(
                f"The {name} of a {type(module).__name__!r} is not in memory as plain numbers: it is offloaded "
                "or quantized. Load the model without offloading, or name its folder with checkpoint='...'."
            )
        return to_host(tensor)


class CheckpointWeights:
    """The weights in the safetensors files of a folder, rounded to the dtype that the model was run in.

    Args:
        folder: the folder, "demo", or a hub id that is in the hub's cache.

    Raises:
        ModelError: there is no such folder, or it is no checkpoint of plain numbers.
    """

    def __init__(self, folder: str | Path, *, dtype: torch.dtype = torch.float32) -> None:
        found = find_folder(str(folder))
        config = load_configuration(str(found)).config
        if getattr(config, "quantization_config", None) is not None:
            raise unreadable(str(folder), "its checkpoint is quantized, and quantized modules are not read")
        try:
            model = generating_model(config)
        except Exception as error:  # transformers raises whatever a foreign configuration leads to
            raise unreadable(
                str(folder), f"no model can be built from its configuration ({error})"
            ) from error
        self.anatomy = dissect(model)
        self.config = config
        self._dtype = dtype
        self._tensors = CheckpointTensors(found, model)

    def linear(self, module: nn.Module) -> LinearMap:
        """Returns a linear map, whose weight is read when it is used."""
        if not is_linear(module):
            raise ModelError(
                f"A {type(module).__name__!r} stands where a linear map was expected, and files do not say what "
                "it computes. Load the model and pass model=...."
            )

        def read(ids: Sequence[int] | None) -> torch.Tensor:
            return self._tensors.read(module, "weight", ids).to(self._dtype)

        return PlainMap(read, self.vector(module, "bias"), isinstance(module, Conv1D))

    def vector(self, module: nn.Module, name: str) -> Vectors | None:
        """Returns a parameter of one axis, or None where the model has none."""
        if not isinstance(getattr(module, name, None), torch.Tensor):
            return None
        return vector_of(self._tensors.read(module, name).to(self._dtype))
