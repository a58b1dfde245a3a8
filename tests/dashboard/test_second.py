"""Which text is compared with the one on screen, and what the views of the comparison are asked."""

from pathlib import Path
from urllib.parse import urlencode

import pytest

from dashboard.data.library import Library, key_of
from dashboard.data.place import Place, place_of
from dashboard.data.second import Named, default_second, found_second, has_several, parent_of
from dashboard.data.views import VIEWS
from tests.analysis.texts import branched_trace, spelled_trace
from tests.dashboard.browser import Served
from tests.dashboard.test_routes import ask, refusal
from tests.synthetic import Synthetic, write_trace
from tracer.errors import TraceFormatError, TracerError
from tracer.pictures.candidate_pairs import PairPicture
from tracer.pictures.comparison import ComparisonPicture
from tracer.pictures.distances import DistancePicture
from tracer.trace.opening import open_trace


def asked(folder: Path, a: str, b: str, **parameters: object) -> Place:
    """Returns the place that a request for two traces of a folder names."""
    named = {"trace": key_of(folder / a), "with": key_of(folder / b), **parameters}
    return place_of(Library(folder), {name: str(value) for name, value in named.items()})


def test_a_branch_is_compared_with_its_parent_at_first(tmp_path: Path) -> None:
    parent = spelled_trace(tmp_path / "parent.trace", 1, 2, 3)
    spelled_trace(tmp_path / "other.trace", 1, 2, 4)
    branch = branched_trace(tmp_path / "branch.trace", parent, 1, 5, step=1, token_id=5)
    library = Library(tmp_path)
    key = key_of(tmp_path / "branch.trace")

    expected = Named(key_of(tmp_path / "parent.trace"), 0, 0)
    assert expected == parent_of(library, library.entries(), branch)
    assert expected == default_second(library, library.entries(), branch, key)


def test_without_its_parent_a_branch_is_compared_with_the_newest_other(tmp_path: Path) -> None:
    elsewhere = spelled_trace(tmp_path / "elsewhere" / "deep" / "deeper" / "parent.trace", 1, 2)
    spelled_trace(tmp_path / "newest.trace", 1, 2)
    created = "2020-01-01T00:00:00+00:00"
    branch = branched_trace(tmp_path / "branch.trace", elsewhere, 1, 5, step=1, created_at=created)
    library = Library(tmp_path)
    key = key_of(tmp_path / "branch.trace")

    assert parent_of(library, library.entries(), branch) is None
    found = default_second(library, library.entries(), branch, key)
    assert Named(key_of(tmp_path / "newest.trace")) == found


def test_traces_that_cannot_be_opened_are_passed_over_and_alone_there_is_nothing(tmp_path: Path) -> None:
    only = open_trace(write_trace(tmp_path / "only.trace"))
    (write_trace(tmp_path / "damaged.trace") / "trace.json").write_text("{", encoding="utf-8")
    library = Library(tmp_path)

    assert default_second(library, library.entries(), only, key_of(only.path)) is None


@pytest.mark.parametrize(
    ("named", "expected"),
    [((0, 1), (0, 1, True)), ((1, 0), (1, 0, True)), ((0, 7), (0, 0, False)), ((9, 1), (0, 1, False))],
)
def test_a_call_or_row_that_is_not_there_becomes_one_that_is(
    named: tuple[int, int], expected: tuple[int, int, bool], tmp_path: Path
) -> None:
    path = write_trace(tmp_path / "several.trace", Synthetic(rows=2), Synthetic(steps=4, seed=1))
    found = found_second(Library(tmp_path), Named(key_of(path), *named))

    assert found is not None
    assert expected == (found.named.call, found.named.row, found.is_as_named)
    assert has_several(found.sequence.call.trace)
    assert found_second(Library(tmp_path), Named("no-such-key")) is None


def test_a_trace_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    path = write_trace(tmp_path / "damaged.trace")
    (path / "trace.json").write_text("{", encoding="utf-8")

    with pytest.raises(TraceFormatError, match="damaged"):
        found_second(Library(tmp_path), Named(key_of(path)))


