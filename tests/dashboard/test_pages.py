"""Every page of the bar over every kind of trace, through Streamlit's own test runner: words instead of tracebacks."""

from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import navigation
from dashboard.data import checks, current
from dashboard.data.library import key_of
from dashboard.navigation import PAGES, PageEntry
from tests.dashboard.made_traces import DAMAGED, KINDS, WHOLE

MAIN = Path(current.__file__).parents[1] / "main.py"
ABOUT_TRACES = tuple(page for page in PAGES if page.has_trace)
LONGEST_S = 60


@pytest.fixture
def shown(traces: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Makes this process show the traces, none of them checked yet, and afterwards those that it showed before."""
    monkeypatch.setattr(checks, "_found", OrderedDict())
    before = current.library().root
    current.show(traces)
    yield traces
    current.show(before)


def opened(page: PageEntry, monkeypatch: pytest.MonkeyPatch, **query: str) -> AppTest:
    """Runs the script once with a page in front; `query` is the address."""
    others = tuple(one for one in PAGES if one is not page)
    monkeypatch.setattr(navigation, "PAGES", (page, *others))
    app = AppTest.from_file(str(MAIN), default_timeout=LONGEST_S)
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def texts(app: AppTest) -> str:
    """All notices of a page."""
    return "\n".join(one.value.replace("\\", "") for one in (*app.error, *app.warning, *app.info))


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
@pytest.mark.parametrize("kind", KINDS)
def test_every_page_shows_every_trace(
    kind: str, page: PageEntry, lang: str, shown: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(page, monkeypatch, trace=key_of(shown / f"{kind}.trace"), lang=lang)

    assert [] == list(app.exception)


@pytest.mark.parametrize("page", ABOUT_TRACES, ids=lambda page: page.name)
@pytest.mark.parametrize("kind", DAMAGED)
def test_a_damaged_trace_is_named_with_what_to_do(
    kind: str, page: PageEntry, shown: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(page, monkeypatch, trace=key_of(shown / f"{kind}.trace"))

    assert [] == list(app.exception)
    assert kind in app.error[0].value.replace("\\", "")


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("interrupted", "was interrupted"),
        ("left-open", "was interrupted"),
        ("faulted", "Recording failed"),
        ("no-steps", "has no steps"),
        ("no-calls", "holds no call"),
    ],
)
def test_what_is_not_whole_says_so_across_the_top(
    kind: str, said: str, shown: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(PAGES[0], monkeypatch, trace=key_of(shown / f"{kind}.trace"))

    assert said in texts(app)


@pytest.mark.parametrize("kind", WHOLE)
def test_a_whole_trace_says_nothing_across_the_top(
    kind: str, shown: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "" == texts(opened(PAGES[0], monkeypatch, trace=key_of(shown / f"{kind}.trace")))


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"trace": "no-such-key"}, "a trace that is not here"),
        ({"call": "7"}, "a call that this trace does not have"),
        ({"row": "2"}, "a row that this call does not have"),
        ({"step": "3"}, "a step that this text does not have"),
        ({"step": "-1"}, "a step that this text does not have"),
        ({"step": "9" * 30}, "a step that this text does not have"),
        ({"step": "<script>"}, "a step that this text does not have"),
        ({"layer": "99"}, "a layer that this model does not have"),
        ({"head": "4"}, "an attention head that this model does not have"),
        ({"source": "8"}, "a position that this text does not have"),
        ({"rival": "12"}, "a token that this vocabulary does not have"),
    ],
)
def test_a_link_that_names_what_is_not_there_shows_something_else_and_says_so(
    query: dict[str, str], said: str, shown: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = {"trace": key_of(shown / "rows-and-calls.trace"), **query}
    app = opened(PAGES[0], monkeypatch, **named)

    assert said in texts(app)
    assert [] == list(app.exception)
    assert said not in texts(app.run())


def test_a_link_opens_call_row_and_selection(shown: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = {"call": "0", "row": "1", "step": "2", "layer": "1", "head": "3"}
    app = opened(PAGES[0], monkeypatch, trace=key_of(shown / "rows-and-calls.trace"), **named)
    place = app.session_state["place"]

    assert (0, 1, 2, {"layer": 1, "head": 3}) == (place.call, place.row, place.step, dict(place.selection))


def test_without_a_link_a_trace_with_steps_opens(shown: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert opened(PAGES[0], monkeypatch).session_state["place"].count > 0


def test_another_trace_call_and_row_can_be_chosen(shown: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(PAGES[0], monkeypatch, trace=key_of(shown / "whole.trace"))
    assert ["bar-trace"] == [box.key for box in app.selectbox if str(box.key).startswith("bar-")]

    app.selectbox(key="bar-trace").set_value(key_of(shown / "rows-and-calls.trace")).run()
    app.selectbox(key="bar-row").set_value(1).run()
    assert (0, 1) == (app.session_state["place"].call, app.session_state["place"].row)

    app.selectbox(key="bar-call").set_value(1).run()
    place = app.session_state["place"]
    assert ("rows-and-calls", 1, 0, 4) == (place.entry.name, place.call, place.row, place.count)


def test_the_chooser_names_model_and_status(shown: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = opened(PAGES[0], monkeypatch).selectbox(key="bar-trace").options

    assert {"whole · synthetic · complete", "interrupted · synthetic · interrupted"} <= set(options)
    assert "damaged-manifest · cannot be read" in options


def test_failed_checks_are_said_across_the_top(shown: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dashboard.data.checks import checked, failed_checks

    app = opened(PAGES[0], monkeypatch, trace=key_of(shown / "whole.trace"))
    trace = app.session_state["place"].trace
    assert 0 == failed_checks(trace)

    failing = sum(check.verdict == "fails" for check in checked(trace).checks)
    assert failing > 0  # the noise of a synthetic trace is made up
    assert f"Failed checks of this trace: {failing}." in texts(app.run())


def test_projector_mode_has_neither_chooser_nor_view_button(
    shown: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(PAGES[0], monkeypatch, projector="1")
    assert [] == [box.key for box in app.selectbox if str(box.key).startswith("bar-")]

    app.button(key="leave-projector").click().run()
    assert "bar-trace" in [box.key for box in app.selectbox]
    assert "projector" not in app.query_params


def test_an_error_that_nobody_foresaw_is_told_in_words_that_are_only_text(
    shown: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = AppTest.from_function(_unforeseen).run()

    (error,) = app.error
    assert "KeyError: '<b>![x](y)'" in texts(app)
    assert "![" not in error.value


def _unforeseen() -> None:
    from dashboard.app import say_error

    say_error(KeyError("<b>![x](y)"))
