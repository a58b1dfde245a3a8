"""Why one token was chosen: the chain logits → processors → scores → draw → verdicts of one step.

`explain(step)` reads the tables of the trace (a light trace is enough) and returns a frozen
`Explanation`. It holds numbers and names, no sentences: those are in `tracer.wording`. Ranks and stages count
from 0.
"""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tracer.analysis.draw import Draw, draw_of
from tracer.analysis.settings import Setting, listed, setting_of
from tracer.self_rendering import RendersItself

if TYPE_CHECKING:
    from tracer.trace.candidate import Candidate
    from tracer.trace.step import Step

MOST_ROWS = 10
BEST_RAW = 8
BEST_FINAL = 5


class Change(StrEnum):
    """What a stage did to the scores before it, at this step."""

    START = "start"  # stage 0, the model's own logits
    NOTHING = "nothing"
    RESCALED = "rescaled"  # all by one factor: the order stays
    REMOVED = "removed"  # some tokens to -inf, the others untouched
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Row:
    """One token through the chain; tuples are indexed by stage. `removed_at` is the stage that cut it off."""

    token_id: int
    token: str
    scores: tuple[float, ...]
    probabilities: tuple[float, ...]
    ranks: tuple[int, ...]
    removed_at: int | None
    removed_by: str | None
    is_special: bool
    occurs_before: bool
    is_chosen: bool
    is_favorite: bool
    is_winner: bool


@dataclass(frozen=True, slots=True)
class Effect:
    """What a stage did to one token: score, probability and rank before and after."""

    token_id: int
    score_before: float
    score_after: float
    probability_before: float
    probability_after: float
    rank_before: int
    rank_after: int
    is_removed: bool


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the chain: its setting, what it did, how many tokens it left, and the mass it cut off."""

    stage: int
    setting: Setting
    change: Change
    num_left: int
    num_removed: int
    removed_mass: float
    num_others: int
    others_probability: float
    on_favorite: Effect | None
    on_chosen: Effect | None
    on_winner: Effect | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one stopping criterion answered after the choice; `limit` is its number, where it has one."""

    criterion: str
    is_stop: bool
    limit: float | None
    num_tokens: int


@dataclass(frozen=True, slots=True)
class Explanation(RendersItself):
    """Why the token of one step was chosen. `rows` stand in the order of the raw logits.

    `num_candidates` tokens were followed through the chain; `rows` shows those that matter, or all of them.
    """

    call: int
    sequence: int
    step: int
    chosen: Row
    favorite: Row
    winner: Row
    rows: tuple[Row, ...]
    stages: tuple[Stage, ...]
    draw: Draw
    verdicts: tuple[Verdict, ...]
    is_finished: bool
    stop_ids: tuple[int, ...]
    num_candidates: int

    def row(self, token_id: int) -> Row | None:
        """Returns the row of a token, or None when it is not among `rows`."""
        return next((row for row in self.rows if row.token_id == token_id), None)

    @property
    def inactive_stages(self) -> tuple[Stage, ...]:
        """The processors that changed nothing at this step."""
        return tuple(stage for stage in self.stages if stage.change is Change.NOTHING)

    def describe(self) -> dict[str, Any]:
        """Returns all of it as JSON-ready values; an infinite score is None."""
        described: dict[str, Any] = json_ready(dataclasses.asdict(self))
        return described


def explain(step: "Step", *, has_all_rows: bool = False) -> Explanation:
    """Returns why the token of this step was chosen; `has_all_rows` keeps a row for every candidate."""
    settings = settings_of(step)
    text = _text_before(step)
    candidates = step.candidates
    everyone = {c.token_id: _row(step, c, settings, c.token_id in text) for c in candidates}
    draw = draw_of(step, candidates)
    shown = frozenset(everyone) if has_all_rows else _shown_ids(step, everyone, draw)
    rows = tuple(row for token_id, row in everyone.items() if token_id in shown)
    changes = [_change(step, stage, candidates) for stage in range(step.num_stages)]
    return Explanation(
        call=step.call.index,
        sequence=step.sequence.row,
        step=step.index,
        chosen=everyone[step.token_id],
        favorite=everyone[step.favorite_id],
        winner=everyone[step.winner_id],
        rows=rows,
        stages=tuple(
            _stage(step, stage, settings[stage], change, rows) for stage, change in enumerate(changes)
        ),
        draw=draw.shortened(shown),
        verdicts=_verdicts(step),
        is_finished=step.is_finished,
        stop_ids=_stop_ids(step),
        num_candidates=len(everyone),
    )


def row_of(step: "Step", candidate: "Candidate") -> Row:
    """Returns one token through the chain of a step; also of a token that `explain` does not show."""
    return _row(step, candidate, settings_of(step), candidate.token_id in _text_before(step))


def settings_of(step: "Step") -> tuple[Setting, ...]:
    """Returns what each stage carries out; stage 0 is the model's own logits."""
    infos = (setting_of(info.class_name, info.parameters) for info in step.call.processors)
    return (Setting("logits"), *infos)


def _text_before(step: "Step") -> frozenset[int]:
    """The ids that stand before this step's token: the prompt and what was generated so far."""
    generated = step.sequence.token_ids[: step.index]
    return frozenset(int(token) for ids in (step.sequence.prompt_ids, generated) for token in ids)


