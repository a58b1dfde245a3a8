"""`what_if`: which token a recorded step, or each step of a text, would have given with other settings.

Model-free: the processors run again on the recorded logits, and the recorded luck decides; where the stored
part of it cannot, the whole draw is repeated with torch, and else the answer says that it does not know. No
later token is invented.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, overload

import numpy as np

from tracer.analysis.alternative import (
    Asked,
    Luck,
    WhatIf,
    WhatIfText,
    answer,
    changed_settings,
    run_chain,
)
from tracer.analysis.asked_settings import check_settings
from tracer.analysis.chain_editing import edited_chain, is_numpy_enough, recorded_settings
from tracer.analysis.choice import Choice, Undecided, choose_highest, race
from tracer.analysis.common_processors import Ids, Scores
from tracer.errors import MissingExtraError
from tracer.replay.chain_running import ChainRunner
from tracer.replay.place import find_place
from tracer.replay.race import redraw
from tracer.replay.settings_chain import installed_chain
from tracer.trace.call import Call
from tracer.trace.sequence import Sequence
from tracer.trace.step import Step
from tracer.trace.trace import Trace


@overload
def what_if(subject: Step, **settings: Any) -> WhatIf: ...


@overload
def what_if(subject: Sequence | Trace, **settings: Any) -> WhatIfText: ...


def what_if(subject: Step | Sequence | Trace, **settings: Any) -> WhatIf | WhatIfText:
    """Returns which token a step would have given with other settings; of a text: each step by itself.

    Settings are those of `generate` that change scores (`temperature`, `top_k`, `top_p`, `min_p`,
    `repetition_penalty`, and with torch the others), `do_sample`, and `seed` for a new draw, by numpy's
    generator and not torch's. None or its neutral value switches a setting off.

    Raises:
        ValueError: a setting is unknown, has a value out of range, or no effect.
        SignalMissingError: the logits or scores were not recorded.
        MissingExtraError: a setting, or a processor behind it, needs torch.
        RebuildError: a processor behind the changed setting cannot be made again.
        AmbiguousStepError: a trace of several sequences was given.
    """
    match subject:
        case Step():
            return next(_answers(subject.call, (subject,), settings))
        case Trace():
            return what_if(subject.sequence(), **settings)
        case Sequence():
            answers = tuple(_answers(subject.call, subject.steps, settings))
            checked = check_settings(subject.call, settings)
            return WhatIfText(changed_settings(recorded_settings(subject.call), checked), answers)
    raise TypeError(f"{subject!r} is no step, sequence or trace. Type tracer.what_if(trace.steps[0], ...).")


def _answers(call: Call, steps: tuple[Step, ...], settings: Mapping[str, Any]) -> Iterator[WhatIf]:
    checked = check_settings(call, settings)
    before = recorded_settings(call)
    is_sampled = checked.get("do_sample", before["do_sample"])
    seed = checked.get("seed")
    luck = Luck.NONE if not is_sampled else Luck.RECORDED if seed is None else Luck.NEW
    links = edited_chain(call, checked) if is_numpy_enough(call, checked) else installed_chain(call, checked)
    mode = "sample" if is_sampled else "greedy"
    asked = Asked(changed_settings(before, checked), links, mode, luck)
    processors: dict[int, Any] = {}
    for step in steps:
        runner = ChainRunner(step, processors)
        stages = run_chain(step, links, runner.run)
        choose = partial(_choose, step, asked, seed)
        yield answer(step, asked, stages, _tell_ties(stages[-1], runner.tied, choose))


def _tell_ties(scores: Scores, tied: Ids, choose: Callable[[Scores], Choice]) -> Choice:
    """The choice, unless it hangs on which of several equal tokens top-p would have kept."""
    found = choose(scores)
    if not tied.size or found.token_id is None:
        return found
    with_all = scores.copy()
    with_all[tied] = scores[tied].max()
    is_safe = found.token_id not in tied and choose(with_all).token_id == found.token_id
    return found if is_safe else Choice(None, undecided=Undecided.NEEDS_TORCH)


def _choose(step: Step, asked: Asked, seed: int | None, scores: Scores) -> Choice:
    if asked.luck is Luck.NONE:
        return choose_highest(scores)
    if seed is not None:
        place = (seed, step.call.index, step.sequence.row, step.index)
        noise = np.random.default_rng(place).exponential(size=scores.size).astype(np.float32)
        return race(scores, np.arange(scores.size, dtype=np.int32), noise)
    if step.call.info.mode != "sample":
        return Choice(None, undecided=Undecided.NOTHING_DRAWN)
    return _race_as_recorded(step, scores)


def _race_as_recorded(step: Step, scores: Scores) -> Choice:
    noise = step.noise
    is_same = np.array_equal(scores, step.scores)
    if is_same and not step.is_forced:
        found = race(scores, *noise) if noise is not None else Choice(None)
        return Choice(step.token_id, found.margin if found.token_id == step.token_id else None)
    if noise is None:
        return Choice(None, undecided=Undecided.NO_NOISE)
    found = race(scores, *noise)
    if found.undecided is not Undecided.UNKNOWN_LUCK:
        return found
    try:
        whole = _whole_noise(step, scores.size)
    except MissingExtraError:
        return Choice(None, undecided=Undecided.NEEDS_TORCH)
    return found if whole is None else race(scores, np.arange(scores.size, dtype=np.int32), whole)


def _whole_noise(step: Step, vocab_size: int) -> Scores | None:
    """The luck of every token of the step's row, drawn again; None where it would come out otherwise here."""
    state, stored = step.random_state, step.noise
    if state is None or stored is None:
        return None
    environment = step.call.trace.manifest.environment
    place = find_place(environment)
    if place.device != environment.device_type:
        return None
    try:
        drawn = redraw(state, (step.call.info.num_rows, vocab_size), device=place.device)
    except RuntimeError:
        return None
    own: Scores = drawn[step.sequence.row].cpu().numpy()
    ids, values = stored
    return own if np.array_equal(own[ids], values) else None
