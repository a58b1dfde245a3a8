"""The blocks `quiz` of a lesson: a question, and a key that is computed from the trace and stands there hashed.

The hash keeps the answer from being read by accident; it is no secret. `lesson.js` computes the same one.
"""

from dataclasses import dataclass
from typing import Any

from tracer.exporters.lessons.facts import TRACE, Fact, fact_of, step_fact
from tracer.exporters.lessons.runs import Runs
from tracer.trace.sequence import Sequence
from tracer.wording.composition import Language

_FIELDS = ("question", "trace", "call", "row", "step", "answer", "options")
_FNV_START, _FNV_PRIME = 0x811C9DC5, 0x01000193


@dataclass(frozen=True, slots=True)
class Question:
    """A question; without options a number is typed. `key` is the hash of the answer, `salt` goes into it."""

    number: int
    text: str
    options: tuple[Fact, ...]
    salt: str
    key: str


def ask(runs: Runs, fields: dict[str, Any], lang: Language, number: int) -> Question:
    """Returns the question of a block.

    Raises:
        ValueError: a field is missing or unknown, or the options do not hold the answer once among others.
        TracerError: the trace cannot be opened, or what the answer rests on was not recorded.
    """
    for field in fields:
        if field not in _FIELDS:
            raise ValueError(f"{field!r} is no field of a quiz; it has {', '.join(_FIELDS)}. Leave it out.")
    for field in ("question", "answer"):
        if not isinstance(fields.get(field), str):
            raise ValueError(f"A quiz needs {field}, a text. Type {field}: {_example(field)}.")
    names = fields.get("options", [])
    if not isinstance(names, list):
        raise ValueError(f"options: {names!r} is no list. Type options: [favorite, chosen, second].")
    sequence = runs.sequence(fields.get("trace"), call=fields.get("call"), row=fields.get("row"))
    answer = _fact(runs, sequence, fields, fields["answer"], lang)
    options = dict.fromkeys(_fact(runs, sequence, fields, name, lang) for name in names)
    if options and (answer not in options or len(options) < 2):
        shown = ", ".join(option.text for option in options)
        raise ValueError(
            f"The answer is {answer.text!r}, and the options are {shown}: it must stand among at least two. "
            f"Add {fields['answer']} and another fact to options."
        )
    if not options and not _typed(answer.text).replace(".", "").isdecimal():
        raise ValueError(f"The answer is {answer.text!r}, which is no number. Add options to choose from.")
    salt = f"{number}."
    return Question(
        number=number,
        text=fields["question"],
        options=tuple(sorted(options, key=_order)),
        salt=salt,
        key=hashed(salt + (answer.text if options else _typed(answer.text))),
    )


def hashed(text: str) -> str:
    """Returns the FNV-1a hash, 32 bits, of the text in UTF-8."""
    value = _FNV_START
    for byte in text.encode():
        value = (value ^ byte) * _FNV_PRIME & 0xFFFFFFFF
    return f"{value:08x}"


def _fact(runs: Runs, sequence: Sequence, fields: dict[str, Any], name: object, lang: Language) -> Fact:
    """A fact of the block's own step, or `step.fact` of another one."""
    if "." in str(name) or "step" not in fields:
        text = str(name) if "." in str(name) else f"{TRACE}.{name}"
        return fact_of(runs, text, lang, sequence)
    return step_fact(runs.step(sequence, fields["step"]), name, lang)


def _typed(text: str) -> str:
    """A number as people type it: without spaces, commas and percent sign."""
    return "".join(sign for sign in text if sign not in ", %\u00a0")


def _order(fact: Fact) -> tuple[int, str]:
    """Numbers by size, everything else by its text; the order says nothing about the answer."""
    number = _typed(fact.text)
    return (int(number) if number.isdecimal() else -1, fact.text)


def _example(field: str) -> str:
    return "favorite" if field == "answer" else "Which token did the model favor?"
