"""A branch beside its parent: the tokens of both, step by step, and how probable each was under its final scores.

Compares the recorded row from which the branch left with the same row of the branch. Runs no model, and does not
judge which of the two is better.
"""

from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracer.schema import Branch
    from tracer.trace.sequence import Sequence
    from tracer.trace.step import Step
    from tracer.trace.trace import Trace


@dataclass(frozen=True, slots=True)
class PathToken:
    """The token at one step of one of the two; `is_forced`: the branch set it, the settings did not choose it."""

    token_id: int
    token: str
    probability: float
    is_forced: bool


@dataclass(frozen=True, slots=True)
class PathStep:
    """One step of both; None where a text had ended, or had not been recorded so far."""

    step: int
    parent: PathToken | None
    branch: PathToken | None

    @property
    def is_same(self) -> bool:
        """Whether both have this step, and the same token there."""
        return (
            self.parent is not None
            and self.branch is not None
            and self.parent.token_id == self.branch.token_id
        )


@dataclass(frozen=True, slots=True)
class BranchComparison:
    """Both texts; up to `leaves_at` the branch repeats its parent, and `origin` says what was changed there.

    `token` is the text of the token that was set, None where none was. `differs_at` is the first step at which
    both have a token, and not the same one; None where there is no such step.
    """

    origin: "Branch"
    leaves_at: int
    token: str | None
    steps: tuple[PathStep, ...]
    differs_at: int | None


def compare_branch(parent: "Trace", branch: "Trace") -> BranchComparison:
    """Returns the row from which a branch left beside the row that it made.

    Raises:
        ValueError: `branch` is no branch, or not one of this parent.
    """
    origin = branch.manifest.branch
    if origin is None:
        raise ValueError(
            f"{str(branch.path)!r} is no branch: it names no parent. "
            "Give the trace that tracer.branch(...) returned, second."
        )
    if parent.manifest.created_at != origin.created_at:
        raise _other_parent(parent, branch, origin)
    old = parent.sequence(call=origin.call, row=origin.row)
    # A branch that was interrupted before its first step has no call.
    new = branch.sequence(call=0, row=origin.row) if branch.calls else None
    shared = old.token_ids[: origin.step]
    repeated = new.token_ids[: origin.step] if new else ()
    if shared[: len(repeated)] != repeated:
        raise _other_parent(parent, branch, origin)
    steps = _steps(old, new)
    other = (one.step for one in steps if one.parent and one.branch and not one.is_same)
    return BranchComparison(
        origin=origin,
        leaves_at=origin.step,
        token=None if origin.token_id is None else parent.vocabulary.visible(origin.token_id),
        steps=steps,
        differs_at=next(other, None),
    )


def _other_parent(parent: "Trace", branch: "Trace", origin: "Branch") -> ValueError:
    return ValueError(
        f"{str(branch.path)!r} is a branch of {origin.trace!r}, recorded at {origin.created_at}, and not of "
        f"{str(parent.path)!r}. Type parent=tracer.open_trace({origin.trace!r})."
    )


def _steps(old: "Sequence", new: "Sequence | None") -> tuple[PathStep, ...]:
    pairs = zip_longest(old.steps, new.steps if new else ())
    return tuple(
        PathStep(index, _path_token(was), _path_token(now)) for index, (was, now) in enumerate(pairs)
    )


def _path_token(step: "Step | None") -> PathToken | None:
    if step is None:
        return None
    token = step.call.trace.vocabulary.visible(step.token_id)
    return PathToken(step.token_id, token, step.probability, step.is_forced)
