"""A made-up lens of four streams over made-up tokens, for what shows one."""

from typing import Any

from tracer.analysis.logit_lens import Lens, LensLayer, LensToken

TOKENS = ("·ra", "<b>$x", "·the")


def layer(stream: int, *ids: int, rank: int, probability: float) -> LensLayer:
    """Returns a layer that would have said these tokens, the first with the given probability."""
    share = (1.0 - probability) / max(len(ids) - 1, 1)
    top = tuple(
        LensToken(token, TOKENS[token], probability if place == 0 else share)
        for place, token in enumerate(ids)
    )
    chosen = probability if rank == 0 else share
    return LensLayer(stream, top, rank, chosen, entropy=0.5 + stream, kl=float(3 - stream))


def lens(**changes: Any) -> Lens:
    """Returns a lens whose chosen token, 0, is first from stream 2 on; `changes` replace fields."""
    fields: dict[str, Any] = {
        "call": 0,
        "row": 0,
        "step": 3,
        "chosen_id": 0,
        "chosen": TOKENS[0],
        "favorite_id": 0,
        "favorite": TOKENS[0],
        "num_streams": 4,
        "layers": (
            layer(0, 1, 2, rank=11, probability=0.75),
            layer(1, 2, 0, rank=1, probability=0.5),
            layer(2, 0, 1, rank=0, probability=0.625),
            layer(3, 0, 2, rank=0, probability=0.875),
        ),
        "decided_at": 2,
        "favorite_decided_at": 2,
        "deviation": 0.0,
        "made_with": {"source": "model Made"},
    }
    return Lens(**fields | changes)
