"""The names that statements store into, read from their syntax."""

from collections.abc import Callable
from typing import Any

import pytest

from tracer.live.source_lines.statements import MISSING, Stored, statements_by_line


class Holder:
    def __init__(self) -> None:
        self.kept = 5

    @property
    def costly(self) -> int:
        raise RuntimeError("a property ran")


def simple() -> None:
    a = b = 1
    c, (d, *e) = a, (b, 2, 3)
    a += 1
    f: int = c + d
    g = [h for h in e]  # noqa: C416
    print(f, g, lambda i: i)


def compound(x: Any) -> None:
    for number, (left, _) in enumerate(x):
        print(
            number,
            left,
        )
    with open(x) as file:
        file.read()
    if (found := x) is None:
        import os.path  # noqa: F401
    elif x:
        from os import path as where  # noqa: F401
    while x and (rest := x.pop()):
        print(rest)
    try:
        del found
    except ValueError as error:
        print(error)
    finally:
        x = None
    match x:
        case None:
            y = 1
        case _:
            y = 2

    def inner() -> int:
        z = y
        return z + 1

    inner()


def places(self: Any, state: dict[str, Any], key: str, rows: Any) -> None:
    self.kept = 1
    state["ids"] = 2
    state[key] = 3
    rows[0, 1:] = 4
    rows.layer.value = 5
    state["a"]["b"] = 6
    state.update(c=7)
    self.method()
    print(self.method().x)


def names(function: Callable[..., Any]) -> list[list[str]]:
    found = dict.fromkeys(statements_by_line(function.__code__).values())
    return [[stored.text for stored in one.stored] for one in found]


def test_simple_statements_store_what_they_assign() -> None:
    assert [["a", "b"], ["c", "d", "e"], ["a"], ["f"], ["g"], []] == names(simple)


def test_heads_of_compound_statements_store_their_own_names_only() -> None:
    found = [stored for stored in names(compound) if stored]
    expected = ["number,left,_", "file", "file", "found", "os", "where", "rest", "x", "y", "y", "inner"]
    assert expected == [",".join(stored) for stored in found]


def test_attributes_keys_and_receivers_are_places() -> None:
    expected = [
        "self.kept",
        "state['ids']",
        "state[key]",
        "rows",
        "rows.layer.value",
        "state['a']['b']",
        "state",
    ]
    assert [*([one] for one in expected), [], []] == names(places)


def test_a_statement_covers_all_its_lines() -> None:
    first = compound.__code__.co_firstlineno
    found = statements_by_line(compound.__code__)
    assert (first + 2, first + 5) == (found[first + 3].start, found[first + 3].end)
    assert found[first + 2] is found[first + 5]
    assert (first + 1, first + 1) == (found[first + 1].start, found[first + 1].end)


def stored_in(function: Callable[..., Any], text: str) -> Stored:
    return next(
        stored
        for one in statements_by_line(function.__code__).values()
        for stored in one.stored
        if stored.text == text
    )


def test_a_place_is_read_without_running_code_of_others() -> None:
    local = {"self": Holder(), "state": {"ids": 8, "k": 9, "a": {"b": 10}}, "key": "k"}
    assert 5 == stored_in(places, "self.kept").value(local)
    assert 8 == stored_in(places, "state['ids']").value(local)
    assert 9 == stored_in(places, "state[key]").value(local)
    assert 10 == stored_in(places, "state['a']['b']").value(local)
    assert MISSING is stored_in(places, "rows.layer.value").value(local)
    assert MISSING is Stored("self.costly", "self", ("costly",)).value(local)
    assert MISSING is Stored("key.x", "key", ("x",)).value(local)


@pytest.mark.parametrize("function", [eval("lambda x: x"), eval("compile")], ids=["lambda", "builtin"])
def test_code_without_source_has_no_statements(function: Any) -> None:
    code = getattr(function, "__code__", None) or compile("x = 1", "<made>", "exec")
    assert {} == statements_by_line(code)
