"""The source lines that one `generate` call ran, with the names each line bound: values, and their JSON document.

A frame is one activation of a function within one part of the call: before the loop, a step, or after it. Functions
whose activation spans several parts (`generate`, `_sample`) have a frame for each, under one activation number.
Activations that are alike are folded into the first. Holds no words and knows no model; `tracer.live.source_lines`
records these values.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any


class Part(StrEnum):
    """Where in a call: before the loop over tokens (without its prefill), one of its steps, or after it."""

    BEFORE = "before"
    STEP = "step"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class BoundName:
    """What a name stood for right after its line had run.

    `kind` is the class; a tensor has shape, dtype and device, and `values` are its first ones along the last axis.
    Other values have a short text instead, empty where there is none to give.
    """

    name: str
    kind: str
    shape: tuple[int, ...] | None
    dtype: str | None
    device: str | None
    values: str


@dataclass(frozen=True, slots=True)
class ExecutedLine:
    """One statement, or the head of a compound one, that was reached.

    It stands in lines `start` to `end` of its file; `executed` are those that ran, `number` the first of them.
    `count` is how often it was reached (the head of a `for` once more than its body), `order` its place among the
    statements of the frame. `bound` is what it bound the first time, `last` the last time (empty if reached once).
    """

    number: int
    start: int
    end: int
    executed: tuple[int, ...]
    count: int
    order: int
    bound: tuple[BoundName, ...]
    last: tuple[BoundName, ...]


@dataclass(frozen=True, slots=True)
class SourceFunction:
    """A function as it is installed: `file` is relative to its package, `lines` its text from `first_line` on."""

    name: str
    qualified_name: str
    module: str
    file: str
    package: str | None
    version: str | None
    license: str | None
    first_line: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExecutedFrame:
    """One activation of a function in one part of the call.

    `parent` is the index of the frame that called it, `depth` its distance from `generate`. `module_path` is that of
    the module whose method ran ("" is the model itself), `owner` the class of the object whose method ran.
    `repeats` counts the later activations under the same parent that are alike and were not recorded.
    """

    index: int
    activation: int
    function: SourceFunction
    part: Part
    step: int | None
    parent: int | None
    depth: int
    module_path: str | None
    owner: str | None
    repeats: int
    arguments: tuple[BoundName, ...]
    lines: tuple[ExecutedLine, ...]
    returned: BoundName | None


@dataclass(frozen=True, slots=True)
class LineRecord:
    """The executed lines of one call: `frames` in the order of their beginning, `steps` those that were reached.

    `output_ids` are the rows that `generate` returned, prompt included where it returns it.
    """

    model_class: str
    steps: tuple[int, ...]
    frames: tuple[ExecutedFrame, ...]
    output_ids: tuple[tuple[int, ...], ...]
    versions: Mapping[str, str]

    def named(self, name: str, *, part: Part | None = None, step: int | None = None) -> list[ExecutedFrame]:
        """Returns the frames of functions of this name, of one part or step if asked."""
        return [
            frame
            for frame in self.frames
            if frame.function.name == name
            and part in (None, frame.part)
            and (step is None or frame.step == step)
        ]

    def children(self, frame: ExecutedFrame) -> list[ExecutedFrame]:
        """Returns the frames that this one called."""
        return [child for child in self.frames if child.parent == frame.index]


def line_document(record: LineRecord) -> dict[str, Any]:
    """Returns the record as JSON-ready values; every function stands there once."""
    functions = list(dict.fromkeys(frame.function for frame in record.frames))
    numbers = {function: number for number, function in enumerate(functions)}
    return {
        "model_class": record.model_class,
        "steps": list(record.steps),
        "output_ids": [list(row) for row in record.output_ids],
        "versions": dict(record.versions),
        "functions": [asdict(function) for function in functions],
        "frames": [
            asdict(replace(frame, function=_NOWHERE)) | {"function": numbers[frame.function]}
            for frame in record.frames
        ],
    }


def read_line_document(document: Mapping[str, Any]) -> LineRecord:
    """Returns the record of a document that `line_document` made.

    Raises:
        KeyError, TypeError, ValueError, IndexError: the document is not one.
    """
    functions = [
        SourceFunction(**{**one, "lines": tuple(map(str, one["lines"]))}) for one in document["functions"]
    ]
    return LineRecord(
        model_class=str(document["model_class"]),
        steps=tuple(map(int, document["steps"])),
        frames=tuple(_read_frame(frame, functions[frame["function"]]) for frame in document["frames"]),
        output_ids=tuple(tuple(map(int, row)) for row in document["output_ids"]),
        versions={str(name): str(value) for name, value in document["versions"].items()},
    )


def _read_frame(frame: Mapping[str, Any], function: SourceFunction) -> ExecutedFrame:
    returned = frame["returned"]
    return ExecutedFrame(
        **{
            **frame,
            "function": function,
            "part": Part(frame["part"]),
            "arguments": _read_names(frame["arguments"]),
            "lines": tuple(map(_read_line, frame["lines"])),
            "returned": None if returned is None else _read_name(returned),
        }
    )


def _read_line(line: Mapping[str, Any]) -> ExecutedLine:
    return ExecutedLine(
        **{
            **line,
            "executed": tuple(map(int, line["executed"])),
            "bound": _read_names(line["bound"]),
            "last": _read_names(line["last"]),
        }
    )


def _read_names(names: list[Mapping[str, Any]]) -> tuple[BoundName, ...]:
    return tuple(map(_read_name, names))


def _read_name(name: Mapping[str, Any]) -> BoundName:
    shape = name["shape"]
    return BoundName(**{**name, "shape": None if shape is None else tuple(map(int, shape))})


_NOWHERE = SourceFunction("", "", "", "", None, None, None, 0, ())
"""Stands in a frame's document until the function's number takes its place."""
