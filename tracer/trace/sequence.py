"""One row of a call's batch: its prompt, the tokens it was given, and its steps."""

from functools import cached_property
from typing import TYPE_CHECKING

from tracer.errors import SignalMissingError
from tracer.self_rendering import RendersItself
from tracer.trace.step import Step
from tracer.trace.text.tokens import Piece

if TYPE_CHECKING:
    from tracer.trace.call import Call


class Sequence(RendersItself):
    """One row; it ends with the step whose verdict finished it."""

    def __init__(self, call: "Call", row: int) -> None:
        self.call = call
        self.row = row

    def __repr__(self) -> str:
        return f"<Sequence {self.row} of call {self.call.index}: {len(self.steps)} steps>"

    @cached_property
    def prompt_ids(self) -> tuple[int, ...]:
        """The prompt's token ids without padding.

        Raises:
            SignalMissingError: the call ended before its prompt was written.
        """
        info = self.call.info
        if not info.prompt_ids:
            raise SignalMissingError(
                f"Call {self.call.index} of {str(self.call.trace.path)!r} has no prompt: it was interrupted "
                "before its first step. Record the call again."
            )
        row = self.row if len(info.prompt_ids) == info.num_rows else self.row // info.num_return_sequences
        ids = info.prompt_ids[row]
        mask = info.prompt_mask[row][-len(ids) :] if info.prompt_mask is not None and ids else [1] * len(ids)
        return tuple(token_id for token_id, is_given in zip(ids, mask, strict=True) if is_given)

    @cached_property
    def token_ids(self) -> tuple[int, ...]:
        """The generated token ids, the one that ended the sequence included."""
        table = self.call.step_table
        return tuple(table.column(table.rows(self.row), "token_id"))

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The steps, in order."""
        return tuple(Step(self, number) for number in self.call.step_table.rows(self.row))

    @property
    def text(self) -> str:
        """The generated tokens as running text."""
        return self.call.trace.vocabulary.text(self.token_ids)

    @cached_property
    def prompt_pieces(self) -> tuple[Piece, ...]:
        """The prompt's tokens as parts of its running text."""
        return self.call.trace.vocabulary.pieces(self.prompt_ids)

    @property
    def prompt_text(self) -> str:
        """The prompt's tokens as running text."""
        return self.call.trace.vocabulary.text(self.prompt_ids)