def _row(step: "Step", candidate: "Candidate", settings: tuple[Setting, ...], occurs_before: bool) -> Row:
    token_id = candidate.token_id
    removed_at = next((stage for stage, removed in enumerate(candidate.removed) if removed), None)
    return Row(
        token_id=token_id,
        token=step.call.trace.vocabulary.visible(token_id),
        scores=tuple(map(float, candidate.score)),
        probabilities=tuple(map(float, candidate.probability)),
        ranks=tuple(map(int, candidate.rank)),
        removed_at=removed_at,
        removed_by=None if removed_at is None else settings[removed_at].class_name,
        is_special=step.call.trace.vocabulary.special(token_id),
        occurs_before=occurs_before,
        is_chosen=token_id == step.token_id,
        is_favorite=token_id == step.favorite_id,
        is_winner=token_id == step.winner_id,
    )


def _shown_ids(step: "Step", everyone: Mapping[int, Row], draw: Draw) -> frozenset[int]:
    """The chosen token, the favorite, the winner, who nearly won, the first by final scores and by logits."""
    alive = [row for row in everyone.values() if row.removed_at is None]
    by_final = sorted(alive, key=lambda row: (row.ranks[-1], row.token_id))[:BEST_FINAL]
    by_raw = sorted(everyone.values(), key=lambda row: (row.ranks[0], row.token_id))[:BEST_RAW]
    wanted = [step.token_id, step.favorite_id, step.winner_id]
    wanted += [racer.token_id for racer in draw.racers[1:2]]
    wanted += [row.token_id for row in (*by_final, *by_raw)]
    ordered = dict.fromkeys(token_id for token_id in wanted if token_id in everyone)
    return frozenset(list(ordered)[:MOST_ROWS])


def _stage(step: "Step", stage: int, setting: Setting, change: Change, rows: tuple[Row, ...]) -> Stage:
    favorite = next(row for row in rows if row.is_favorite)
    chosen = next(row for row in rows if row.is_chosen)
    winner = next(row for row in rows if row.is_winner)
    survivors = step.survivors
    alive = [row for row in rows if row.scores[stage] > -math.inf]
    return Stage(
        stage=stage,
        setting=setting,
        change=change,
        num_left=int(survivors[stage]),
        num_removed=0 if stage == 0 else int(survivors[stage - 1] - survivors[stage]),
        removed_mass=float(step.removed_mass[stage] or 0.0),
        num_others=int(survivors[stage]) - len(alive),
        others_probability=max(0.0, 1.0 - sum(row.probabilities[stage] for row in alive)),
        on_favorite=_effect(favorite, stage) if stage else None,
        on_chosen=_effect(chosen, stage) if stage else None,
        on_winner=_effect(winner, stage) if stage else None,
    )


def _effect(row: Row, stage: int) -> Effect:
    return Effect(
        token_id=row.token_id,
        score_before=row.scores[stage - 1],
        score_after=row.scores[stage],
        probability_before=row.probabilities[stage - 1],
        probability_after=row.probabilities[stage],
        rank_before=row.ranks[stage - 1],
        rank_after=row.ranks[stage],
        is_removed=row.removed_at == stage,
    )


def _change(step: "Step", stage: int, candidates: tuple["Candidate", ...]) -> Change:
    """What the stage did, judged by the candidates, the number of survivors and the logsumexp."""
    if stage == 0:
        return Change.START
    pairs = [(float(c.score[stage - 1]), float(c.score[stage])) for c in candidates]
    kept = [(before, after) for before, after in pairs if after > -math.inf]
    is_untouched = all(before == after for before, after in kept)
    is_cut = step.survivors[stage] != step.survivors[stage - 1]
    if is_untouched and is_cut:
        return Change.REMOVED
    if is_untouched:  # of tokens that are no candidates, only the logsumexp tells
        is_same = step.logsumexp[stage] == step.logsumexp[stage - 1]
        return Change.NOTHING if is_same else Change.CHANGED
    factors = [after / before for before, after in kept if before]
    if not is_cut and factors and max(factors) - min(factors) <= 1e-5 * abs(factors[0]):
        return Change.RESCALED
    return Change.CHANGED


def _verdicts(step: "Step") -> tuple[Verdict, ...]:
    num_tokens = step.call.info.prompt_len + step.index + 1
    answers = list(step.verdicts.items())
    limits = [_limit(info.parameters) for info in step.call.criteria]
    limits += [None] * (len(answers) - len(limits))
    return tuple(
        Verdict(criterion, bool(is_stop), limit, num_tokens)
        for (criterion, is_stop), limit in zip(answers, limits, strict=False)
    )


def _limit(parameters: Mapping[str, object]) -> float | None:
    for name in ("max_length", "max_time"):
        if isinstance(value := parameters.get(name), int | float):
            return value
    return None


def _stop_ids(step: "Step") -> tuple[int, ...]:
    """The ids that end a sequence, as the stopping criteria hold them."""
    found = (listed(info.parameters.get("eos_token_id")) for info in step.call.criteria)
    return tuple(sorted({value for ids in found for value in ids if isinstance(value, int)}))


@lru_cache(maxsize=512)
def _field_names(kind: type) -> tuple[str, ...]:
    return tuple(one.name for one in dataclasses.fields(kind))


def json_ready(value: object) -> Any:
    """Returns nested dataclasses, mappings and sequences as dicts and lists; an infinite number is None."""
    if isinstance(value, str):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {name: json_ready(getattr(value, name)) for name in _field_names(type(value))}
    if isinstance(value, Mapping):
        return {str(name): json_ready(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [json_ready(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
