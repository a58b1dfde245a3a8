"""Checks the tables against the arrays: numbers of every step, logit accounting, and why generation stopped.

Recomputes with numpy from the recorded scores; needs neither torch nor a model.
"""

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from tracer.errors import SignalMissingError
from tracer.replay.absence import absence
from tracer.replay.verdicts import Check, Tally
from tracer.trace.accounting import Accounting
from tracer.trace.call import Call
from tracer.trace.candidate import Candidate
from tracer.trace.step import Step

Scores = npt.NDArray[np.float32]

CLOSE = 1e-6
"""Sums over a vocabulary may differ by this share between two ways to add them up."""

MAX_REMAINDER = 1e-5
"""Of the sum of the absolute shares, in float32."""


def check_probabilities(call: Call) -> Iterator[Check]:
    """Yields the checks of the numbers in the steps and candidates tables."""
    tally = Tally("probabilities", call.index, "numbers follow from the recorded scores")
    no_scores = absence(call.trace, "the scores of some steps were not recorded", "scores", "logits")
    for sequence in call.sequences:
        for step in sequence.steps:
            try:
                stages = [step.after(stage) for stage in range(step.num_stages)]
            except SignalMissingError:
                tally.skip(no_scores)
                continue
            _compare_stages(step, stages, tally)
            _compare_choice(step, stages, tally)
            sorted_stages = [np.sort(scores[~np.isnan(scores)]) for scores in stages]
            for candidate in step.candidates:
                _compare_candidate(step, candidate, (stages, sorted_stages), tally)
    yield from tally.checks()


def _compare_stages(step: Step, stages: list[Scores], tally: Tally) -> None:
    for stage, scores in enumerate(stages):
        survives = scores > -np.inf
        cut = 0.0
        if stage:
            removed = stages[stage - 1][np.isneginf(scores)].astype(np.float64)
            cut = float(np.exp(removed - _logsumexp(stages[stage - 1])).sum())
        expected = {
            "logsumexp": (_logsumexp(scores), step.logsumexp[stage]),
            "survivors": (int(survives.sum()), step.survivors[stage]),
            "removed mass": (cut, step.removed_mass[stage]),
        }
        for what, (computed, recorded) in expected.items():
            _judge(step, tally, f"{what} of stage {stage}", computed, recorded)


def _compare_choice(step: Step, stages: list[Scores], tally: Tally) -> None:
    first, last, token = stages[0], stages[-1], step.token_id
    expected = {
        "probability": (_probability(last, token), step.probability),
        "rank": (_rank(last, token), step.rank),
        "model_probability": (_probability(first, token), step.model_probability),
        "model_rank": (_rank(first, token), step.model_rank),
        "entropy": (_entropy(last), step.entropy),
        "model_entropy": (_entropy(first), step.model_entropy),
        "favorite_id": (int(np.argmax(first)), step.favorite_id),
        "winner_id": (int(np.argmax(last)), step.winner_id),
    }
    for what, (computed, recorded) in expected.items():
        _judge(step, tally, what, computed, recorded)


def _compare_candidate(
    step: Step, candidate: Candidate, stages: tuple[list[Scores], list[Scores]], tally: Tally
) -> None:
    token = candidate.token_id
    for stage, (scores, ordered) in enumerate(zip(*stages, strict=True)):
        own = scores[token]
        expected = {
            "score": (float(own), candidate.score[stage]),
            "rank": (_rank_in(ordered, own), candidate.rank[stage]),
            "removed": (int(np.isneginf(own)), int(candidate.removed[stage])),
            "probability": (math.exp(float(own) - step.logsumexp[stage]), candidate.probability[stage]),
        }
        for what, (computed, recorded) in expected.items():
            _judge(step, tally, f"{what} of candidate {token} in stage {stage}", computed, recorded)


def _judge(step: Step, tally: Tally, what: str, computed: float, recorded: float) -> None:
    if isinstance(computed, int):
        agrees = computed == recorded
    else:
        agrees = recorded == computed or math.isclose(recorded, computed, rel_tol=CLOSE, abs_tol=CLOSE)
        agrees = agrees or (math.isnan(recorded) and math.isnan(computed))
    detail = f"step {step.index}: {what} is {recorded} in the table and {computed} by the scores"
    tally.judge(agrees, detail, step.sequence.row)


def _logsumexp(scores: Scores) -> float:
    highest = float(scores.max())
    if not math.isfinite(highest):
        return highest
    return highest + math.log(float(np.exp(scores.astype(np.float64) - highest).sum()))


def _probability(scores: Scores, token: int) -> float:
    return math.exp(float(scores[token]) - _logsumexp(scores))


def _rank(scores: Scores, token: int) -> int:
    return _rank_in(np.sort(scores[~np.isnan(scores)]), scores[token])


