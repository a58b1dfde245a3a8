"""The forwards of a call: read as columns, listed parts only when asked for, equal by what they say."""

from pathlib import Path
from unittest.mock import patch

import pytest

import tracer
from tests import synthetic
from tracer.trace.forward import Forward
from tracer.trace.forward_table import ForwardTable
from tracer.trace.trace import Trace


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Returns a trace of two shards."""
    return synthetic.write_trace(tmp_path / "a.trace", synthetic.Synthetic(steps=5), steps_per_shard=3)


@pytest.fixture
def trace(path: Path) -> Trace:
    return tracer.open_trace(path)


def test_forwards_are_a_tuple_in_order(trace: Trace) -> None:
    forwards = trace.calls[0].forwards

    assert isinstance(forwards, tuple)
    assert list(range(5)) == [one.index for one in forwards]
    assert forwards is trace.calls[0].forwards
    assert (forwards[2],) == trace.calls[0].forwards_by_step[2] == trace.steps[2].forwards


def test_going_through_all_forwards_reads_no_list_of_a_row(trace: Trace) -> None:
    with patch.object(ForwardTable, "items", side_effect=AssertionError("a list was read")):
        ends = [(one.phase, one.position_end, one.is_auxiliary) for one in trace.calls[0].forwards]
        views = [one.view(1) for one in trace.calls[0].forwards]

    assert 5 == len(set(ends)) == len(set(views))


def test_a_view_is_the_one_of_all_views(trace: Trace) -> None:
    for forward in trace.calls[0].forwards:
        assert forward.views == tuple(forward.view(view.layer) for view in forward.views)
        assert len(forward.views) == trace.model.num_hidden_layers
        assert forward.view(99) is None


def test_forwards_are_equal_by_what_they_say(trace: Trace, path: Path) -> None:
    again = tracer.open_trace(path).calls[0].forwards

    assert trace.calls[0].forwards == again
    assert trace.calls[0].forwards[1] != again[2]
    assert {*trace.calls[0].forwards} == {*again}
    assert again[0] != "a forward"


def test_the_table_is_read_once_for_forwards_and_cache(trace: Trace) -> None:
    call = trace.calls[0]
    with patch.object(type(call.files), "table", autospec=True, side_effect=type(call.files).table) as read:
        columns = call.cache_columns
        assert len(call.forwards) == len(columns.steps)
        assert columns is call.cache_columns

    assert 1 == read.call_count


def test_forwards_that_were_written_out_of_order_stand_in_order(trace: Trace) -> None:
    table = ForwardTable(trace.calls[0].files)
    backwards = table.table.take(list(range(4, -1, -1)))
    with patch.object(type(table.files), "table", return_value=backwards):
        assert list(range(5)) == ForwardTable(table.files).scalars["forward"]


def test_a_forward_shows_its_numbers_and_no_file(trace: Trace) -> None:
    forward = trace.calls[0].forwards[0]

    assert isinstance(forward, Forward)
    assert repr(forward).startswith("Forward(index=0, step=0, phase=<Phase.PREFILL")
    assert "table" not in repr(forward)
