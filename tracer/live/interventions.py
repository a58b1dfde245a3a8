"""`intervene`: one step once more with the live model, unchanged and then changed, and how the distribution moved.

The unchanged run must repeat the recorded logits, or nothing is answered. It speaks of the model's own logits at
that step; logits processors and later tokens are not its business. The model is left as it was.
"""

from contextlib import ExitStack
from typing import Any

import numpy as np
import torch

from tracer.analysis.intervention import (
    Intervention,
    InterventionResult,
    compare_logits,
    default_rival,
    divergence,
    entropy_of,
    parse_intervention,
)
from tracer.errors import ModelError
from tracer.live.intervention_hooks import Interventions
from tracer.live.replaying.recorded_call import require_same_model, threads_of
from tracer.live.replaying.recorded_text import recorded_gap, recorded_text, token_id_of
from tracer.live.replaying.step_replay import plan_replay, run_replay
from tracer.live.replaying.untouched import evaluating
from tracer.recording.model.target_model import inner_model
from tracer.trace.step import Step


def intervene(
    step: Step, *interventions: Intervention | str, model: Any, rival: int | str | None = None
) -> InterventionResult:
    """Returns the model's distribution at a step before and after some changes inside the model.

    Args:
        interventions: such as "ablate L5H2", "scale L5.mlp=0.5", "block 17:4", or `Intervention` values; all of
            them hold together.
        rival: a token id or a token's text; default: the runner-up.

    Raises:
        ModelError: the model is not the recorded one, does not repeat the step, or has no such part.
        ValueError: an intervention cannot be read, or names what is not there.
    """
    if not interventions:
        raise ValueError(
            "No intervention was given. Type for example intervene(step, 'ablate L5H2', model=model)."
        )
    asked = tuple(
        dict.fromkeys(parse_intervention(one) if isinstance(one, str) else one for one in interventions)
    )
    rival_id = None if rival is None else token_id_of(step, rival, "rival")
    require_same_model(step.call.trace, model)
    text = recorded_text(step)
    _check_positions(step, asked, text.positions)
    inner, replay = inner_model(model), plan_replay(step, text)
    attention = step.call.info.attention
    heads = {} if attention is None else {layer.layer: layer.num_heads for layer in attention.layers}
    changes = Interventions(inner, asked, heads)
    with evaluating(inner), threads_of(step.call), torch.inference_mode(False):
        before = run_replay(inner, replay)
        gap, tolerance = recorded_gap(step, before)
        with ExitStack() as hooks:
            changes.install(hooks)
            after = run_replay(inner, replay, changes.watch)
    changes.require_all_done()
    if not np.isfinite(after[np.isfinite(before)]).all():
        raise ModelError(
            f"With {', '.join(map(str, asked))} the logits are not finite numbers, so there is no distribution. "
            "Type a smaller factor."
        )
    rival_id = default_rival(step, before) if rival_id is None else rival_id
    return InterventionResult(
        call=step.call.index,
        row=step.sequence.row,
        step=step.index,
        interventions=asked,
        chosen_id=step.token_id,
        rival_id=rival_id,
        rows=compare_logits(before, after, (step.token_id, rival_id), step),
        kl=divergence(before, after),
        entropy_before=entropy_of(before),
        entropy_after=entropy_of(after),
        replay=replay.how,
        gap=gap,
        tolerance=tolerance,
    )


def _check_positions(step: Step, asked: tuple[Intervention, ...], positions: tuple[int, ...]) -> None:
    """Raises ValueError where an edge names a position that is padding or does not come before the step's token."""
    for one in asked:
        for position in (one.query, one.key):
            if position is not None and position not in positions:
                raise ValueError(
                    f"{str(one)!r} names position {position}, and step {step.index} reads {positions[0]} to "
                    f"{positions[-1]}, without padding. Type positions of these."
                )
