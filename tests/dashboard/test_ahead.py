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


def client_of(routes: list[Route]) -> TestClient:
    """A client of an app with these routes that knows one trace."""
    knows = Middleware(ModulesAhead, knows=lambda key: key == "known")
    return TestClient(Starlette(routes=routes, middleware=[knows]))


def test_pages_carry_the_header_and_data_does_not() -> None:
    routes = [
        Route("/", lambda _: HTMLResponse("<p>")),
        Route("/view/decision", lambda _: JSONResponse({})),
    ]
    client = client_of(routes)

    assert client.get("/").headers["link"].startswith(links_of(""))
    assert "link" not in client.get("/view/decision").headers


@pytest.mark.parametrize(
    ("address", "cookies", "spoken", "data"),
    [
        ("/", {}, "de-DE,de", ["/words?lang=en"]),
        ("/", {}, "zh-CN,zh", ["/words?lang=zh"]),
        ("/", {"tracer-lang": "zh"}, "en-US", ["/words?lang=zh"]),
        ("/?lang=en", {"tracer-lang": "zh"}, "zh-CN", ["/words?lang=en"]),
        ("/?trace=unknown", {}, "en", ["/words?lang=en"]),
        ("/?trace=known&call=1", {}, "en", ["/words?lang=en"]),
        ("/?trace=known", {}, "en", ["/words?lang=en", "/view/strip?trace=known&call=0&row=0&lang=en"]),
    ],
)
def test_the_words_and_the_text_that_the_address_names_are_asked_for_early(
    address: str, cookies: dict[str, str], spoken: str, data: list[str]
) -> None:
    client = client_of([Route("/", lambda _: HTMLResponse("<p>"))])
    client.cookies.update(cookies)
    link = client.get(address, headers={"Accept-Language": spoken}).headers["link"]

    assert data == re.findall(r"<(\S+)>; rel=preload; as=fetch; crossorigin", link)
