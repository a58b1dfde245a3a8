"""Forks are listed in the order of their steps, each with the two that were near."""

from tracer.analysis.forks import forks_of
from tracer.pictures.forks import forks_picture
from tracer.samples import sample_paths
from tracer.trace.opening import open_trace


def test_every_fork_has_a_line_with_both_tokens() -> None:
    sequence = open_trace(sample_paths()[0]).sequence()
    picture = forks_picture(sequence)

    assert [fork.step for fork in forks_of(sequence)] == [row.step for row in picture.rows]
    assert "`·ra` 34.6 %, `·rain` 33.8 %" in [row.reason for row in picture.rows]
    assert f"Forks ({len(picture.rows)})" in picture.title


def test_it_speaks_chinese() -> None:
    assert "分岔" in forks_picture(open_trace(sample_paths()[0]).sequence(), "zh").title
