"""The statements of a function by line, and the names that each one stores into; read from its syntax alone.

Names inside nested functions and comprehensions are not the function's own and are left out. Evaluates nothing but
names, plain attributes and dictionary keys, and never runs a property.
"""

import ast
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType
from typing import Any

MISSING = object()
"""What `Stored.value` gives for a name that stands for nothing."""

_NESTED = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Lambda,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
)
_WITH = (ast.With, ast.AsyncWith)
_MAX_FUNCTIONS = 1024


@dataclass(frozen=True, slots=True)
class Stored:
    """A place that a statement stores into: a local name, then attributes (".x") and keys ("[…]") below it.

    A key is a constant, or the name of a local in `ast.Name` form.
    """

    text: str
    base: str
    path: tuple[str | ast.Constant | ast.Name, ...] = ()

    def value(self, local: Mapping[str, Any]) -> Any:
        """Returns what stands there, or `MISSING`."""
        found = local.get(self.base, MISSING)
        for part in self.path:
            if found is MISSING:
                break
            found = _attribute(found, part) if isinstance(part, str) else _item(found, part, local)
        return found


@dataclass(frozen=True, slots=True)
class Statement:
    """A simple statement or the head of a compound one, from line `start` to `end` of the file.

    `body_end` is the last line of a `with` block: leaving it reaches the head once more.
    """

    start: int
    end: int
    stored: tuple[Stored, ...]
    body_end: int = 0


@lru_cache(maxsize=_MAX_FUNCTIONS)
def statements_by_line(code: CodeType) -> Mapping[int, Statement]:
    """Returns the statement of every line of the function; empty where its source is not to be had."""
    try:
        lines, first = inspect.getsourcelines(code)
        tree = ast.parse(textwrap.dedent("".join(lines)))
    except (OSError, TypeError, SyntaxError):
        return {}
    ast.increment_lineno(tree, max(first, 1) - 1)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    found: dict[int, Statement] = {}
    if functions:
        for statement in _statements(functions[0].body):
            found.update(dict.fromkeys(range(statement.start, statement.end + 1), statement))
    return found


def _statements(body: list[Any]) -> Iterator[Statement]:
    for node in body:
        blocks = [] if isinstance(node, _NESTED) else _blocks(node)
        start = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", ()))])
        if blocks or isinstance(node, _NESTED):
            inner = blocks[0][0] if blocks else node.body[0]
            end = max(node.lineno, inner.lineno - 1)
            head = [node.name] if isinstance(node, ast.ExceptHandler) else []
            body_end = (node.end_lineno or 0) if isinstance(node, _WITH) else 0
            stored = () if head else tuple(_unique(_stored(node)))
            yield Statement(start, end, stored, body_end)
        else:
            yield Statement(start, node.end_lineno or start, tuple(_unique(_stored(node))))
        for block in blocks:
            yield from _statements(block)


def _blocks(node: Any) -> list[list[Any]]:
    """Returns the blocks below a compound statement; handlers and cases stand for their own heads."""
    names = ("body", "handlers", "cases", "orelse", "finalbody")
    blocks = [getattr(node, name, None) or [] for name in names]
    return [_with_lines(block) for block in blocks if block]


def _with_lines(block: list[Any]) -> list[Any]:
    for one in block:
        if isinstance(one, ast.match_case):  # has no line of its own
            one.lineno = one.pattern.lineno  # type: ignore[attr-defined]
    return block


def _unique(stored: Iterator[Stored]) -> Iterator[Stored]:
    seen: set[str] = set()
    for one in stored:
        if one.text not in seen:
            seen.add(one.text)
            yield one


def _stored(node: ast.AST) -> Iterator[Stored]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield Stored(node.name, node.name)
    elif isinstance(node, ast.Import | ast.ImportFrom):
        for alias in node.names:
            name = alias.asname or alias.name.partition(".")[0]
            yield Stored(name, name)
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield from _receiver(node.value.func)
    for part in _own_expressions(node):
        yield from _targets(part)


def _own_expressions(node: ast.AST) -> Iterator[ast.AST]:
    """Returns the expressions of a statement or its head, outermost targets first; not those of its blocks."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.stmt, ast.excepthandler, ast.match_case, *_NESTED)):
            continue
        if isinstance(getattr(child, "ctx", None), ast.Store):
            yield child
        else:
            if isinstance(child, ast.NamedExpr):
                yield child.target
                child = child.value
            yield from _own_expressions(child)


def _targets(node: ast.AST) -> Iterator[Stored]:
    if isinstance(node, ast.Tuple | ast.List):
        for item in node.elts:
            yield from _targets(item)
    elif isinstance(node, ast.Starred):
        yield from _targets(node.value)
    else:
        place = _place(node)
        if place is not None:
            yield place


def _receiver(function: ast.AST) -> Iterator[Stored]:
    """Returns the object whose method a line calls for its effect, unless that is `self`."""
    place = _place(function.value) if isinstance(function, ast.Attribute) else None
    if place is not None and place.text != "self":
        yield place


def _place(node: ast.AST) -> Stored | None:
    match node:
        case ast.Name():
            return Stored(node.id, node.id)
        case ast.Attribute():
            outer = _place(node.value)
            return None if outer is None else Stored(ast.unparse(node), outer.base, (*outer.path, node.attr))
        case ast.Subscript():
            outer = _place(node.value)
            if outer is None or not isinstance(node.slice, ast.Constant | ast.Name):
                return outer
            return Stored(ast.unparse(node), outer.base, (*outer.path, node.slice))
        case _:
            return None


def _attribute(owner: Any, name: str) -> Any:
    """Returns an attribute that the object holds itself; a module's tensors and parts count as such."""
    try:
        held = object.__getattribute__(owner, "__dict__")
    except AttributeError:
        return MISSING
    for names in (held, *(held.get(key) or {} for key in ("_buffers", "_parameters", "_modules"))):
        if isinstance(names, dict) and name in names:
            return names[name]
    return MISSING


def _item(owner: Any, key: ast.Constant | ast.Name, local: Mapping[str, Any]) -> Any:
    wanted = key.value if isinstance(key, ast.Constant) else local.get(key.id, MISSING)
    if isinstance(owner, dict) and isinstance(wanted, str | int):
        return dict.get(owner, wanted, MISSING)
    return MISSING if isinstance(owner, dict) else owner
