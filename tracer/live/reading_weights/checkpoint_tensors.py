"""The tensors of a model's safetensors files, read one by one by the names that the model gives its parameters.

Finds the folder of a model name and the spelling of a parameter in its files; loads no model and asks no network.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import nn

from tracer.errors import ModelError
from tracer.live.loading.demo_model import DEMO_NAMES, prepare_copy
from tracer.live.loading.progress import Progress, ignore_progress

_INDEX, _SINGLE = "model.safetensors.index.json", "model.safetensors"

_OLD_HEAD = "embed_out.weight"
"""What `lm_head.weight` is called in the files of GPT-NeoX models."""


class UnreadableFilesError(ModelError):
    """The files do not hold the tensors by name; the whole model may still load."""


def find_folder(name: str, progress: Progress = ignore_progress) -> Path:
    """Returns the folder of "demo", of a local folder, or of a hub id that is in the hub's cache.

    Raises:
        UnreadableFilesError: there is none on this machine.
    """
    if name in DEMO_NAMES:
        return prepare_copy(progress)
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        cached = try_to_load_from_cache(name, "config.json")
    except HFValidationError:
        cached = None
    if not isinstance(cached, str):
        raise unreadable(name, "it is neither a folder here nor in the hub's cache")
    return Path(cached).parent


def unreadable(name: str, reason: str) -> UnreadableFilesError:
    """Returns the error for a checkpoint whose tensors cannot be used."""
    return UnreadableFilesError(
        f"The weights of {name!r} cannot be read from its files: {' '.join(reason.split())[:300].rstrip('.')}. "
        "Name the recorded model's folder with checkpoint='...', or load the model and pass model=...."
    )


class CheckpointTensors:
    """The tensors of one folder for one model, which may be empty: only its names and shapes count."""

    def __init__(self, folder: Path, model: Any) -> None:
        self._folder = folder
        self._model = model
        self._names = {id(module): path for path, module in model.named_modules()}
        self._file_of = dict(self._find())

    def read(self, module: nn.Module, name: str, ids: Sequence[int] | None = None) -> torch.Tensor:
        """Returns a parameter of a module of the model; with `ids` only these rows of it.

        Raises:
            UnreadableFilesError: the files do not hold it, or not as plain numbers of its shape.
        """
        parameter = getattr(module, name)
        spelled = self._spelling(f"{self._names[id(module)]}.{name}", parameter)
        try:
            with safe_open(self._folder / self._file_of[spelled], framework="pt") as file:
                part = file.get_slice(spelled)
                shape = part.get_shape()
                tensor = part[:] if ids is None else torch.stack([part[int(row)] for row in ids])
        except (OSError, SafetensorError) as error:
            raise self._unreadable(f"{self._file_of[spelled]!r} cannot be read ({error})") from error
        if list(shape) != list(parameter.shape):
            raise self._unreadable(
                f"its tensor {spelled!r} has shape {list(shape)}, and the model's is {list(parameter.shape)}"
            )
        if not tensor.is_floating_point():
            raise self._unreadable(f"its tensor {spelled!r} is quantized ({tensor.dtype})")
        return torch.as_tensor(tensor)

    def _find(self) -> Iterator[tuple[str, str]]:
        index, single = self._folder / _INDEX, self._folder / _SINGLE
        try:
            if index.is_file():
                yield from json.loads(index.read_text(encoding="utf-8"))["weight_map"].items()
            elif single.is_file():
                with safe_open(single, framework="pt") as file:
                    yield from ((key, _SINGLE) for key in file.keys())  # noqa: SIM118 (not a mapping)
            else:
                raise self._unreadable(f"its folder holds no {_SINGLE}")
        except (OSError, ValueError, KeyError, AttributeError, SafetensorError) as error:
            if isinstance(error, ModelError):
                raise
            raise self._unreadable(f"its safetensors cannot be read ({error})") from error

    def _spelling(self, name: str, parameter: object) -> str:
        """Returns the name that a parameter has in the files: with or without the base model's prefix, its own
        or that of the embedding where the head shares its weight."""
        names = [name]
        head, embedding = self._model.get_output_embeddings(), self._model.get_input_embeddings()
        is_tied = getattr(self._model.config.get_text_config(decoder=True), "tie_word_embeddings", False)
        if parameter is getattr(head, "weight", None):
            names += [f"{self._names[id(embedding)]}.weight"] if is_tied else [_OLD_HEAD]
        prefix = f"{self._model.base_model_prefix}."
        names += [one.removeprefix(prefix) for one in names if one.startswith(prefix)]
        found = next((one for one in names if one in self._file_of), None)
        if found is None:
            raise self._unreadable(f"its files hold no tensor {name!r}")
        return found

    def _unreadable(self, reason: str) -> UnreadableFilesError:
        return unreadable(str(self._folder), reason)
