"""What a recorded call ran, put together from events: a function starts, reaches a line, raises, finishes.

Follows the functions it was given, folds activations that are alike into the first under the same parent, and
notes after each statement what it stored. Values are summarized at once by the function it was given; the only
references it keeps are those to frames that still run. Knows neither torch nor where events come from.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import Any

from tracer.analysis.executed_lines import BoundName, ExecutedFrame, ExecutedLine, Part
from tracer.live.source_lines.functions import source_function
from tracer.live.source_lines.statements import MISSING, Statement, statements_by_line

Summarize = Callable[[str, Any], BoundName]

_VARARGS, _VARKEYWORDS = 0x04, 0x08
RETURN = "return"
"""The name under which a function's result stands."""


@dataclass(frozen=True, slots=True)
class Owner:
    """An object whose method is followed: a module with its path, or another one; those of a group are alike."""

    path: str | None
    class_name: str
    group: Hashable


@dataclass(frozen=True, slots=True)
class Target:
    """A function to follow; of `owners`, by id, only, where they are given. A root is followed when nothing is yet."""

    owners: Mapping[int, Owner] | None = None
    is_root: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """The part of the call that runs now."""

    part: Part
    step: int | None = None


BEFORE, AFTER = Place(Part.BEFORE), Place(Part.AFTER)


@dataclass(slots=True)
class _Line:
    statement: Statement
    order: int
    executed: set[int] = field(default_factory=set)
    count: int = 0
    bound: tuple[BoundName, ...] = ()
    last: tuple[BoundName, ...] = ()


@dataclass(slots=True)
class _Segment:
    """What one activation ran in one place."""

    index: int
    activation: "_Activation"
    number: int
    place: Place
    parent: "_Segment | None"
    arguments: tuple[BoundName, ...] = ()
    lines: dict[int, _Line] = field(default_factory=dict)
    returned: BoundName | None = None
    repeats: int = 0


@dataclass(slots=True)
class _Pending:
    """A statement that runs: its effects are seen when the next one is reached."""

    statement: Statement
    segment: _Segment
    executed: set[int]
    has_raised: bool = False


@dataclass(slots=True)
class _Activation:
    code: CodeType
    module: str
    owner: Owner | None
    statements: Mapping[int, Statement]
    segments: dict[Place, _Segment] = field(default_factory=dict)
    children: dict[Hashable, _Segment] = field(default_factory=dict)
    pending: _Pending | None = None
    previous: int = 0


