import numpy as np
import pytest

from tests.synthetic import Synthetic, write_trace
from tracer.pictures.token_stages import token_table
from tracer.trace.opening import open_trace
from tracer.wording import numbers


@pytest.fixture
def step(tmp_path):
    return open_trace(write_trace(tmp_path / "x.trace")).steps[0]


def test_every_stage_has_a_title_and_a_cell(step):
    table = token_table(step, (step.token_id,))

    assert ("Model", "temperature", "top-k") == table.titles
    assert [3] == [len(row.cells) for row in table.rows]


def test_probability_rank_and_score_are_those_of_the_recorded_scores(step):
    token_id = int(np.argsort(step.logits)[-2])
    probability = float(np.exp(step.logits[token_id] - step.logsumexp[0]))

    cell = token_table(step, (token_id,)).rows[0].cells[0]

    expected = (numbers.percent(probability, "en"), "2nd", numbers.decimal(float(step.logits[token_id])))
    assert expected == (cell.probability, cell.rank, cell.score)


def test_a_removed_token_says_so_once(step):
    token_id = int(np.argmin(step.scores))

    cells = token_table(step, (token_id,)).rows[0].cells

    assert [False, False, True] == [cell.is_removed for cell in cells]
    assert ("removed", "", "") == (cells[-1].probability, cells[-1].rank, cells[-1].score)


def test_without_scores_a_token_that_is_no_candidate_says_what_to_record(tmp_path):
    path = write_trace(tmp_path / "x.trace", Synthetic(), without=("/logits", "/stage-"))
    step = open_trace(path).steps[0]
    candidates = {one.token_id for one in step.candidates}
    other = next(token_id for token_id in range(12) if token_id not in candidates)

    row = token_table(step, (other,)).rows[0]

    assert () == row.cells
    assert "Record again" in row.missing