def test_the_views_compare_what_the_request_names(tmp_path: Path) -> None:
    spelled_trace(tmp_path / "a.trace", 1, 2, 3, 4)
    spelled_trace(tmp_path / "b.trace", 1, 2, 5)
    compared = VIEWS["compare"](asked(tmp_path, "a.trace", "b.trace"))
    apart = VIEWS["compare_distances"](asked(tmp_path, "a.trace", "b.trace", **{"from": 1, "to": 3}))
    beside = VIEWS["compare_candidates"](asked(tmp_path, "a.trace", "b.trace", step=2))
    behind = VIEWS["compare_candidates"](asked(tmp_path, "a.trace", "b.trace", step=3))

    assert isinstance(compared, ComparisonPicture)
    assert (2, 4) == (compared.divergence, len(compared.pairs))
    assert isinstance(apart, DistancePicture)
    assert (1, 2) == apart.steps
    assert isinstance(beside, PairPicture)
    assert beside.rows
    assert isinstance(behind, PairPicture)
    assert ((), "B has no such step: it ended after 3 steps.") == (behind.rows, behind.note)


def test_other_vocabularies_have_no_distances_and_pair_by_text(tmp_path: Path) -> None:
    spelled_trace(tmp_path / "a.trace", 1, 2)
    spelled_trace(tmp_path / "b.trace", 2, 1, words=tuple(f" word{number}" for number in range(12)))
    apart = VIEWS["compare_distances"](asked(tmp_path, "a.trace", "b.trace"))
    beside = VIEWS["compare_candidates"](asked(tmp_path, "a.trace", "b.trace"))

    assert isinstance(apart, DistancePicture)
    assert ((), "The vocabularies differ: KL is impossible.") == (apart.steps, apart.note)
    assert isinstance(beside, PairPicture)
    assert all(row.id_a is None or row.id_b is None for row in beside.rows)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"with": None}, "'with' is missing"),
        ({"with": "../../etc/passwd"}, "is no trace of this dashboard"),
        ({"with_call": "9"}, "is no call"),
        ({"with_row": "-1"}, "with_row=-1 is not between"),
        ({"with_row": "9"}, "is no row"),
    ],
)
@pytest.mark.parametrize("view", ["compare", "compare_distances", "compare_candidates"])
def test_a_wrong_second_place_is_refused(
    view: str, wrong: dict[str, str | None], said: str, served: Served
) -> None:
    given = {"trace": served.key("whole"), "with": served.key("rows-and-calls"), "with_call": "0", **wrong}
    query = urlencode({name: value for name, value in given.items() if value is not None})
    status, text = refusal(served, f"/view/{view}?{query}")

    assert 400 == status
    assert said in text


@pytest.mark.parametrize(("first", "stop"), [("0", "5000"), ("9", "3"), ("-1", "3"), ("0", "x")])
def test_too_many_steps_at_once_are_refused(first: str, stop: str, served: Served) -> None:
    given = {"trace": served.key("whole"), "with": served.key("interrupted"), "from": first, "to": stop}

    assert 400 == refusal(served, f"/view/compare_distances?{urlencode(given)}")[0]


@pytest.mark.parametrize("kind", ["sparse", "no-steps", "no-calls", "damaged-step", "preset-light"])
@pytest.mark.parametrize("view", ["compare", "compare_distances", "compare_candidates"])
def test_a_second_trace_that_lacks_something_gives_words(view: str, kind: str, served: Served) -> None:
    given = {"trace": served.key("whole"), "with": served.key(kind), "step": 0}

    assert ask(served, f"/view/{view}?{urlencode(given)}")[0] in (200, 400, 404)


def test_a_trace_without_calls_cannot_be_second(traces: Path) -> None:
    with pytest.raises(TracerError, match="holds no call"):
        found_second(Library(traces), Named(key_of(traces / "no-calls.trace")))
