"""The questions of a class pack, each computed from a run, with the answer hashed.

The salt comes from all runs, so that an answer of one pack says nothing about another. The hash keeps the answer from
being read by accident; it is no secret. A question that a run cannot answer is left out.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from tracer.errors import SignalMissingError
from tracer.exporters.classroom.runs import Run
from tracer.exporters.lessons.facts import Fact, step_fact
from tracer.exporters.lessons.quiz import hashed
from tracer.trace.step import Step
from tracer.wording import numbers
from tracer.wording.composition import Language, compose

MOST = 15
A_RUN = 4
_BEFORE = 32
_HALF, _HIDDEN = "⟨", "■"
_FAVORITES = ("favorite", "second", "third", "fourth", "chosen")


@dataclass(frozen=True, slots=True)
class Question:
    """A question on a step of a run; without options a whole number is typed. `key` is the answer's hash."""

    number: int
    text: str
    before: str
    options: tuple[Fact, ...]
    salt: str
    key: str
    place: str
    address: str


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked, and the answer."""

    text: str
    answer: Fact
    options: tuple[Fact, ...] = ()
    is_at_step: bool = True


def ask_class(runs: list[Run], lang: Language) -> tuple[Question, ...]:
    """Returns the questions, those of each run together, at most `MOST`; what all runs share is asked once."""
    code = code_of(runs)
    most = max(1, min(A_RUN, MOST // max(len(runs), 1)))
    asked: list[tuple[Run, _Asked]] = []
    for run in runs:
        once = (_read, _passes) if run is runs[0] else ()
        own = list(_made((_favorite, _overturned, _drawn, _left), run, lang))[:most]
        asked += [(run, one) for one in (*own, *_made(once, run, lang))]
    return tuple(
        _question(number, run, one, (code, lang)) for number, (run, one) in enumerate(asked[:MOST], start=1)
    )


def code_of(runs: list[Run]) -> str:
    """Returns six signs that tell this pack from others: the same runs give the same ones."""
    text = "\n".join(
        f"{run.sequence.call.trace.manifest.created_at} {run.sequence.token_ids}" for run in runs
    )
    return hashlib.sha256(text.encode()).hexdigest()[:6]


def _question(number: int, run: Run, asked: _Asked, said: tuple[str, Language]) -> Question:
    code, lang = said
    salt = hashlib.sha256(f"{code} {number}".encode()).hexdigest()[:12]
    return Question(
        number=number,
        text=asked.text,
        before=_before(run) if asked.is_at_step else "",
        options=tuple(sorted(asked.options, key=lambda one: hashed(salt + one.text))),
        salt=salt,
        key=hashed(salt + asked.answer.text),
        place=compose("class.place", lang, title=run.title, step=str(run.step))
        if asked.is_at_step
        else run.title,
        address=f"{run.file}#step={run.step}",
    )


def _before(run: Run) -> str:
    """The end of the text before the step, as far as it is told."""
    sequence = run.sequence
    ids = [*(sequence.prompt_ids if run.has_prompt else ()), *sequence.token_ids[: run.step]]
    text = " ".join(sequence.call.trace.vocabulary.text(ids, skip_special=True).split())
    return text if len(text) <= _BEFORE else f"…{text[-_BEFORE:].lstrip()}"


_Maker = Callable[[Run, Step, Language], "_Asked | None"]


def _made(makers: Iterable[_Maker], run: Run, lang: Language) -> Iterator[_Asked]:
    step = run.sequence.call.trace.step(run.step, call=run.sequence.call.index, row=run.sequence.row)
    for make in makers:
        try:
            asked = make(run, step, lang)
        except (SignalMissingError, ValueError, StopIteration):
            continue
        if asked is not None:
            yield asked


def _favorite(run: Run, step: Step, lang: Language) -> _Asked | None:
    """Which token the model favored; not where that is hidden, or a part of a character."""
    answer = step_fact(step, "favorite", lang)
    options = dict.fromkeys(step_fact(step, name, lang) for name in _FAVORITES)
    shown = tuple(one for one in options if not one.text.startswith(_HIDDEN))
    if answer not in shown or len(shown) < 2 or _HALF in answer.text:
        return None
    return _Asked(compose("class.ask_favorite", lang), answer, shown)


def _overturned(run: Run, step: Step, lang: Language) -> _Asked | None:
    """Which setting made another token the likeliest."""
    count = len(step.call.processors)
    names = [f"setting-{one}" for one in range(1, min(count, 4) + 1)]
    options = tuple(dict.fromkeys(step_fact(step, name, lang) for name in names))
    if len(options) < 2 or step.favorite_id == step.winner_id:
        return None
    answer = step_fact(step, "overturned-by", lang)
    return _Asked(compose("class.ask_overturned", lang), answer, options) if answer in options else None


def _drawn(run: Run, step: Step, lang: Language) -> _Asked | None:
    """Whether the likeliest token was drawn; of a greedy run there is nothing to ask."""
    if step.call.info.mode != "sample" or step.survivors[-1] < 2:
        return None
    yes, no = (Fact(compose(f"class.{name}", lang)) for name in ("yes", "no"))
    return _Asked(compose("class.ask_drawn", lang), yes if step.rank == 0 else no, (yes, no))


def _left(run: Run, step: Step, lang: Language) -> _Asked | None:
    """How many tokens the settings left."""
    left = int(step.survivors[-1])
    if left >= step.call.trace.model.vocab_size:
        return None
    return _Asked(compose("class.ask_left", lang), Fact(str(left)))


def _read(run: Run, step: Step, lang: Language) -> _Asked | None:
    """How many tokens the first pass read."""
    first = run.sequence.call.forwards_by_step.get(0, ())
    if len(first) != 1:
        return None
    return _Asked(compose("class.ask_read", lang), Fact(str(first[0].query_len)), is_at_step=False)


def _passes(run: Run, step: Step, lang: Language) -> _Asked | None:
    """How often the model ran for the whole answer."""
    text = compose("class.ask_passes", lang, tokens=numbers.count(len(run.sequence.token_ids)))
    count = sum(not forward.is_auxiliary for forward in run.sequence.call.forwards)
    is_one_each = run.sequence.call.info.num_rows == 1 and count == len(run.sequence.steps)
    return _Asked(text, Fact(str(count)), is_at_step=False) if is_one_each else None
