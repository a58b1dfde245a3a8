"""`lens(step)`: every layer's stream through the model's own final norm and head, kept in the trace.

What the last layer gives is compared with the recorded logits, so that other weights than the recorded ones are
refused. An answer that was kept is returned without a model. The arithmetic on the logits is in
`tracer.analysis.logit_lens`.
"""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tracer.analysis.kept_lens import KIND, kept_lens, lens_name
from tracer.analysis.logit_lens import Lens, assemble, measure_layers
from tracer.errors import ModelError, SignalMissingError
from tracer.live.loading.models import require_live_packages
from tracer.live.loading.progress import Progress, ignore_progress
from tracer.store.derived import write_derived

if TYPE_CHECKING:
    from tracer.live.reading_weights.final_modules import FinalModules
    from tracer.trace.step import Step

Floats = npt.NDArray[np.float32]

_KEPT_TOP = 10
"""At least so many tokens per layer are kept, so that a later question for more needs no model."""

_TOLERANCES = {"bfloat16": 2.0**-5, "float16": 2.0**-7}
_TOLERANCE = 2e-3
"""Relative to the largest logit; what another order of summation, or TF32, can make of the same weights."""


def lens(step: "Step", *, model: Any = None, checkpoint: str | Path | None = None, top: int = 5) -> Lens:
    """Returns what every layer would have said at a step: tokens, rank and probability of the chosen one.

    The answer is kept in the trace's `derived/` folder and found there the next time.

    Args:
        model: the live model that was recorded; its own norm and head are run.
        checkpoint: "demo", a folder with safetensors, or a hub id in the hub's cache, of which only norm and
            head are read. Default: the name under which the model was recorded.
        top: tokens per layer.

    Raises:
        SignalMissingError: the step has no hidden states.
        ModelError: norm and head cannot be read, or do not give the recorded logits.
        ValueError: `top` is below 1 or above the size of the vocabulary.
        MissingExtraError: torch or transformers is not installed, and no answer was kept.
    """
    if model is not None and checkpoint is not None:
        raise ValueError("Both model and checkpoint were given. Give one of them: model=model.")
    return compute_lens(step, model=model, checkpoint=checkpoint, top=top)


def compute_lens(
    step: "Step",
    *,
    model: Any = None,
    checkpoint: str | Path | None = None,
    top: int = 5,
    progress: Progress | None = None,
) -> Lens:
    """Returns the same as `lens`, and reports what is done meanwhile."""
    vocab_size = step.call.trace.model.vocab_size
    if not 1 <= top <= vocab_size:
        raise ValueError(f"top={top!r} is none of 1 to {vocab_size}, the size of the vocabulary. Type top=5.")
    kept = kept_lens(step, top=top)
    if kept is not None:
        return kept
    streams = _read_streams(step)
    require_live_packages("The logit lens")
    report = progress or ignore_progress
    modules = _find_modules(step, model, checkpoint, report)
    report("computing what each layer would have said", 0, 0)
    logits = modules.logits(np.stack(list(streams.values())), _stream_dtype(step))
    return _keep(step, tuple(streams), logits, modules, top=top)


def _read_streams(step: "Step") -> dict[int, Floats]:
    """Returns the recorded streams at the sampled position, (hidden,) each."""
    found: dict[int, Floats] = {}
    missing: SignalMissingError | None = None
    for stream in range(step.call.trace.model.num_hidden_layers + 1):
        try:
            found[stream] = step.hidden_states(stream)[-1]
        except SignalMissingError as error:
            missing = missing or error
    if not found and missing is not None:
        raise missing
    return found


def _stream_dtype(step: "Step") -> Any:
    """Returns the torch dtype in which the streams were stored: the one that the norm received."""
    import torch

    arrays, forward = step.call.files.arrays, step.forward.index
    layers = arrays.layers(forward, "hidden_states")
    place = arrays.find_layer(forward, "hidden_states", layers[0])
    assert place is not None
    return getattr(torch, arrays.entry(place[0]).dtype)


def _find_modules(
    step: "Step", model: Any, checkpoint: str | Path | None, report: Progress
) -> "FinalModules":
    import torch

    from tracer.live.reading_weights.final_modules import modules_of, read_modules

    if model is not None:
        return modules_of(model)
    recorded = step.call.trace.model
    return read_modules(str(checkpoint or recorded.name), getattr(torch, recorded.dtype), report)


def _keep(
    step: "Step", streams: tuple[int, ...], logits: Floats, modules: "FinalModules", *, top: int
) -> Lens:
    has_end = streams[-1] == step.call.trace.model.num_hidden_layers
    deviation = _checked_deviation(step, logits[-1], modules) if has_end else None
    made_with = modules.describe() | _versions()
    numbers = measure_layers(
        logits,
        streams,
        logits[-1] if has_end else step.logits,
        chosen_id=step.token_id,
        favorite_id=step.favorite_id,
        top=min(max(top, _KEPT_TOP), logits.shape[-1]),
    )
    document: Mapping[str, Any] = {
        "kind": KIND,
        "call": step.call.index,
        "row": step.sequence.row,
        "step": step.index,
        "token_id": step.token_id,
        "top": numbers.top_ids.shape[1],
        "deviation": deviation,
        "made_with": made_with,
    }
    write_derived(step.call.trace.path, lens_name(step), document, asdict(numbers))
    return assemble(step, numbers, top=top, deviation=deviation, made_with=made_with)


def _checked_deviation(step: "Step", last: Floats, modules: "FinalModules") -> float:
    """Returns the largest difference from the recorded logits, among the candidates, relative to the largest."""
    candidates = [one for one in step.candidates if np.isfinite(one.score[0])]
    recorded = np.array([one.score[0] for one in candidates])
    ids = [one.token_id for one in candidates]
    fits = max(ids, default=0) < len(last)
    difference = np.abs(last[ids] - recorded).max(initial=0.0) if fits else np.inf
    deviation = float(difference / (np.abs(recorded).max(initial=0.0) or 1.0))
    dtype = step.call.trace.model.dtype
    if not deviation <= _TOLERANCES.get(dtype, _TOLERANCE):
        name = step.call.trace.model.name
        raise ModelError(
            f"Norm and head of the {modules.source} do not give the logits of step {step.index} of "
            f"{str(step.call.trace.path)!r}: they are off by {deviation:.2g} of the largest. These are other "
            f"weights than the recorded ones ({name!r} in {dtype}), or the architecture has a step between norm "
            "and head that is not known. Give the recorded model with model=… or checkpoint='...'."
        )
    return deviation


def _versions() -> dict[str, str]:
    import torch
    import transformers

    return {"torch": torch.__version__, "transformers": transformers.__version__}
