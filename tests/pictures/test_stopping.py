from dataclasses import replace

import pytest

from tests.synthetic import write_trace
from tracer.analysis.explanation import Verdict, explain
from tracer.pictures.stopping import stopping_picture
from tracer.trace.opening import open_trace


@pytest.fixture
def explanation(tmp_path):
    return explain(open_trace(write_trace(tmp_path / "x.trace")).steps[0])


def test_each_criterion_answers_in_words(explanation):
    verdicts = (Verdict("MaxLengthCriteria", False, 20, 6), Verdict("EosTokenCriteria", True, None, 6))

    picture = stopping_picture(replace(explanation, verdicts=verdicts, is_finished=True))

    assert "Generation stopped after this token." == picture.headline
    assert [("6 of at most 20 tokens", False), (f"`{explanation.chosen.token}` is a stop token", True)] == [
        (line.text, line.is_stop) for line in picture.lines
    ]


def test_where_nobody_was_asked_it_says_so(explanation):
    picture = stopping_picture(replace(explanation, verdicts=(), is_finished=False), "zh")

    assert ("没有记录停止条件。", ()) == (picture.headline, picture.lines)


def test_where_nobody_asked_to_stop_it_went_on(explanation):
    verdicts = (Verdict("MaxLengthCriteria", False, 20, 6),)

    picture = stopping_picture(replace(explanation, verdicts=verdicts, is_finished=False))

    assert "No criterion asked to stop, so generation went on." == picture.headline
