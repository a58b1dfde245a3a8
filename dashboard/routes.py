"""The HTTP routes beside the pages: `/view/<name>` (JSON), `/tile/<name>` (bytes), `/words`, `/job`, `/web/<file>`.

`/plotly/plotly.min.js` is plotly's own script, out of the installed package.

Everything is read from the library of this dashboard; every parameter is checked. Answers errors as
{"error": text}: 400 for a wrong parameter, 404 for what is not there. Knows no page.
"""

import json
import logging
from collections.abc import Callable, Mapping
from importlib import resources

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from dashboard.data.jobs import JOBS
from dashboard.data.library import Library
from dashboard.data.place import Parameters, Place, place_of
from dashboard.data.tiles import TILES
from dashboard.data.views import VIEWS
from tracer.analysis.explanation import json_ready
from tracer.errors import TracerError
from tracer.web import folder
from tracer.wording.absence import said_in
from tracer.wording.catalogue import CATALOGUE
from tracer.wording.composition import LANGUAGES, Language

_log = logging.getLogger(__name__)
_NO_STORE = {"Cache-Control": "no-store", "Content-Encoding": "identity"}
"""Nothing is compressed on its way within one machine: that would hold up every other answer."""
_ALWAYS_ASKED = {"Cache-Control": "no-cache"}


def routes(library: Library) -> list[BaseRoute]:
    """Returns the routes of a dashboard over this library."""
    return [
        Route("/view/{name}", _endpoint(library, VIEWS, _as_json)),
        Route("/tile/{name}", _endpoint(library, TILES, _as_bytes)),
        Route("/words", _words),
        Route("/job", _job),
        Mount("/web", app=_Modules(directory=folder())),
        Route("/plotly/plotly.min.js", _plotly),
    ]


class _Modules(StaticFiles):
    """The browser modules; the browser asks each time whether one has changed."""

    def file_response(self, *args: object, **named: object) -> Response:
        response = super().file_response(*args, **named)  # type: ignore[arg-type]
        response.headers.update(_ALWAYS_ASKED)
        return response


def _endpoint(
    library: Library, known: Mapping[str, Callable[[Place], object]], respond: Callable[[object], Response]
) -> Callable[[Request], object]:
    def answer(name: str, given: Mapping[str, str]) -> Response:
        try:
            return respond(known[name](place_of(library, given)))
        except TracerError as error:
            lang: Language = "zh" if given.get("lang") == "zh" else "en"
            return _error(404, error, said_in(str(error), lang))
        except ValueError as error:
            return _error(400, error)
        except Exception as error:
            _log.exception("The view %r failed.", name)
            return _error(500, error)

    async def endpoint(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in known:
            return _error(404, ValueError(f"{name!r} is none of {', '.join(known)}."))
        return await run_in_threadpool(answer, name, dict(request.query_params))

    return endpoint


def _as_json(value: object) -> Response:
    text = json.dumps(json_ready(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    body = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace").encode()
    return Response(body, media_type="application/json", headers=_NO_STORE)


def _as_bytes(value: object) -> Response:
    assert isinstance(value, bytes)
    return Response(value, media_type="application/octet-stream", headers=_NO_STORE)


async def _words(request: Request) -> Response:
    try:
        lang = Parameters(dict(request.query_params)).choice("lang", LANGUAGES, "en")
    except ValueError as error:
        return _error(400, error)
    own = {key: message for key, message in CATALOGUE.items() if key.startswith("ui.")}
    return JSONResponse({key: getattr(message, lang) for key, message in own.items()}, headers=_NO_STORE)


async def _plotly(_: Request) -> Response:
    path = resources.files("plotly") / "package_data" / "plotly.min.js"
    return FileResponse(str(path), headers=_ALWAYS_ASKED | {"Content-Encoding": "identity"})


async def _job(_: Request) -> Response:
    job = JOBS.current
    if job is None:
        return JSONResponse({"status": "none"}, headers=_NO_STORE)
    progress = job.progress
    told = {name: getattr(progress, name) for name in ("status", "what", "done", "total", "text")}
    return JSONResponse(told, headers=_NO_STORE)


def _error(status: int, error: Exception, said: str | None = None) -> Response:
    return JSONResponse({"error": said or str(error)}, status_code=status, headers=_NO_STORE)
