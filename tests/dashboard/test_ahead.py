"""The header that lets the browser ask for a page's modules early."""

import re
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from dashboard import ahead
from dashboard.ahead import ModulesAhead, links_of
from tracer.web import folder


def _names(page: str) -> set[str]:
    return set(re.findall(r"</(\S+)>; rel=modulepreload", links_of(page)))


def _exists(name: str) -> bool:
    part, file = name.split("/")
    return ((folder() if part == "web" else Path(ahead.__file__).parent / "browser") / file).is_file()


@pytest.mark.parametrize("page", ["", "attention", "inside", "compare", "no-such-page", "../app"])
def test_only_modules_that_are_there_are_named(page: str) -> None:
    assert all(map(_exists, _names(page)))


def test_a_page_names_its_own_module_and_what_every_page_needs() -> None:
    shared = {"browser/panel.js", "browser/look.js", "web/strip.js", "web/token_strip.js", "web/elements.js"}

    assert shared | {"web/decision.js", "web/decision_grid.js"} <= _names("")
    assert shared | {"web/attention.js", "web/attention_map.js"} <= _names("attention")
    assert "web/attention.js" not in _names("")


def test_pages_carry_the_header_and_data_does_not() -> None:
    routes = [
        Route("/", lambda _: HTMLResponse("<p>")),
        Route("/view/decision", lambda _: JSONResponse({})),
    ]
    client = TestClient(Starlette(routes=routes, middleware=[Middleware(ModulesAhead)]))

    assert links_of("") == client.get("/").headers["link"]
    assert "link" not in client.get("/view/decision").headers
