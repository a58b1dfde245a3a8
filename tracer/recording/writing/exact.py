"""Two exact answers about one round: logits in the dtype they came from, and the noise that the draw raced with.

Runs on the writer's thread. The noise never comes from the user's generator: a private one gets its saved state.
"""

from contextlib import nullcontext

import numpy as np
import numpy.typing as npt
import torch

from tracer.recording.transport.transfer import HostArray


def narrow(logits: npt.NDArray[np.float32], dtype: str) -> HostArray:
    """Returns float32 values in the narrower dtype they came from; float32 when that would lose bits."""
    if dtype == "bfloat16":
        words = (logits.view(np.uint32) >> 16).astype(np.uint16)
        if not (logits.view(np.uint32) & 0xFFFF).any():
            return HostArray(words, dtype)
    if dtype == "float16":
        with np.errstate(over="ignore"):
            halves = logits.astype(np.float16)
        if np.array_equal(halves.astype(np.float32), logits, equal_nan=True):
            return HostArray(halves, dtype)
    return HostArray(logits, "float32")


def draw_noise(state: torch.Tensor, shape: tuple[int, ...], device: torch.device) -> npt.NDArray[np.float32]:
    """Returns the race's noise for the whole batch's probabilities, from a private generator with the saved state.

    Source: torch 2.13, multinomial with one sample: argmax(p / q), q ~ Exp(1) drawn in the shape of p.
    """
    generator = torch.Generator(device=device)
    generator.set_state(state)
    side_stream = torch.cuda.stream(torch.cuda.Stream(device)) if device.type == "cuda" else nullcontext()  # type: ignore[no-untyped-call]  # torch has no stubs for it
    with torch.inference_mode(False), side_stream:
        noise = torch.empty(shape, dtype=torch.float32, device=device).exponential_(1, generator=generator)
        return noise.cpu().numpy()
