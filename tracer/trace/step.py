"""One generated token: how it was chosen, from which scores, and what the model held when it was.

Numbers come from the steps table, arrays from the files, each when asked for. Attention is derived from
queries and keys; probabilities from scores and their logsumexp. What was not recorded raises
`SignalMissingError`.
"""

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from tracer.errors import SignalMissingError
from tracer.self_rendering import RendersItself
from tracer.store.format import step_entry
from tracer.trace.accounting import Accounting, read_accounting
from tracer.trace.attention.attended import AttendedLayer, Positions
from tracer.trace.attention.key_values import Signal, seen_key_values
from tracer.trace.attention.positions import read_positions, read_rows
from tracer.trace.attention.softmax import Floats, Mask
from tracer.trace.candidate import Candidate, group_candidates
from tracer.trace.forward import CacheView, Forward, Input, Phase
from tracer.trace.missing import missing_signal
from tracer.trace.stages import StageChain

if TYPE_CHECKING:
    from tracer.trace.call import Call
    from tracer.trace.sequence import Sequence

Noise = tuple[npt.NDArray[np.int32], Floats]


class Step(RendersItself):
    """One step of one sequence. `probability` and `rank` are under the final scores, `model_…` the logits."""

    __slots__ = ("_row_number", "sequence")

    def __init__(self, sequence: "Sequence", row_number: int) -> None:
        self.sequence = sequence
        self._row_number = row_number

    def __repr__(self) -> str:
        return f"<Step {self.index}: {self.token!r}, id {self.token_id}, {self.phase}>"

    # What the steps table says.

    @property
    def call(self) -> "Call":
        """The call of this step."""
        return self.sequence.call

    @property
    def index(self) -> int:
        """0-based number of the step: the round of the loop."""
        return int(self._cell("step"))

    @property
    def phase(self) -> Phase:
        """Prefill or decode."""
        return Phase(self._cell("phase"))

    @property
    def token_id(self) -> int:
        """The chosen token."""
        return int(self._cell("token_id"))

    @property
    def token(self) -> str:
        """The chosen token's text."""
        return self.call.trace.vocabulary.token(self.token_id)

    @property
    def position(self) -> int:
        """Absolute position that the token takes, padding counted."""
        return int(self._cell("position"))

    @property
    def kv_len(self) -> int:
        """Positions that the sampled forward saw, its own included."""
        return int(self._cell("kv_len"))

    @property
    def probability(self) -> float:
        """Of the chosen token under the final scores: what the draw used."""
        return float(self._cell("probability"))

    @property
    def rank(self) -> int:
        """How many tokens have a higher final score; 0 is best."""
        return int(self._cell("rank"))

    @property
    def model_probability(self) -> float:
        """Of the chosen token under the raw logits."""
        return float(self._cell("model_probability"))

    @property
    def model_rank(self) -> int:
        """How many tokens have a higher raw logit; 0 is best."""
        return int(self._cell("model_rank"))

    @property
    def entropy(self) -> float:
        """Of the final scores, in nats."""
        return float(self._cell("entropy"))

    @property
    def model_entropy(self) -> float:
        """Of the raw logits, in nats."""
        return float(self._cell("model_entropy"))

    @property
    def surprisal(self) -> float:
        """-ln of `model_probability`, in nats; infinite where that is 0."""
        return -math.log(self.model_probability) if self.model_probability > 0 else math.inf

    @property
    def favorite_id(self) -> int:
        """The token with the highest raw logit, the first of equals."""
        return int(self._cell("favorite_id"))

    @property
    def winner_id(self) -> int:
        """The token with the highest final score, the first of equals."""
        return int(self._cell("winner_id"))

    @property
    def is_finished(self) -> bool:
        """Whether this step ended the sequence."""
        return bool(self._cell("is_finished"))

    @property
    def is_forced(self) -> bool:
        """Whether a branch forced the token, behind the last stage; the stages are real all the same."""
        forced, row = self.call.info.forced_steps, self.sequence.row
        return row < len(forced) and self.index < forced[row]

    @property
    def num_stages(self) -> int:
        """Stages of the chain, the raw logits included."""
        return len(self._cell("form_by_stage"))

    @property
    def survivors(self) -> tuple[int, ...]:
        """Per stage, the tokens with a score above -inf."""
        return tuple(self._cell("survivors_by_stage"))

    @property
    def removed_mass(self) -> tuple[float, ...]:
        """Per stage, the probability under the stage before of the tokens that this one cut off."""
        return tuple(self._cell("removed_mass_by_stage"))

    @property
    def logsumexp(self) -> tuple[float, ...]:
        """Per stage, the logarithm of the sum of exp(score); a probability is exp(score - it)."""
        return tuple(self._cell("logsumexp_by_stage"))

    @property
    def verdicts(self) -> dict[str, bool]:
        """Criterion → whether it would end the sequence here, in the order in which they were asked."""
        return dict(zip(self.call.criterion_names, self._cell("verdicts"), strict=False))

    @property
    def times_ms(self) -> dict[str, float | None]:
        """Milliseconds: `processors`, `choice`, `waited` as durations, `at` since the call began."""
        return {name: self._value(f"{name}_ms") for name in ("processors", "choice", "at", "waited")}

    # Scores.

    @property
    def logits(self) -> Floats:
        """The raw logits, (vocab,) float32."""
        return self.after(0)

    @property
    def scores(self) -> Floats:
        """The scores after the last processor, (vocab,) float32: what the token was chosen from."""
        return self.after(-1)

    def after(self, stage: int) -> Floats:
        """Returns the scores after a stage, (vocab,) float32; 0 is the raw logits, -1 the final scores."""
        stage, chain = self._stage(stage), self._chain()
        wanting = chain.missing_stage(stage)
        if wanting is not None:
            raise self._missing("logits" if wanting == 0 else "scores", _stage_name(stage))
        return chain.after(stage)

    def probabilities(self, stage: int = -1) -> Floats:
        """Returns the probabilities of a stage over the whole vocabulary, (vocab,) float32."""
        scores = self.after(stage).astype(np.float64)
        return np.exp(scores - self.logsumexp[self._stage(stage)]).astype(np.float32)

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """The tokens followed through every stage, by raw rank."""
        columns = self.call.step_table.candidates(self._row_number)
        return group_candidates(columns, self.num_stages, self.call.trace.vocabulary.token)

    @property
    def random_state(self) -> bytes | None:
        """The generator's state just before the draw, or None where nothing was drawn."""
        name = step_entry(self.index, "random_state")
        arrays = self.call.files.arrays
        return arrays.read(name).tobytes() if name in arrays else None

    @property
    def noise(self) -> Noise | None:
        """The race of the draw, ids and noise: the highest probability / noise wins. None: no draw."""
        names = [step_entry(self.index, f"noise/{part}") for part in ("ids", "values")]
        arrays = self.call.files.arrays
        if not all(name in arrays for name in names):
            return None
        ids, values = (arrays.read(name, self.sequence.row) for name in names)
        return ids, values

    # The model.

    @property
    def forwards(self) -> tuple[Forward, ...]:
        """The forwards of this step, auxiliary ones left out; chunked prefill has several."""
        return self.call.forwards_by_step.get(self.index, ())

    @property
    def forward(self) -> Forward:
        """The forward whose last position was sampled."""
        number = self._cell("forward")
        found = next((forward for forward in self.call.forwards if forward.index == number), None)
        if found is None:
            raise self._missing("forwards", "forward")
        return found

    @property
    def inputs(self) -> dict[str, Input]:
        """The arguments of the sampled forward by name, with values where those were recorded."""
        return self.forward.inputs

    @property
    def cache(self) -> CacheView:
        """The cache before and after the sampled forward."""
        return self.forward.cache

    def hidden_states(self, layer: int | None = None) -> Floats:
        """Returns the residual stream before the final norm: 0 the embedding, k the stream after layer k - 1.

        (layers + 1, positions, hidden), or (positions, hidden) of one; `positions` gives the positions.
        """
        count = self.call.trace.model.num_hidden_layers + 1
        if layer is None:
            return np.stack([self.hidden_states(one) for one in range(count)])
        _check(layer, "stream", count)
        return self._read("hidden_states", layer, f"hidden states of stream {layer}")

    def additions(self, part: Literal["attention", "mlp"], layer: int) -> Floats:
        """Returns what a layer's attention or MLP added to the stream, (positions, hidden)."""
        self._check_layer(layer)
        return self._read(f"additions/{part}", layer, f"additions of layer {layer}")

    def queries(self, layer: int) -> Floats:
        """Returns the rotated queries, (heads, positions, head_dim)."""
        self._check_layer(layer)
        return self._read("queries", layer, f"queries of layer {layer}")

    def positions(self, signal: str, layer: int = 0) -> tuple[int, ...]:
        """Returns the absolute positions for which `hidden_states`, `queries`, … of a layer are stored."""
        return read_positions(self.forwards, signal, layer)

    def keys(self, layer: int) -> Floats:
        """Returns the rotated keys that the sampled forward saw, (kv_heads, kv_len, head_dim)."""
        return self._key_values(layer, "keys")

    def values(self, layer: int) -> Floats:
        """Returns the values that the sampled forward saw, (kv_heads, kv_len, head_dim)."""
        return self._key_values(layer, "values")

    def attention(self, layer: int, head: int | None = None) -> Floats:
        """Returns attention weights, (positions, kv_len) of a head or (heads, positions, kv_len), float32.

        One row for each stored query of the step (`attention_positions`); computed from the recording.
        """
        return self._attended(layer).weights(head)

    def attention_positions(self, layer: int) -> tuple[Positions, Positions]:
        """Returns the absolute positions of the rows and of the columns of `attention`."""
        return self._attended(layer).positions()

    def last_attention(self, layer: int) -> tuple[Floats, Positions]:
        """Returns the sampled position's attention weights, (heads, kv_len), and its keys' absolute positions.

        The columns are those of `values`.
        """
        return self._attended(layer).last_row()

    def mask(self, layer: int) -> Mask:
        """Returns the mask that attention used, one row for each input position of the step, over kv_len.

        Boolean (True is visible) or additive float32; with a first axis of heads where those differ.
        """
        return self._attended(layer).mask()

    @property
    def accounting(self) -> Accounting:
        """Which part of the model gave how much to the logits of the leading tokens."""
        found = read_accounting(self.call, self.index, self.sequence.row)
        if found is None:
            raise self._missing("accounting", "accounting")
        return found

    # Within.

    def _value(self, column: str) -> Any:
        return self.call.step_table.value(self._row_number, column)

    def _cell(self, column: str) -> Any:
        value = self._value(column)
        if value is None:
            raise self._missing(column, column)
        return value

    def _stage(self, stage: int) -> int:
        count = self.num_stages
        if not -count <= stage < count:
            names = ", ".join(f"{number} {name}" for number, name in enumerate(self.call.stage_names))
            raise ValueError(
                f"stage={stage!r} is no stage of this call; there are {names}. Type stage={count - 1}."
            )
        return stage % count

    def _chain(self) -> StageChain:
        forms, scales = tuple(self._cell("form_by_stage")), self._value("scale_by_stage")
        row = self.sequence.row
        return StageChain(
            self.call.files.arrays, self.index, row, forms, tuple(scales or [None] * len(forms))
        )

    def _read(self, signal: str, layer: int, what: str) -> Floats:
        found = read_rows(self.forwards, signal, layer, self.sequence.row)
        if found is None:
            raise self._missing(signal.split("/")[0], what, layer)
        return found

    def _key_values(self, layer: int, signal: Signal) -> Floats:
        self._check_layer(layer)
        found = seen_key_values(self.call, self.forward, layer, self.sequence.row, signal)
        if found is None:
            raise self._missing("keys_values", f"{signal} of layer {layer}", layer)
        return found

    def _check_layer(self, layer: int) -> None:
        _check(layer, "layer", self.call.trace.model.num_hidden_layers)

    def _attended(self, layer: int) -> AttendedLayer:
        self._check_layer(layer)

        def missing(signal: str, what: str) -> SignalMissingError:
            return self._missing(signal, what, layer)

        return AttendedLayer(self.call, self.forwards, layer, self.sequence.row, missing)

    def _missing(self, signal: str, what: str, layer: int | None = None) -> SignalMissingError:
        return missing_signal(self.call, signal, what, step=self.index, layer=layer)


def _check(index: int, noun: str, count: int) -> None:
    if not 0 <= index < count:
        raise ValueError(
            f"layer={index!r} is no {noun} of this model: there are 0 to {count - 1}. Type layer={count - 1}."
        )


def _stage_name(stage: int) -> str:
    return "logits" if stage == 0 else f"scores after stage {stage}"
