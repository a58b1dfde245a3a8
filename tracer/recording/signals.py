"""What a call keeps, resolved to yes-or-no questions that hooks can ask cheaply.

Built once per call from the configuration; holds no tensors.
"""

from dataclasses import dataclass

from tracer.config import RecordingConfig


@dataclass(frozen=True, slots=True)
class Signals:
    """The resolved wishes of a `RecordingConfig`."""

    config: RecordingConfig

    @property
    def logits(self) -> bool:
        """Whether raw logits are stored."""
        return self.config.logits != "none"

    @property
    def scores(self) -> bool:
        """Whether processor stages are stored."""
        return self.config.scores != "none"

    @property
    def dense_scores(self) -> bool:
        """Whether every stage is stored dense."""
        return self.config.scores == "all"

    @property
    def accounting(self) -> bool:
        """Whether the shares of the logits are computed."""
        return self.config.accounting != "none"

    @property
    def streams(self) -> bool:
        """Whether hooks take the residual stream."""
        return self.config.hidden_states != "none" or self.accounting

    @property
    def additions(self) -> bool:
        """Whether hooks take what each block adds."""
        return self.config.additions != "none" or self.accounting

    @property
    def all_positions(self) -> bool:
        """Whether streams are taken at every position."""
        return "all" in (self.config.hidden_states, self.config.additions)

    @property
    def attention(self) -> bool:
        """Whether queries or keys and values are stored."""
        return self.config.queries != "none" or self.config.keys_values != "none"

    @property
    def last_step(self) -> int | None:
        """The last step whose arrays are kept, None: no last one."""
        return None if self.config.steps is None else max(self.config.steps, default=-1)

    def keeps_keys_at(self, step: int) -> bool:
        """Whether keys and values of a step's forwards are stored: up to the last chosen step."""
        return self.config.keys_values != "none" and (self.last_step is None or step <= self.last_step)