def _rank_in(ordered: Scores, own: np.float32) -> int:
    """How many are higher; below all others stands what was removed or, by a faulty processor, is no number."""
    own = np.float32(-np.inf) if np.isnan(own) else own
    return len(ordered) - int(np.searchsorted(ordered, own, side="right"))


def _entropy(scores: Scores) -> float:
    logs = scores[scores > -np.inf].astype(np.float64) - _logsumexp(scores)
    return max(float(-(np.exp(logs) * logs).sum()), 0.0)


def check_accounting(call: Call) -> Iterator[Check]:
    """Yields the checks that shares and remainder give the recorded logits."""
    tally = Tally("accounting", call.index, "logits are the sum of their shares and the remainder")
    for sequence in call.sequences:
        for step in sequence.steps:
            try:
                accounting = step.accounting
                logits = step.logits[list(accounting.ids)].astype(np.float64)
            except SignalMissingError as error:
                tally.skip(_reason(error))
                continue
            _compare_accounting(step, accounting, logits, tally)
    yield from tally.checks()


def _compare_accounting(
    step: Step, accounting: Accounting, logits: npt.NDArray[np.float64], tally: Tally
) -> None:
    unit = np.abs(accounting.shares).sum(axis=0) * abs(accounting.scaling or 1.0)
    computed = _after(accounting) + accounting.remainder
    off = np.abs(computed - logits)
    for place in range(len(logits)):
        detail = (
            f"step {step.index}: the shares of token {accounting.ids[place]} give {computed[place]:.9g}, "
        )
        agrees = bool(off[place] <= CLOSE * 1e-3 * (unit[place] + 1.0))
        tally.judge(agrees, f"{detail}its logit is {logits[place]:.9g}", step.sequence.row)
    rounds = any(
        part.endswith(".rounding") for part in accounting.parts
    )  # the model computed in half precision
    if accounting.logits_dtype == "float32" and not rounds:
        worst = int(np.argmax(np.abs(accounting.remainder) / unit))
        share = float(abs(accounting.remainder[worst]) / unit[worst])
        detail = (
            f"step {step.index}: the remainder of token {accounting.ids[worst]} is {share:.1e} of its shares"
        )
        tally.judge(share <= MAX_REMAINDER, f"{detail}, above {MAX_REMAINDER}", step.sequence.row)


def _after(accounting: Accounting) -> npt.NDArray[np.float64]:
    """The sums of the shares after the named steps."""
    sums: npt.NDArray[np.float64] = accounting.shares.sum(axis=0)
    if accounting.scaling is not None:
        sums = sums * accounting.scaling
    if accounting.softcap is not None:
        sums = accounting.softcap * np.tanh(sums / accounting.softcap)
    return sums


def _reason(error: SignalMissingError) -> str:
    """The error's reason without the step it is about, so that equal reasons count as one."""
    return str(error).split(": ", 1)[-1].split(". ")[0].rstrip(".")


def check_stopping(call: Call) -> Iterator[Check]:
    """Yields the checks of the verdicts: a sequence ends with its first True, or with the call."""
    tally = Tally("stopping", call.index, "verdicts are as they must be")
    for sequence in call.sequences:
        for step in sequence.steps:
            _compare_verdicts(step, tally, is_last=step.index == len(sequence.steps) - 1)
    yield from tally.checks()


def _compare_verdicts(step: Step, tally: Tally, *, is_last: bool) -> None:
    row, verdicts = step.sequence.row, step.verdicts
    is_true = any(verdicts.values())
    told = f"step {step.index}: the sequence "
    tally.judge(step.is_finished == is_true, f"{told}is said to end otherwise than its verdicts say", row)
    if not is_last:
        tally.judge(not is_true, f"{told}goes on although {_names(verdicts)} ended it", row)
    elif step.call.status == "complete":
        tally.judge(is_true, f"{told}ends there, but no criterion ended it", row)
    for criterion, (name, verdict) in zip(step.call.criteria, verdicts.items(), strict=False):
        expected = _expected_verdict(step, criterion.class_name, criterion.parameters)
        if expected is not None:
            tally.judge(expected == verdict, f"step {step.index}: {name} says {verdict}, not {expected}", row)


def _names(verdicts: dict[str, bool]) -> str:
    return ", ".join(name for name, verdict in verdicts.items() if verdict)


def _expected_verdict(step: Step, class_name: str, parameters: dict[str, object]) -> bool | None:
    match class_name, parameters:
        case "EosTokenCriteria", {"eos_token_id": {"values": list(ids)}}:
            return step.token_id in ids
        case "MaxLengthCriteria", {"max_length": int(max_length)}:
            return step.call.info.prompt_len + step.index + 1 >= max_length
    return None