class Journal:
    """Takes the events of one thread. An activation that is only counted stands on the stack as None."""

    def __init__(self, summarize: Summarize, steps: frozenset[int]) -> None:
        self.targets: dict[CodeType, Target] = {}
        self.num_events = 0
        self._summarize = summarize
        self._steps = steps
        self._place = BEFORE
        self._stack: list[tuple[FrameType, _Activation | None]] = []
        self._segments: list[_Segment] = []
        self._num_activations = 0

    @property
    def is_wanted(self) -> bool:
        """Whether lines of the present place are to be recorded."""
        return self._place.step is None or self._place.step in self._steps

    @property
    def open_frames(self) -> list[tuple[FrameType, bool]]:
        """The frames that are followed and still run, and whether their lines are recorded."""
        return [(frame, activation is not None) for frame, activation in self._stack]

    def enter(self, place: Place) -> None:
        """Goes on to another place."""
        self._place = place

    def enter_round(self, place: Place) -> None:
        """Goes on to another place while the head of the loop runs: the head belongs to what follows it."""
        self._place = place
        frame, activation = self._stack[-1] if self._stack else (None, None)
        if frame is not None and activation is not None:
            activation.pending = None
            if self.is_wanted:
                self._reach(frame, activation, frame.f_lineno)

    def start(self, frame: FrameType) -> bool | None:
        """A function was entered: True where its lines are wanted, False where it only counts, None: not followed."""
        self.num_events += 1
        target = self.targets.get(frame.f_code)
        if target is None or not (self._stack or target.is_root):
            return None
        owner = None
        if target.owners is not None:
            owner = target.owners.get(id(_first_argument(frame)))
            if owner is None:
                return None
        above = self._stack[-1][1] if self._stack else None
        if self._stack and above is None:
            self._stack.append((frame, None))
            return False
        parent = None if above is None else self._calling(above)
        key = (self._place, frame.f_code, None if owner is None else owner.group)
        if above is not None and key in above.children:
            above.children[key].repeats += 1
            self._stack.append((frame, None))
            return False
        activation = _Activation(
            frame.f_code, frame.f_globals.get("__name__", ""), owner, statements_by_line(frame.f_code)
        )
        segment = self._segment(activation, parent)
        segment.arguments = tuple(self._summarize(name, value) for name, value in _arguments(frame))
        if above is not None:
            above.children[key] = segment
        self._stack.append((frame, activation))
        return True

    def line(self, frame: FrameType, number: int) -> None:
        """A line is about to run."""
        self.num_events += 1
        if self._stack and self._stack[-1][0] is frame:
            activation = self._stack[-1][1]
            if activation is not None:
                self._reach(frame, activation, number)

    def fail(self, frame: FrameType) -> None:
        """The statement that runs has raised, or let something pass that was raised below."""
        activation = next((one for held, one in self._stack if held is frame), None)
        if activation is not None and activation.pending is not None:
            activation.pending.has_raised = True

    def finish(self, frame: FrameType, value: Any = MISSING) -> None:
        """A function was left, with a value or by an exception."""
        self.num_events += 1
        if not any(held is frame for held, _ in self._stack):
            return
        while True:
            held, activation = self._stack.pop()
            if held is frame:
                break
        if activation is None:
            return
        pending = activation.pending
        has_value = value is not MISSING and not (pending is not None and pending.has_raised)
        self._settle(frame, activation)
        if has_value:
            segment = pending.segment if pending is not None else self._segment(activation)
            segment.returned = self._summarize(RETURN, value)

    def clear(self) -> None:
        """Lets go of the frames that still ran."""
        self._stack.clear()

    def frames(self) -> Iterator[ExecutedFrame]:
        """Returns what was recorded, in the order of its beginning."""
        depths: dict[int, int] = {}
        for segment in self._segments:
            one, parent = segment.activation, segment.parent
            depths[segment.index] = 0 if parent is None else depths[parent.index] + 1
            yield ExecutedFrame(
                index=segment.index,
                activation=segment.number,
                function=source_function(one.code, one.module),
                part=segment.place.part,
                step=segment.place.step,
                parent=None if parent is None else parent.index,
                depth=depths[segment.index],
                module_path=None if one.owner is None else one.owner.path,
                owner=None if one.owner is None else one.owner.class_name,
                repeats=segment.repeats,
                arguments=segment.arguments,
                lines=tuple(map(_executed_line, segment.lines.values())),
                returned=segment.returned,
            )

    def _calling(self, above: _Activation) -> _Segment:
        return above.pending.segment if above.pending is not None else self._segment(above)

    def _segment(self, activation: _Activation, parent: _Segment | None = None) -> _Segment:
        segment = activation.segments.get(self._place)
        if segment is None:
            first = next(iter(activation.segments.values()), None)
            number = self._num_activations if first is None else first.number
            self._num_activations += first is None
            above = parent if first is None else first.parent
            segment = _Segment(len(self._segments), activation, number, self._place, above)
            activation.segments[self._place] = segment
            self._segments.append(segment)
        return segment

    def _reach(self, frame: FrameType, activation: _Activation, number: int) -> None:
        found = activation.statements
        statement = found.get(number) if found else Statement(number, number, ())
        pending = activation.pending
        if statement is None:
            return
        if pending is not None and pending.statement is statement:
            pending.executed.add(number)
            return
        self._settle(frame, activation)
        if statement.end < activation.previous <= statement.body_end:
            activation.previous = statement.start
            return
        activation.previous = statement.start
        activation.pending = _Pending(statement, self._segment(activation), {number})

    def _settle(self, frame: FrameType, activation: _Activation) -> None:
        """Notes what the statement that ran has stored."""
        pending, activation.pending = activation.pending, None
        if pending is None:
            return
        lines, statement = pending.segment.lines, pending.statement
        line = lines.setdefault(statement.start, _Line(statement, len(lines)))
        line.count += 1
        line.executed |= pending.executed
        bound: tuple[BoundName, ...] = ()
        if statement.stored and not pending.has_raised:
            local = frame.f_locals
            values = ((stored.text, stored.value(local)) for stored in statement.stored)
            bound = tuple(self._summarize(name, value) for name, value in values if value is not MISSING)
        if line.count == 1:
            line.bound = bound
        else:
            line.last = bound or line.last


def _executed_line(line: _Line) -> ExecutedLine:
    statement = line.statement
    return ExecutedLine(
        number=min(line.executed),
        start=statement.start,
        end=statement.end,
        executed=tuple(sorted(line.executed)),
        count=line.count,
        order=line.order,
        bound=line.bound,
        last=line.last,
    )


def _first_argument(frame: FrameType) -> Any:
    """Returns the object whose method runs, also in a function inside it, or where a decorator takes `*args`."""
    code = frame.f_code
    if code.co_argcount:
        return frame.f_locals.get(code.co_varnames[0])
    if "self" in code.co_freevars:
        return frame.f_locals.get("self")
    if code.co_flags & _VARARGS:
        rest = frame.f_locals.get(code.co_varnames[code.co_kwonlyargcount])
        return rest[0] if rest else None
    return None


def _arguments(frame: FrameType) -> Iterator[tuple[str, Any]]:
    code = frame.f_code
    count = code.co_argcount + code.co_kwonlyargcount
    count += bool(code.co_flags & _VARARGS) + bool(code.co_flags & _VARKEYWORDS)
    local = frame.f_locals
    for name in code.co_varnames[:count]:
        if name in local:
            yield name, local[name]
