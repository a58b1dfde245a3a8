"""Small functions to record, and what a recording of them must say; needs neither torch nor pytest."""

from collections.abc import Callable
from itertools import pairwise
from types import CodeType
from typing import Any

from tracer.analysis.executed_lines import BoundName, ExecutedFrame, Part
from tracer.live.source_lines.events import Events
from tracer.live.source_lines.journal import AFTER, Journal, Owner, Place, Target

Source = Callable[[Journal], Events]


class Layer:
    def forward(self, x: int) -> int:
        doubled = x * 2
        return doubled + 1


class Caller:
    def call(self, x: int) -> int:
        def inner() -> int:
            seen = id(self)
            return x + (seen > 0)

        return inner()


LAYERS = [Layer(), Layer(), Layer()]
CALLERS = [Caller(), Caller()]


def helper(x: int) -> int:
    return x + 1


def failing(x: int) -> int:
    y = x
    y = int("no number")
    return y + 1


def root(x: int) -> dict[str, Any]:
    state: dict[str, Any] = {"x": x}
    for layer in LAYERS:
        x = layer.forward(
            x,
        )
    state["x"] = x
    try:
        y = failing(x)
    except ValueError:
        y = -1
    with memoryview(b"ab") as view:
        first, (second, *rest) = view[0], [view[1], 5, 6]
    if (found := helper(y)) == 0:
        state.update(found=found)
    total = sum(number for number in range(3))
    return state | {"total": total, "first": first, "second": second, "rest": rest}


def two_callers(x: int) -> int:
    return CALLERS[0].call(x) + CALLERS[1].call(x)


def loop(gate: Callable[[int], bool]) -> int:
    total = 0
    number = 0
    while gate(number):
        total += helper(number)
        number += 1
    return total


def spell(name: str, value: Any) -> BoundName:
    return BoundName(name, type(value).__name__, None, None, None, repr(value))


def record_toy(
    source: Source, function: Callable[..., Any], *arguments: Any, steps: frozenset[int] = frozenset()
) -> tuple[Any, list[ExecutedFrame], Events]:
    """Runs a function as the root, its parts followed; returns its result, the frames, and the closed source."""
    journal = Journal(spell, steps)
    alike = {id(layer): Owner(f"layers.{number}", "Layer", "layer") for number, layer in enumerate(LAYERS)}
    journal.targets = {
        function.__code__: Target(is_root=True),
        helper.__code__: Target(),
        failing.__code__: Target(),
        Layer.forward.__code__: Target(alike),
    }
    events = source(journal)
    events.open()
    events.follow(journal.targets)
    events.resume()
    try:
        result = function(*arguments)
    finally:
        events.close()
        journal.clear()
    return result, list(journal.frames()), events


def texts(frame: ExecutedFrame) -> list[str]:
    """Returns the first line of every statement."""
    return [frame.function.lines[line.start - frame.function.first_line].strip() for line in frame.lines]


def check_a_function(source: Source) -> None:
    result, frames, events = record_toy(source, root, 1)
    assert {"x": 15, "found": 0, "total": 3, "first": 97, "second": 98, "rest": [5, 6]} == result
    assert events.fault is None
    assert ["root", "forward", "failing", "helper"] == [frame.function.name for frame in frames]
    assert [None, 0, 0, 0] == [frame.parent for frame in frames]
    assert [0, 1, 1, 1] == [frame.depth for frame in frames]
    assert [0, 2, 0, 0] == [frame.repeats for frame in frames]
    assert ("layers.0", "Layer") == (frames[1].module_path, frames[1].owner)
    lines = dict(zip(texts(frames[0]), frames[0].lines, strict=True))
    bound = {text: {one.name: one.values for one in line.bound} for text, line in lines.items()}
    assert {"state": "{'x': 1}"} == bound['state: dict[str, Any] = {"x": x}']
    assert {"x": "3"} == bound["x = layer.forward("]
    assert (3, "15") == (lines["x = layer.forward("].count, lines["x = layer.forward("].last[0].values)
    assert {"state['x']": "15"} == bound['state["x"] = x']
    assert {} == bound["y = failing(x)"]
    assert {"y": "-1"} == bound["y = -1"]
    assert 1 == lines['with memoryview(b"ab") as view:'].count
    assert {"first": "97", "second": "98", "rest": "[5, 6]"} == bound[
        "first, (second, *rest) = view[0], [view[1], 5, 6]"
    ]
    assert {"found": "0"} == bound["if (found := helper(y)) == 0:"]
    assert {"state": "{'x': 15, 'found': 0}"} == bound["state.update(found=found)"]
    assert {"total": "3"} == bound["total = sum(number for number in range(3))"]
    assert repr(result) == frames[0].returned.values  # type: ignore[union-attr]


