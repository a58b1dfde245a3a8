"""Recorded runs of one tiny model that differ in one thing each: seed, temperature, prompt, precision, kernel, end.

`recorded_run` is a real `generate` call; the runs are made once for a test session and read only.
"""

import atexit
import shutil
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import torch

from tests import zoo
from tracer.recording.recorder import record
from tracer.trace.opening import open_trace
from tracer.trace.trace import Trace

SETTINGS: dict[str, Any] = {
    "max_new_tokens": 8,
    "do_sample": True,
    "temperature": 0.9,
    "top_k": 40,
    "eos_token_id": None,
}
PROMPT = (5, 9, 23, 4, 61)


@cache
def recorded_run(
    *,
    seed: int = 3,
    prompt: tuple[int, ...] = PROMPT,
    preset: str = "standard",
    dtype: torch.dtype = torch.float32,
    attention: str = "eager",
    architecture: str = "llama",
    **settings: Any,
) -> Trace:
    """Returns the trace of one call; what is not given is as in every other run."""
    folder = Path(mkdtemp(prefix="compared-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / "run.trace"
    model = zoo.shared(architecture, dtype, attention)
    with torch.random.fork_rng(), record(model, zoo.tokenizer(), to=path, preset=preset):
        torch.manual_seed(seed)
        model.generate(
            input_ids=torch.tensor([prompt]),
            attention_mask=torch.ones(1, len(prompt), dtype=torch.long),
            **SETTINGS | settings,
        )
    return open_trace(path)
