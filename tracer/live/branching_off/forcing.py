"""Makes a `generate` call take given tokens and random states for its first rounds, behind everything recorded.

A processor at the very end of the list, after the last recorder, lets only the given token through: the stages
that are recorded are real. The random state is put back right before it is read and drawn from. Loads nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from transformers import LogitsProcessor, LogitsProcessorList

from tracer.live.replaying.recorded_call import set_random_state
from tracer.recording.listening.processors import RecordingLogitsProcessor
from tracer.recording.model.front import fronted
from tracer.trace.call import Call

OnLogits = Callable[[int, torch.Tensor], None]
"""Told the round and its raw logits, (rows, vocab)."""


@dataclass(frozen=True, slots=True)
class Forcing:
    """Per row the tokens of its first steps; per round the random state, None: as it stands.

    `seed` seeds the round of `seeded_step` instead.
    """

    token_ids: tuple[tuple[int, ...], ...]
    random_states: tuple[bytes | None, ...] = ()
    seed: int | None = None
    seeded_step: int = 0

    @classmethod
    def repeating(cls, call: Call) -> "Forcing":
        """Returns what repeats a call that is a branch."""
        rows = zip(call.sequences, call.info.forced_steps, strict=True)
        longest = max(call.sequences, key=lambda sequence: len(sequence.steps))
        return cls(
            tuple(sequence.token_ids[:count] for sequence, count in rows),
            tuple(step.random_state for step in longest.steps),
        )


@contextmanager
def forced(model: Any, forcing: Forcing, *, on_logits: OnLogits | None = None) -> Iterator[None]:
    """Applies to the `generate` calls of the block. Inside a `record` block, enter this one second."""

    def wrap(original: Callable[..., Any]) -> Callable[..., Any]:
        def get_logits_processor(*args: Any, **kwargs: Any) -> Any:
            processors = original(*args, **kwargs)
            return _with_forcing(processors, forcing, kwargs["input_ids_seq_length"], on_logits)

        return get_logits_processor

    with fronted(model, "_get_logits_processor", wrap):
        yield


def _with_forcing(
    processors: LogitsProcessorList, forcing: Forcing, prompt_len: int, on_logits: OnLogits | None
) -> LogitsProcessorList:
    """Returns the list with its additions: two in front of what reads logits and random state, one at the end."""
    listed = list(processors)
    has_recorder = bool(listed) and isinstance(listed[-1], RecordingLogitsProcessor)
    listed.insert(len(listed) - has_recorder, _StateKeeper(forcing, prompt_len))
    if on_logits is not None:
        listed.insert(0, _LogitsListener(on_logits, prompt_len))
    forced_list = type(processors)()
    forced_list.extend([*listed, _TokenForcer(forcing, prompt_len)])
    return forced_list


class _LogitsListener(LogitsProcessor):  # type: ignore[misc]  # transformers is untyped
    """Shows the raw logits and returns them untouched."""

    def __init__(self, listen: OnLogits, prompt_len: int) -> None:
        self._listen = listen
        self._prompt_len = prompt_len

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Returns `scores`, (rows, vocab), the same object."""
        self._listen(input_ids.shape[1] - self._prompt_len, scores)
        return scores


class _StateKeeper(LogitsProcessor):  # type: ignore[misc]  # transformers is untyped
    """Sets the random state of the round and returns the scores untouched."""

    def __init__(self, forcing: Forcing, prompt_len: int) -> None:
        self._forcing = forcing
        self._prompt_len = prompt_len

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Returns `scores`, (rows, vocab), the same object."""
        step, states = input_ids.shape[1] - self._prompt_len, self._forcing.random_states
        state = states[step] if step < len(states) else None
        if self._forcing.seed is not None and step == self._forcing.seeded_step:
            _seed(self._forcing.seed, scores.device)
        elif state is not None:
            set_random_state(state, scores.device)
        return scores


class _TokenForcer(LogitsProcessor):  # type: ignore[misc]  # transformers is untyped
    """Lets only the given token of each row through; rows that have none left keep their scores."""

    def __init__(self, forcing: Forcing, prompt_len: int) -> None:
        self._rows = forcing.token_ids
        self._prompt_len = prompt_len

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Returns new scores, (rows, vocab): 0 for a row's token, -inf for all others."""
        step = input_ids.shape[1] - self._prompt_len
        rows = [row for row, token_ids in enumerate(self._rows) if step < len(token_ids)]
        if not rows:
            return scores
        only = scores.clone()
        only[rows] = -torch.inf
        only[rows, [self._rows[row][step] for row in rows]] = 0.0
        return only


def _seed(seed: int, device: torch.device) -> None:
    """Seeds the generator of one device: `torch.manual_seed` would seed all."""
    if device.type == "cuda":
        with torch.cuda.device(device):
            torch.cuda.manual_seed(seed)
    else:
        torch.default_generator.manual_seed(seed)
