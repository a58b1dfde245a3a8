"""Checks how each token was chosen: by the highest final score, or by the noise race of a sampled call.

The noise is drawn again from the recorded random state, by a generator of its own: the user's is never
touched. Where it cannot be, the stored noise decides, and what it cannot decide is said.

Source: torch 2.13, multinomial with one sample: argmax(p / q), q ~ Exp(1) drawn in the shape of p.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from tracer.analysis.statistics import NOISE_COUNT
from tracer.errors import SignalMissingError
from tracer.replay.absence import absence
from tracer.replay.place import TORCH_MISSING, Place
from tracer.replay.rounds import Round, Scores, read_rounds
from tracer.replay.verdicts import Check, Tally, Verdict
from tracer.trace.call import Call
from tracer.trace.step import Step

if TYPE_CHECKING:
    import torch

CLOSE = 1e-5
"""Two racers whose p / q agree within this share cannot be told apart without the recorded kernels."""

_NO_SCORES = "the final scores of some steps were not recorded; record with scores='last'"


def check_choice(call: Call, place: Place | None) -> Iterator[Check]:
    """Yields the checks `choice` and, for a sampled call, `noise`. Without torch `place` is None."""
    if call.info.mode == "greedy":
        yield from _check_greedy(call)
        return
    choice = Tally("choice", call.index, "tokens won their race")
    noise = Tally("noise", call.index, "noise values are those of the recorded random state")
    for one in read_rounds(call):
        drawn = _drawn(one, call, place, noise)
        if isinstance(drawn, str):
            _race_stored(one, choice, drawn)
        else:
            _compare_noise(one, drawn, noise)
            _race(one, drawn, choice)
    yield from choice.checks()
    yield from noise.checks()


def redraw(state: bytes, shape: tuple[int, int], *, device: str) -> "torch.Tensor":
    """Returns the noise of a round, (rows, vocab) float32, drawn from a recorded generator state.

    Raises:
        RuntimeError: the state is not one of this device's generators.
    """
    import torch

    generator = torch.Generator(device=device)
    generator.set_state(torch.frombuffer(bytearray(state), dtype=torch.uint8))
    return torch.empty(shape, dtype=torch.float32, device=device).exponential_(1, generator=generator)


def _no_scores(call: Call) -> str:
    return absence(call.trace, _NO_SCORES, "scores", "logits")


def _check_greedy(call: Call) -> Iterator[Check]:
    tally = Tally("choice", call.index, "tokens have the highest final score")
    for sequence in call.sequences:
        for step in sequence.steps:
            try:
                best = int(np.argmax(step.scores))
            except SignalMissingError:
                tally.skip(_no_scores(step.call))
                continue
            detail = (
                f"step {step.index}: token {step.token_id} was chosen, but {best} has the highest final score"
            )
            _judge(step, best == step.token_id, detail, tally)
    yield from tally.checks()


def _judge(step: Step, agrees: bool, detail: str, tally: Tally) -> None:
    """Counts a choice; a token that a branch forced need not be the one that the scores would have given."""
    if step.is_forced and not agrees:
        tally.skip("the tokens of some steps were forced by a branch, not chosen")
    else:
        tally.judge(agrees, detail, step.sequence.row)


def _drawn(one: Round, call: Call, place: Place | None, noise: Tally) -> "torch.Tensor | str":
    """Returns the round's noise drawn again, or the reason why that is not to be had."""
    step = next(iter(one.steps.values()))
    state, recorded_on = step.random_state, call.trace.manifest.environment.device_type
    reason = None
    if place is None:
        reason = TORCH_MISSING
    elif place.device != recorded_on:
        reason = f"the random state is that of a {recorded_on} device, which is not there"
    elif state is None:
        reason = absence(call.trace, "the random state was not recorded", "random_state")
    if reason is not None:
        noise.skip(reason)
        return reason
    assert place is not None
    assert state is not None
    width = _vocab_size(one, call)
    try:
        drawn = redraw(state, (one.num_rows, width), device=place.device)
    except RuntimeError as error:
        noise.fail(f"step {one.index}: the recorded random state is not valid: {error}")
        return "the recorded random state is not valid"
    if not place.is_same and not _agrees(one, drawn.cpu().numpy()):
        reason = f"random numbers come out otherwise here ({place.difference})"
        noise.skip(reason)
        return reason
    return drawn


