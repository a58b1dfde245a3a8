"""A branch below its parent: the recorded probabilities, the shared steps in gray, the mark between them."""

from pathlib import Path

import pytest

from tests.analysis.texts import branched_trace, spelled_trace
from tracer.figures.branch_rows import MOST_TOKENS, branch_paths
from tracer.figures.labels import CHOSEN, MARKED, OTHER
from tracer.trace.trace import Trace


@pytest.fixture
def parent(tmp_path: Path) -> Trace:
    """Returns the trace that is branched from."""
    return spelled_trace(tmp_path / "a.trace", 9, 1, 7, 5)


def test_both_rows_have_the_recorded_probabilities_and_the_shared_steps_are_gray(
    parent: Trace, tmp_path: Path
) -> None:
    branch = branched_trace(tmp_path / "b.trace", parent, 9, 1, 8, step=2, token_id=8, seed=4)
    figure = branch_paths(parent, branch)
    old, new = ([100.0 * step.probability for step in trace.steps] for trace in (parent, branch))

    assert [old[:2], old[2:], new[:2], new[2:]] == [list(bars.y) for bars in figure.data]
    assert [[0, 1], [2, 3], [0, 1], [2]] == [list(bars.x) for bars in figure.data]
    assert [OTHER, MARKED, OTHER, CHOSEN] == [bars.marker.color for bars in figure.data]
    assert ["y", "y", "y2", "y2"] == [bars.yaxis for bars in figure.data]
    assert [True, True, False, True] == [bars.showlegend for bars in figure.data]
    assert ("A  0", "·rain  1", ".  2", "s  3") == figure.layout.xaxis.ticktext
    assert ("A  0", "·rain  1", "&lt;end&gt;  2") == figure.layout.xaxis2.ticktext
    assert "probability (%)" == figure.layout.yaxis.title.text == figure.layout.yaxis2.title.text
    assert "step (0-based)" == figure.layout.xaxis2.title.text
    assert figure.layout.xaxis.range == figure.layout.xaxis2.range


def test_the_mark_stands_before_the_step_and_the_title_says_what_was_changed(
    parent: Trace, tmp_path: Path
) -> None:
    settings = {"temperature": 1.5}
    branch = branched_trace(
        tmp_path / "b.trace", parent, 9, 1, 8, step=2, token_id=8, seed=4, settings=settings
    )
    figure, chinese = branch_paths(parent, branch), branch_paths(parent, branch, lang="zh")

    assert (1.5, 1.5) == (figure.layout.shapes[0].x0, figure.layout.shapes[0].x1)
    assert "leaves at step 2" == figure.layout.annotations[0].text
    assert (
        "Branch at step 2: token <b>&lt;end&gt;</b>, seed 4 and temperature 1.5"
        "<br><sub>The tokens differ from step 2 on.</sub>"
    ) == figure.layout.title.text
    assert chinese.layout.title.text.startswith(
        "在第 2 步分支：token <b>&lt;end&gt;</b>、种子 4、temperature 1.5<br>"
    )


@pytest.mark.parametrize(
    ("tokens", "origin", "said"),
    [
        (
            (9, 1, 7, 5),
            {},
            "Branch at step 2: nothing changed<br><sub>As far as both go, the tokens are the same.",
        ),
        ((9, 1), {}, "The branch ended before the step at which it leaves."),
        ((), {}, "The branch ended before the step at which it leaves."),
        ((9, 1, 8), {"repeats_prefix": False}, "Even before it the raw logits have other bits"),
    ],
)
def test_what_is_not_to_be_seen_is_said(
    parent: Trace, tmp_path: Path, tokens: tuple[int, ...], origin: dict[str, object], said: str
) -> None:
    figure = branch_paths(parent, branched_trace(tmp_path / "b.trace", parent, *tokens, step=2, **origin))

    assert said in figure.layout.title.text
    assert len(parent.steps) + len(tokens) == sum(len(bars.x) for bars in figure.data)


def test_a_branch_at_the_first_step_shares_nothing(parent: Trace, tmp_path: Path) -> None:
    figure = branch_paths(parent, branched_trace(tmp_path / "b.trace", parent, 3, 3, step=0))

    assert [0, 4, 0, 2] == [len(bars.x) for bars in figure.data]
    assert -0.5 == figure.layout.shapes[0].x0


def test_without_any_step_the_figure_says_so(tmp_path: Path) -> None:
    parent = spelled_trace(tmp_path / "empty.trace")
    figure = branch_paths(parent, branched_trace(tmp_path / "b.trace", parent, step=0))

    assert () == figure.data
    assert "No step was recorded." == figure.layout.annotations[0].text


def test_a_long_text_has_numbers_in_place_of_tokens(tmp_path: Path) -> None:
    parent = spelled_trace(tmp_path / "long.trace", *[3] * (MOST_TOKENS + 1))
    figure = branch_paths(parent, branched_trace(tmp_path / "b.trace", parent, 3, 3, step=1))

    assert figure.layout.xaxis.ticktext is None
