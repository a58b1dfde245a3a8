"""Recorded runs whose attention transformers gave as well: eager, every query stored."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import tracer
from tests import zoo
from tracer.trace.trace import Trace


@dataclass(frozen=True, slots=True)
class Run:
    """A trace and the `attentions` of its call: per step, per layer, (rows, heads, queries, keys)."""

    trace: Trace
    attentions: Any

    def row(self, row: int, layer: int, place: int) -> np.ndarray:
        """Returns what each head of a layer saw from a place of a row's text, (heads, columns)."""
        sequence = self.trace.calls[0].sequences[row]
        column = sequence.steps[0].position - len(sequence.prompt_ids) + place
        prompt = sequence.steps[0].position
        step, line = (0, column) if column < prompt else (column - prompt + 1, 0)
        weights = self.attentions[step][layer][row, :, line].float().numpy()
        wide = np.zeros((len(weights), column + 1), dtype=np.float32)
        begin = max(0, column + 1 - weights.shape[1]) if step else 0
        wide[:, begin:] = weights[:, : column + 1 - begin]
        return wide[:, sequence.steps[0].position - len(sequence.prompt_ids) :]


def record_eager(path: Path, name: str, *, rows: int = 1, steps: int = 6, **settings: Any) -> Run:
    """Records a short greedy call of a tiny model, with transformers' own attentions."""
    model = zoo.shared(name)
    with tracer.record(model, zoo.tokenizer(), to=path, **{"queries": "all", **settings}):
        out = model.generate(
            **zoo.prompts(rows),
            max_new_tokens=steps,
            do_sample=False,
            output_attentions=True,
            return_dict_in_generate=True,
        )
    return Run(tracer.open_trace(path), out.attentions)
