"""A branch beside its parent is what both traces hold, and only its own parent is taken."""

from pathlib import Path
from typing import Any

import pytest

from tests.analysis.texts import branched_trace, spelled_trace
from tracer.analysis.branch_comparison import compare_branch

PARENT = (9, 1, 7, 5)


def test_each_step_has_the_tokens_and_probabilities_of_both(tmp_path: Path) -> None:
    parent = spelled_trace(tmp_path / "a.trace", *PARENT)
    branch = branched_trace(tmp_path / "b.trace", parent, 9, 1, 2, 5, step=2, token_id=2)
    found = compare_branch(parent, branch)

    assert (2, "·ra", 2) == (found.leaves_at, found.token, found.differs_at)
    assert [True, True, False, True] == [one.is_same for one in found.steps]
    for trace, tokens in (
        (parent, [one.parent for one in found.steps]),
        (branch, [one.branch for one in found.steps]),
    ):
        steps = trace.sequence().steps
        assert [one.token_id for one in steps] == [one.token_id for one in tokens if one]
        assert [one.probability for one in steps] == [one.probability for one in tokens if one]
    assert [True, True, True, False] == [one.branch.is_forced for one in found.steps if one.branch]
    assert not any(one.parent.is_forced for one in found.steps if one.parent)


def test_a_shorter_text_has_no_token_at_the_end(tmp_path: Path) -> None:
    parent = spelled_trace(tmp_path / "a.trace", *PARENT)
    shorter = branched_trace(tmp_path / "b.trace", parent, 9, 1, 8, step=2)
    longer = branched_trace(tmp_path / "c.trace", parent, 9, 1, 7, 5, 3, step=3)

    assert compare_branch(parent, shorter).steps[3].branch is None
    assert compare_branch(parent, longer).steps[4].parent is None
    assert compare_branch(parent, longer).differs_at is None


def test_a_branch_that_never_began_has_no_token(tmp_path: Path) -> None:
    parent = spelled_trace(tmp_path / "a.trace", *PARENT)
    found = compare_branch(parent, branched_trace(tmp_path / "b.trace", parent, step=2))

    assert 4 == len(found.steps)
    assert {None} == {one.branch for one in found.steps}
    assert found.differs_at is None


def test_a_moved_parent_is_still_the_parent(tmp_path: Path) -> None:
    parent = spelled_trace(tmp_path / "a.trace", *PARENT)
    branch = branched_trace(tmp_path / "b.trace", parent, *PARENT, step=2, trace="gone.trace")

    assert "gone.trace" == compare_branch(parent, branch).origin.trace


def test_a_trace_that_is_no_branch_is_refused(tmp_path: Path) -> None:
    trace = spelled_trace(tmp_path / "a.trace", *PARENT)

    with pytest.raises(ValueError, match=r"a\.trace' is no branch: it names no parent"):
        compare_branch(trace, trace)


@pytest.mark.parametrize(
    ("tokens", "origin"), [((9, 1, 7, 5), {"created_at": "2020-01-01T00:00:00+00:00"}), ((9, 3, 7, 5), {})]
)
def test_another_parent_is_refused(tmp_path: Path, tokens: tuple[int, ...], origin: dict[str, Any]) -> None:
    parent = spelled_trace(tmp_path / "a.trace", *PARENT)
    branch = branched_trace(tmp_path / "b.trace", parent, *tokens, step=2, trace="other.trace", **origin)

    with pytest.raises(
        ValueError, match=r"is a branch of 'other\.trace', recorded at .*, and not of '.*a\.trace'"
    ):
        compare_branch(parent, branch)
