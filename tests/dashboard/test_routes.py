"""The routes beside the pages: what is asked wrongly is refused in words, and nobody else is answered."""

import json
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from dashboard.data.tiles import TILES
from dashboard.data.views import VIEWS
from tests.dashboard.browser import Served

ROUTES = (*(f"/view/{name}" for name in VIEWS), *(f"/tile/{name}" for name in TILES))


def ask(served: Served, path: str, host: str | None = None) -> tuple[int, bytes, str]:
    """Returns status, body and content type of an answer; the path is sent as it is."""
    connection = HTTPConnection(urlsplit(served.url).netloc, timeout=60)
    try:
        connection.request("GET", path, headers={} if host is None else {"Host": host})
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.getheader("content-type", "")
    finally:
        connection.close()


def refusal(served: Served, path: str) -> tuple[int, str]:
    """Returns the status and the text of a refusal, which must be JSON."""
    status, body, kind = ask(served, path)
    assert "application/json" == kind
    return status, json.loads(body)["error"]


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"trace": None}, "'trace' is missing"),
        ({"trace": "0" * 12}, "is no trace of this dashboard"),
        ({"trace": "../../etc/passwd"}, "is no trace of this dashboard"),
        ({"trace": "x" * 5000}, "at most 2000"),
        ({"call": "9"}, "call=9 is no call"),
        ({"call": "-1"}, "call=-1 is not between"),
        ({"call": "0x1"}, "is no whole number"),
        ({"row": "9"}, "row=9 is no row"),
        ({"row": "1e3"}, "is no whole number"),
        ({"lang": "fr"}, "'fr' is none of"),
    ],
)
def test_a_wrong_place_is_refused_everywhere(
    route: str, wrong: dict[str, str | None], said: str, served: Served
) -> None:
    given = {"trace": served.key("rows-and-calls"), "call": "0", "row": "0", "step": "0", **wrong}
    query = urlencode({name: value for name, value in given.items() if value is not None})
    status, text = refusal(served, f"{route}?{query}")

    assert 400 == status
    assert said in text


@pytest.mark.parametrize("route", ROUTES)
def test_a_step_that_is_not_there_gives_no_server_error(route: str, served: Served) -> None:
    for step in ("25", "-1", "nan", "9" * 40, "<script>"):
        query = urlencode({"trace": served.key("whole"), "step": step})
        assert ask(served, f"{route}?{query}")[0] in (200, 400, 404)


@pytest.mark.parametrize("kind", ["sparse", "no-steps", "no-calls", "damaged-step", "damaged-manifest"])
@pytest.mark.parametrize("route", ROUTES)
def test_a_trace_that_lacks_something_gives_words(route: str, kind: str, served: Served) -> None:
    status, body, _ = ask(served, f"{route}?{urlencode({'trace': served.key(kind), 'step': 0})}")

    assert status in (200, 400, 404)
    if status != 200:
        assert json.loads(body)["error"]


@pytest.mark.parametrize("route", ["/view/no-such-view", "/tile/no-such-tile"])
def test_an_unknown_view_is_not_there(route: str, served: Served) -> None:
    status, text = refusal(served, route)

    assert 404 == status
    assert "is none of" in text


def test_without_a_recording_there_is_none_to_follow(served: Served) -> None:
    status, body, _ = ask(served, "/job")

    assert (200, {"status": "none"}) == (status, json.loads(body))


def test_words_come_in_the_languages_that_there_are(served: Served) -> None:
    assert "单步" == json.loads(ask(served, "/words?lang=zh")[1])["ui.page_step"]
    assert 400 == refusal(served, "/words?lang=fr")[0]


@pytest.mark.parametrize("route", ["/words", "/web/position.js", "/_stcore/health", "/"])
def test_another_site_that_points_its_name_here_is_refused(route: str, served: Served) -> None:
    assert 200 == ask(served, route)[0]
    assert 400 == ask(served, route, host="evil.example")[0]


@pytest.mark.parametrize("folder", ["web", "browser"])
@pytest.mark.parametrize(
    "path",
    ["../__init__.py", "%2e%2e/__init__.py", "..%2f..%2fpyproject.toml", "//etc/passwd", "__init__.py%00.js"],
)
def test_only_browser_modules_are_served(folder: str, path: str, served: Served) -> None:
    _, body, _ = ask(served, f"/{folder}/{path}")

    secrets = (Path("/etc/passwd"), Path(__file__).parents[2] / "pyproject.toml")
    assert not any(secret.read_bytes()[:40] in body for secret in secrets if secret.exists())
    assert b'"""' not in body


def test_the_server_listens_on_the_loopback_address_only(served: Served) -> None:
    port = urlsplit(served.url).port
    lines = (
        Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()
        if Path("/proc/net/tcp").exists()
        else []
    )
    bound = {line.split()[1] for line in lines[1:] if line.split()[3] == "0A"}

    assert f"00000000:{port:04X}" not in bound
