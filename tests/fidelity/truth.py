"""What a generate call was, taken without the recorder: the values that every oracle compares with.

Holds `Truth` and its file form (one npz). Needs numpy only, so that a process without torch can read it; how a
truth is taken from a running model is `tests.fidelity.capture`.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class LayerTruth:
    """One layer's attention in one forward; `weights` are eager's own on these queries and keys, in float32."""

    queries: Array  # (rows, heads, query_len, head_dim)
    keys: Array  # (rows, kv_heads, kv_len, head_dim)
    values: Array
    weights: Array  # (rows, heads, query_len, kv_len)
    key_start: int  # absolute position of the first key


@dataclass(frozen=True, slots=True)
class ForwardTruth:
    """One forward: its integer inputs, its attention by layer, and the cache's length in each layer afterwards."""

    position_start: int
    query_len: int
    inputs: dict[str, Array]
    layers: dict[int, LayerTruth]
    cache_lens: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Truth:
    """One generate call. Row r's prompt is left-padded by the zeros of `prompt_mask[r]`."""

    sequences: Array  # (rows, prompt_len + steps)
    prompt_mask: Array  # (rows, prompt_len)
    eos_ids: tuple[int, ...]
    logits: Array  # (steps, rows, vocab) float32
    scores: Array
    streams: Array  # (steps, layers + 1, rows, hidden) float32, all before the final norm
    stage_names: tuple[str, ...]
    stages: Array  # (steps, stages, rows, vocab), stage 0 the logits
    random_states: Array  # (steps, bytes) uint8, just before the choice; (0, 0) where nothing was drawn
    forwards: tuple[ForwardTruth, ...]
    step_forwards: tuple[int, ...]
    deaf_layers: tuple[int, ...] = field(default=())

    @property
    def prompt_len(self) -> int:
        """Columns of the prompt, padding included."""
        return int(self.prompt_mask.shape[1])

    @property
    def rows(self) -> int:
        """Rows of the batch."""
        return int(self.sequences.shape[0])

    def generated(self, row: int) -> list[int]:
        """Returns the row's new tokens up to and with its end token."""
        tokens: list[int] = self.sequences[row, self.prompt_len :].tolist()
        ends = [step for step, token in enumerate(tokens) if token in self.eos_ids]
        return tokens[: ends[0] + 1] if ends else tokens

    def padding(self, row: int) -> int:
        """Returns how many columns of padding the row's prompt begins with."""
        return int(self.prompt_mask.shape[1] - self.prompt_mask[row].sum())


_LAYER_ARRAYS = ("queries", "keys", "values", "weights")
_ARRAYS = ("sequences", "prompt_mask", "logits", "scores", "streams", "stages", "random_states")


def save_truth(truth: Truth, path: Path) -> None:
    """Writes a truth as one npz file."""
    arrays: dict[str, Array] = {name: getattr(truth, name) for name in _ARRAYS}
    forwards = []
    for number, forward in enumerate(truth.forwards):
        for name, values in forward.inputs.items():
            arrays[f"{number}/inputs/{name}"] = values
        for layer, heard in forward.layers.items():
            for name in _LAYER_ARRAYS:
                arrays[f"{number}/{layer}/{name}"] = getattr(heard, name)
        starts = {layer: heard.key_start for layer, heard in forward.layers.items()}
        forwards.append(
            [forward.position_start, forward.query_len, list(forward.inputs), starts, forward.cache_lens]
        )
    small = [truth.eos_ids, truth.stage_names, truth.step_forwards, truth.deaf_layers, forwards]
    np.savez(path, small=np.array(json.dumps(small)), **arrays)


def load_truth(path: Path) -> Truth:
    """Returns the truth of an npz file."""
    with np.load(path) as stored:
        arrays = dict(stored)
    eos_ids, stage_names, step_forwards, deaf_layers, forwards = json.loads(str(arrays["small"]))
    return Truth(
        **{name: arrays[name] for name in _ARRAYS},
        eos_ids=tuple(eos_ids),
        stage_names=tuple(stage_names),
        step_forwards=tuple(step_forwards),
        deaf_layers=tuple(deaf_layers),
        forwards=tuple(_load_forward(arrays, number, *small) for number, small in enumerate(forwards)),
    )


def _load_forward(arrays: dict[str, Array], number: int, *small: Any) -> ForwardTruth:
    position_start, query_len, names, starts, cache_lens = small
    layers = {
        int(layer): LayerTruth(
            *(arrays[f"{number}/{layer}/{name}"] for name in _LAYER_ARRAYS), key_start=start
        )
        for layer, start in starts.items()
    }
    inputs = {name: arrays[f"{number}/inputs/{name}"] for name in names}
    return ForwardTruth(position_start, query_len, inputs, layers, tuple(cache_lens))
