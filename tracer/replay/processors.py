"""Makes a recorded logits processor again: the installed transformers' class, the recorded attributes.

The class is looked up by name in an allow-list; a module path in a trace is compared, never imported. No
`__init__` runs: attributes are set as they were. Says which class cannot be made again, and why; does not
run any.
"""

import ast
import inspect
import textwrap
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tracer import processor_names
from tracer.errors import MissingExtraError, RebuildError
from tracer.replay.place import TORCH_MISSING
from tracer.schema import ProcessorInfo

if TYPE_CHECKING:
    import torch
    from transformers import LogitsProcessor


def rebuild(info: ProcessorInfo, *, device: str) -> "LogitsProcessor":
    """Returns a new instance of the recorded processor, in the state it had before its first call.

    Tensors that lay on the CPU are restored there, all others on `device`.

    Raises:
        RebuildError: the class is not in the allow-list or not in the installed transformers, a parameter was
            not captured, or the installed class has other attributes.
        MissingExtraError: torch or transformers is not installed.
    """
    own_class = _find_class(info)
    present, known = set(info.parameters), _attributes(own_class)
    if unknown := sorted(present - known.allowed):
        raise RebuildError(_mismatch(info, f"does not know the recorded {', '.join(unknown)}"))
    if missing := sorted(known.required - present):
        raise RebuildError(_mismatch(info, f"needs {', '.join(missing)}, which was not recorded"))
    instance = own_class.__new__(own_class)
    for name, value in info.parameters.items():
        setattr(instance, name, _Decoder(info.class_name, name, device).decode(value))
    return instance


def why_not(info: ProcessorInfo) -> str | None:
    """Returns why a processor can never be rebuilt, or None; needs neither torch nor transformers."""
    if info.module != processor_names.MODULE:
        return f"{info.class_name} is not a class of transformers but of {info.module}"
    if info.class_name not in processor_names.REBUILDABLE:
        return f"{info.class_name} depends on more than its settings and the tokens so far"
    opaque = [name for name, value in info.parameters.items() if "opaque" in _types_in(value)]
    if opaque:
        return f"the value of {', '.join(opaque)} of {info.class_name} was not captured"
    return None


def _find_class(info: ProcessorInfo) -> Any:
    if reason := why_not(info):
        raise RebuildError(
            f"A processor cannot be made again: {reason}. Record its full output with scores='all'."
        )
    try:
        from transformers.generation import logits_process
    except ImportError as error:
        raise MissingExtraError(f"The processors cannot be run, because {TORCH_MISSING}.") from error
    own_class = getattr(logits_process, info.class_name, None)
    if not isinstance(own_class, type) or own_class.__module__ != processor_names.MODULE:
        raise RebuildError(_mismatch(info, "does not have this class"))
    return own_class


def _mismatch(info: ProcessorInfo, what: str) -> str:
    import transformers

    return (
        f"{info.class_name} cannot be made again: transformers {transformers.__version__} {what}. "
        "Install the transformers version that the trace names (`tracer show`)."
    )


def _types_in(value: object) -> set[str]:
    if isinstance(value, Mapping):
        return set(value).union(*map(_types_in, value.values()))
    if isinstance(value, list):
        return set[str]().union(*map(_types_in, value))
    return set()


class _Attributes:
    """The attributes that a class assigns to itself: in `__init__` (required), in any method (allowed)."""

    def __init__(self) -> None:
        self.required: set[str] = set()
        self.allowed: set[str] = set()

    def read(self, own_class: type) -> None:
        """Adds what the source of one class assigns to `self`."""
        tree = ast.parse(textwrap.dedent(inspect.getsource(own_class)))
        for method in ast.walk(tree):
            if isinstance(method, ast.FunctionDef):
                names = {node.attr for node in ast.walk(method) if _is_own_target(node)}  # type: ignore[attr-defined]
                self.allowed |= names
                if method.name == "__init__":
                    self.required |= names


def _is_own_target(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
    )


@lru_cache(maxsize=128)
def _attributes(own_class: type) -> _Attributes:
    found = _Attributes()
    for ancestor in own_class.__mro__:
        if ancestor.__module__ == processor_names.MODULE:
            found.read(ancestor)
    return found


class _Decoder:
    """Turns the JSON value of one attribute back into what it was (see `ProcessorInfo.parameters`)."""

    def __init__(self, class_name: str, name: str, device: str) -> None:
        self._place = f"{class_name}.{name}"
        self._device = device

    def decode(self, value: object) -> Any:
        """Returns the value.

        Raises:
            RebuildError: it is no encoding that this version knows.
        """
        match value:
            case None | bool() | int() | float() | str():
                return value
            case list():
                return [self.decode(part) for part in value]
            case {"tensor": str(), "shape": list(), "values": list()}:
                return self._tensor(value)
            case {"float": "inf" | "-inf" | "nan" as text}:
                return float(text)
            case {"device": str(text)}:
                import torch

                return torch.device(self._placed(text))
            case {"dict": list(items)}:
                return self._dict(items)
            case {"tuple": list(parts)}:
                return tuple(self.decode(part) for part in parts)
            case {"set": list(parts)}:
                return {self.decode(part) for part in parts}
            case {"frozenset": list(parts)}:
                return frozenset(self.decode(part) for part in parts)
        raise self._unreadable(value)

    def _dict(self, items: list[Any]) -> dict[Any, Any]:
        try:
            return {self.decode(key): self.decode(part) for key, part in items}
        except (TypeError, ValueError) as error:  # RebuildError is a ValueError, and says the same
            raise self._unreadable(items) from error

    def _placed(self, device: str) -> str:
        return "cpu" if device == "cpu" else self._device

    def _unreadable(self, value: object) -> RebuildError:
        return RebuildError(
            f"{self._place} was recorded as {value!r:.80}, which this version cannot read. Record again."
        )

    def _tensor(self, value: Any) -> "torch.Tensor":
        import torch

        dtype = getattr(torch, value["tensor"], None)
        if not isinstance(dtype, torch.dtype):
            raise self._unreadable(value)
        try:
            numbers = [float(number) if isinstance(number, str) else number for number in value["values"]]
            flat = torch.tensor(numbers, dtype=dtype, device=self._placed(str(value.get("device", "cpu"))))
            return flat.reshape([int(size) for size in value["shape"]])
        except (TypeError, ValueError, RuntimeError) as error:
            raise self._unreadable(value) from error