def _vocab_size(one: Round, call: Call) -> int:
    try:
        return len(next(iter(one.after(-1).values())))
    except SignalMissingError:
        return call.trace.model.vocab_size


def _agrees(one: Round, drawn: Scores) -> bool:
    pairs = ((row, step.noise) for row, step in one.steps.items())
    return all(stored is None or np.array_equal(drawn[row][stored[0]], stored[1]) for row, stored in pairs)


def _compare_noise(one: Round, drawn: "torch.Tensor", tally: Tally) -> None:
    values = drawn.cpu().numpy()
    for row, step in one.steps.items():
        stored = step.noise
        if stored is None:
            tally.skip("no noise was stored")
            continue
        ids, noise = stored
        wrong = ids[values[row][ids].view(np.int32) != np.ascontiguousarray(noise, np.float32).view(np.int32)]
        tally.hold(len(ids) - len(wrong))
        if len(wrong):
            tally.fail(
                f"step {one.index}: {len(wrong)} of {len(ids)} values differ, the first of token {wrong[0]}",
                row,
            )


def _race(one: Round, drawn: "torch.Tensor", tally: Tally) -> None:
    """Repeats `torch.multinomial`; the rows that finished before take part as the zeros they count for."""
    import torch

    try:
        recorded = one.after(-1)
    except SignalMissingError:
        tally.skip(_no_scores(next(iter(one.steps.values())).call))
        return
    scores = torch.zeros(drawn.shape, dtype=torch.float32)
    for row, values in recorded.items():
        scores[row] = torch.from_numpy(values.copy())
    probabilities = torch.softmax(scores.to(drawn.device), dim=-1)
    winners = torch.argmax(probabilities / drawn, dim=-1).tolist()
    for row, step in one.steps.items():
        detail = f"step {one.index}: token {step.token_id} was chosen, but {winners[row]} wins the race"
        _judge(step, winners[row] == step.token_id, detail, tally)


def _race_stored(one: Round, tally: Tally, reason: str) -> None:
    for step in one.steps.values():
        try:
            verdict, detail = decide(step)
        except SignalMissingError:
            tally.skip(_no_scores(step.call))
            continue
        match verdict:
            case Verdict.HOLDS:
                tally.hold()
            case Verdict.FAILS:
                _judge(step, False, f"step {step.index}: {detail}", tally)
            case Verdict.CANNOT_CHECK:
                tally.skip(f"{detail}, and {reason}")


def decide(step: Step) -> tuple[Verdict, str]:
    """Returns what the stored noise says of the choice, with the reason unless it holds."""
    if step.noise is None:
        return Verdict.CANNOT_CHECK, "no noise was stored"
    ids, first = np.unique(step.noise[0], return_index=True)
    noise = step.noise[1][first].astype(np.float64)
    scores = step.scores.astype(np.float64)
    weights = np.exp(scores - scores.max())
    finish = weights[ids] / noise
    if step.token_id not in ids:
        return Verdict.CANNOT_CHECK, "the noise of the chosen token was not stored"
    is_chosen = ids == step.token_id
    own = float(finish[is_chosen][0])
    if finish.max() > own * (1 + CLOSE):
        winner = int(ids[np.argmax(finish)])
        return Verdict.FAILS, f"token {step.token_id} was chosen, but {winner} wins the stored race"
    unknown = np.delete(weights, ids)
    least = float(
        np.sort(noise)[min(NOISE_COUNT, len(noise)) - 1]
    )  # no token that is not stored has less noise
    if len(unknown) and unknown.max() / least >= own * (1 - CLOSE):
        return Verdict.CANNOT_CHECK, "a token whose noise was not stored could have won"
    if len(ids) > 1 and finish[~is_chosen].max() >= own * (1 - CLOSE):
        return Verdict.CANNOT_CHECK, "two tokens are too close to tell apart"
    return Verdict.HOLDS, ""