def check_calls_and_failures(source: Source) -> None:
    _, frames, _ = record_toy(source, root, 1)
    layer, failure = frames[1], frames[2]
    assert [("x", "1")] == [(one.name, one.values) for one in layer.arguments if one.name != "self"]
    assert ("return", "3") == (layer.returned.name, layer.returned.values)  # type: ignore[union-attr]
    assert [[("y", "15")], []] == [[(one.name, one.values) for one in line.bound] for line in failure.lines]
    assert failure.returned is None


def check_only_chosen_steps(source: Source) -> None:
    seen: list[int] = []
    journals: list[Journal] = []
    sources: list[Events] = []

    def kept(journal: Journal) -> Events:
        journals.append(journal)
        sources.append(source(journal))
        return sources[0]

    def gate(number: int) -> bool:
        goes_on = number < 5
        journals[0].enter_round(Place(Part.STEP, number) if goes_on else AFTER)
        (sources[0].resume if journals[0].is_wanted else sources[0].pause)()
        seen.append(journals[0].num_events)
        return goes_on

    result, frames, _ = record_toy(kept, loop, gate, steps=frozenset({1, 3}))
    assert 15 == result
    places = [(frame.function.name, frame.part, frame.step) for frame in frames]
    assert [
        ("loop", Part.BEFORE, None),
        ("loop", Part.STEP, 1),
        ("helper", Part.STEP, 1),
        ("loop", Part.STEP, 3),
        ("helper", Part.STEP, 3),
        ("loop", Part.AFTER, None),
    ] == places
    costs = [later - earlier for earlier, later in pairwise(seen)]
    assert [0, 0] == [costs[step] for step in (2, 4)]
    assert 0 < costs[1] == costs[3]
    step = frames[3]
    assert ["while gate(number):", "total += helper(number)", "number += 1"] == texts(step)
    assert [[], [("total", "10")], [("number", "4")]] == [
        [(one.name, one.values) for one in line.bound] for line in step.lines
    ]
    assert {frames[0].activation} == {frames[number].activation for number in (1, 3, 5)}
    assert "15" == frames[5].returned.values  # type: ignore[union-attr]


def check_a_function_inside_a_method(source: Source) -> None:
    """It belongs to the object whose method it stands in; that of another object is not followed."""
    journal = Journal(spell, frozenset())
    inside = (one for one in Caller.call.__code__.co_consts if isinstance(one, CodeType))
    inner = next(one for one in inside if one.co_name == "inner")
    owner = Owner("second", "Caller", "second")
    journal.targets = {two_callers.__code__: Target(is_root=True), inner: Target({id(CALLERS[1]): owner})}
    events = source(journal)
    events.open()
    events.follow(journal.targets)
    events.resume()
    assert 8 == two_callers(3)
    events.close()
    frames = list(journal.frames())
    assert [("two_callers", None, 0), ("inner", "second", 0)] == [
        (frame.function.name, frame.module_path, frame.repeats) for frame in frames
    ]


CHECKS = (
    check_a_function,
    check_calls_and_failures,
    check_only_chosen_steps,
    check_a_function_inside_a_method,
)
