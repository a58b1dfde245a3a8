"""Which candidates would tell a token of the prompt, and the tables without them.

A processor that reads the text, such as a repetition penalty, moves the score of a token because it stands there.
Such a candidate keeps its numbers and gets a placeholder's id, unless the answer so far tells it anyway: it was
written before, is chosen at this step, or is special, which a template puts there. Knows no documents.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tracer.analysis.statistics import NOISE_COUNT
from tracer.errors import TraceFormatError
from tracer.processor_names import CUTS_BY_SCORE, MODULE
from tracer.store.safetensors_file import AnyArray
from tracer.trace.call import Call

Ids = npt.NDArray[np.int64]
Place = tuple[int, int]
"""Row and step."""

_REPETITION = "RepetitionPenaltyLogitsProcessor"
_BLIND = CUTS_BY_SCORE | {
    "ExponentialDecayLengthPenalty",
    "ForcedBOSTokenLogitsProcessor",
    "ForcedEOSTokenLogitsProcessor",
    "InfNanRemoveLogitsProcessor",
    "LogitNormalization",
    "MinLengthLogitsProcessor",
    "MinNewTokensLengthLogitsProcessor",
    "SuppressTokensAtBeginLogitsProcessor",
    "SuppressTokensLogitsProcessor",
    "TemperatureLogitsWarper",
    "TypicalLogitsWarper",
}
"""These look at scores and lengths, never at the text."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """For each row and step of a call, the tokens that are hidden and the ids that stand for them."""

    by_place: Mapping[Place, Mapping[int, int]]

    @property
    def count(self) -> int:
        """The most placeholders that one step needs."""
        return max(map(len, self.by_place.values()), default=0)

    def ids(self, table: pa.Table, column: str) -> pa.Array:
        """Returns a table's column of token ids with placeholders for what is hidden."""
        names = ("sequence", "step", column)
        rows, steps, ids = (table[name].to_pylist() for name in names)
        shown = [
            self.by_place.get((row, step), {}).get(one, one)
            for row, step, one in zip(rows, steps, ids, strict=True)
        ]
        return pa.array(shown, type=table.schema.field(column).type)

    def steps(self, table: pa.Table) -> pa.Table:
        """Returns the steps table; favorite and winner may be hidden, the chosen token never is."""
        for name in ("favorite_id", "winner_id"):
            table = _replaced(table, name, self.ids(table, name))
        return table

    def candidates(self, table: pa.Table) -> pa.Table:
        """Returns the candidates table, in the order of the new ids: that of the old ones would tell them."""
        table = _replaced(table, "token_id", self.ids(table, "token_id"))
        keys = [(name, "ascending") for name in ("sequence", "step", "stage", "token_id")]
        return table.sort_by(keys)

    def noise_places(self, step: int, ids: AnyArray, values: AnyArray) -> npt.NDArray[np.int64]:
        """Returns for each row the columns that stay, (rows, n); where one goes, another stands twice.

        The smallest noise stays under its own id, hidden or not: it is there for any token. That of another hidden
        candidate goes, because it is there only for candidates.
        """
        places = np.tile(np.arange(ids.shape[1]), (len(ids), 1))
        for row in range(len(ids)):
            hidden = self.by_place.get((row, step), {})
            smallest = np.argsort(values[row], kind="stable")[:NOISE_COUNT]
            goes = np.isin(ids[row], list(hidden)) & ~np.isin(np.arange(ids.shape[1]), smallest)
            places[row][goes] = smallest[0]
            places[row].sort()
        return places


def hidden_in(call: Call, first_id: int) -> Hidden:
    """Returns what must be hidden in a call; placeholders have the ids from `first_id` on, by raw rank.

    Raises:
        TraceFormatError: the candidates of a step do not stand once in every stage.
    """
    reading = [info for info in call.processors if info.class_name not in _BLIND or info.module != MODULE]
    found: dict[Place, list[tuple[int, int]]] = defaultdict(list)
    if reading:
        columns = _columns(call)
        special = call.trace.vocabulary.special
        written = {sequence.row: sequence.token_ids for sequence in call.sequences}
        first_written = {row: _first_places(ids) for row, ids in written.items()}
        for info in reading:
            for place, token_id, rank in _moved(columns, info.stage):
                row, step = place
                is_before = info.class_name == _REPETITION and first_written[row].get(token_id, step) < step
                if not (is_before or token_id == written[row][step] or special(token_id)):
                    found[place].append((rank, token_id))
    by_place = {
        place: {token_id: first_id + at for at, (_, token_id) in enumerate(sorted(set(tokens)))}
        for place, tokens in found.items()
    }
    return Hidden(by_place)


def _first_places(ids: tuple[int, ...]) -> dict[int, int]:
    """Each token's first step."""
    return {token_id: step for step, token_id in reversed(list(enumerate(ids)))}


def _columns(call: Call) -> dict[str, npt.NDArray[np.float64]]:
    """The candidates, (tokens, stages) each, every token of a step in all of its stages."""
    table = call.step_table.candidate_table()
    names = ("sequence", "step", "token_id", "stage", "score", "rank")
    columns = {name: table[name].to_numpy().astype(np.float64) for name in names}
    order = np.lexsort([columns[name] for name in ("stage", "token_id", "step", "sequence")])
    stages = len(call.stage_names)
    if len(order) % stages or np.any(columns["stage"][order].reshape(-1, stages) != np.arange(stages)):
        raise TraceFormatError(
            f"The candidates of call {call.index} of {str(call.trace.path)!r} do not stand in all {stages} stages, "
            "so what tells the prompt cannot be found in them. Pack it with --light, without --redact."
        )
    return {name: column[order].reshape(-1, stages) for name, column in columns.items()}


def _moved(columns: Mapping[str, npt.NDArray[np.float64]], stage: int) -> Iterator[tuple[Place, int, int]]:
    """Yields place, token and raw rank of the candidates whose score a stage changed."""
    scores = columns["score"]
    is_moved = scores[:, stage] != scores[:, stage - 1]
    for at in np.flatnonzero(is_moved).tolist():
        row, step, token_id = (int(columns[name][at, 0]) for name in ("sequence", "step", "token_id"))
        yield (row, step), token_id, int(columns["rank"][at, 0])


def _replaced(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    place = table.schema.get_field_index(name)
    return table.set_column(place, table.schema.field(name), [values])
