"""Where someone looks: a trace, a call, a row, a step, in a language; and the checked parameters of a request.

Every value that comes from a link or a request passes through here; what is wrong raises ValueError with a text
that says what would be right. Knows neither Streamlit nor HTTP.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from dashboard.data.library import Library
from tracer.trace.call import Call
from tracer.trace.sequence import Sequence
from tracer.trace.step import Step
from tracer.trace.trace import Trace
from tracer.wording.composition import LANGUAGES, Language

_FIRST = ("trace", "call", "row")
_SECOND = ("with", "with_call", "with_row")


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of a request, each checked when it is asked for."""

    given: Mapping[str, str]

    def text(self, name: str, default: str | None = None, *, longest: int = 2000) -> str:
        """Returns a parameter as it was given."""
        value = self.given.get(name, default)
        if value is None:
            raise ValueError(f"The parameter {name!r} is missing.")
        if len(value) > longest:
            raise ValueError(f"{name!r} has {len(value)} characters; at most {longest} are read.")
        return value

    def integer(self, name: str, default: int | None = None, *, low: int = 0, high: int = 2**31) -> int:
        """Returns a whole number from `low` up to and including `high`."""
        text = self.text(name, None if default is None else str(default), longest=20)
        try:
            value = int(text)
        except ValueError:
            raise ValueError(f"{name}={text!r} is no whole number.") from None
        if not low <= value <= high:
            raise ValueError(f"{name}={value} is not between {low} and {high}.")
        return value

    def number(self, name: str, default: float | None = None, *, low: float, high: float) -> float:
        """Returns a number from `low` up to and including `high`."""
        text = self.text(name, None if default is None else str(default), longest=40)
        try:
            value = float(text)
        except ValueError:
            raise ValueError(f"{name}={text!r} is no number.") from None
        if not low <= value <= high:
            raise ValueError(f"{name}={value} is not between {low} and {high}.")
        return value

    def choice(self, name: str, options: Collection[str], default: str | None = None) -> str:
        """Returns one of the options."""
        value = self.text(name, default)
        if value not in options:
            raise ValueError(f"{name}={value!r} is none of {', '.join(options)}.")
        return value

    def has(self, name: str) -> bool:
        """Whether the parameter was given and is not empty."""
        return bool(self.given.get(name))


@dataclass(frozen=True, slots=True)
class Place:
    """A row of a call of a trace, in a language; `parameters` hold the step and whatever else a view takes.

    `second` is the row that it is compared with, where the request names one.
    """

    trace: Trace
    call: Call
    sequence: Sequence
    lang: Language
    parameters: Parameters
    second: Sequence | None = None

    @property
    def step(self) -> Step:
        """The step named by the parameter `step`."""
        steps = self.sequence.steps
        if not steps:
            raise ValueError(f"Row {self.sequence.row} of call {self.call.index} has no steps.")
        return steps[self.parameters.integer("step", 0, high=len(steps) - 1)]


def place_of(library: Library, given: Mapping[str, str]) -> Place:
    """Returns the place that a request names.

    Raises:
        ValueError: a parameter is missing or out of bounds.
        TracerError: the trace cannot be read.
    """
    parameters = Parameters(given)
    sequence = _sequence(library, parameters, *_FIRST)
    second = _sequence(library, parameters, *_SECOND) if parameters.has(_SECOND[0]) else None
    lang: Language = "zh" if parameters.choice("lang", LANGUAGES, "en") == "zh" else "en"
    return Place(sequence.call.trace, sequence.call, sequence, lang, parameters, second)


def _sequence(library: Library, parameters: Parameters, trace: str, call: str, row: str) -> Sequence:
    """The row that three parameters name together."""
    key = parameters.text(trace)
    entry = library.entry(key)
    if entry is None:
        raise ValueError(f"{trace}={key!r} is no trace of this dashboard.")
    found = library.opened(entry).call(parameters.integer(call, 0))
    return found.trace.sequence(call=found.index, row=parameters.integer(row, 0))
