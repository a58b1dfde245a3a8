"""The way from a trace to its steps: what is there, what is ambiguous, what is named wrongly."""

from pathlib import Path

import numpy as np
import pytest

from tests.synthetic import Synthetic, manifest, write_trace
from tracer.errors import AmbiguousStepError, SignalMissingError
from tracer.store.writer import TraceWriter
from tracer.trace.opening import open_trace


@pytest.fixture
def batch(tmp_path: Path) -> Path:
    return write_trace(tmp_path / "a.trace", Synthetic(rows=3), Synthetic(steps=1, seed=1))


def test_one_sequence_needs_no_name(tmp_path: Path) -> None:
    synthetic = Synthetic()
    trace = open_trace(str(write_trace(tmp_path / "a.trace", synthetic)))
    assert synthetic.token_ids[:, 0].tolist() == [step.token_id for step in trace.steps]
    assert trace.step(2).index == 2
    assert trace.step(2, call=0, row=0).token_id == trace.calls[0].sequences[0].steps[2].token_id


def test_several_sequences_must_be_named(batch: Path) -> None:
    trace = open_trace(batch)
    expected = (
        r"holds several sequences \(call 0: rows 0 to 2, 9 steps; call 1: row 0, 1 step\), and none was "
        r"named\. "
        r"Type trace\.calls\[1\]\.sequences\[0\]\.steps\[0\], .* on the command line --call 1 --row 0\."
    )
    with pytest.raises(AmbiguousStepError, match=expected):
        _ = trace.steps
    with pytest.raises(AmbiguousStepError, match=expected):
        trace.step(0)
    with pytest.raises(AmbiguousStepError, match=expected):
        trace.step(0, call=0)
    assert trace.step(0, call=1).call.index == 1
    assert trace.step(1, call=0, row=2).sequence.row == 2


def test_what_is_not_there_is_named(batch: Path) -> None:
    trace = open_trace(batch)
    with pytest.raises(ValueError, match=r"call=7 is no call of this trace: there is 0 to 1. Type call=0."):
        trace.step(0, call=7)
    with pytest.raises(ValueError, match=r"row=3 is no row of this trace: there is 0 to 2. Type row=0."):
        trace.step(0, call=0, row=3)
    with pytest.raises(ValueError, match=r"step=-1 is no step of this trace: there is only 0. Type step=0."):
        trace.step(-1, call=1)


def test_a_trace_without_calls_says_so(tmp_path: Path) -> None:
    TraceWriter(tmp_path / "a.trace", manifest(), overwrite=False).close("complete")
    trace = open_trace(tmp_path / "a.trace")
    assert trace.calls == ()
    with pytest.raises(
        SignalMissingError, match="holds no call: it is complete, and no generate call was recorded"
    ):
        _ = trace.steps


def test_prompts_are_given_without_padding(batch: Path) -> None:
    sequences = open_trace(batch).calls[0].sequences
    assert [(1, 2, 3, 4, 5), (1, 2, 3, 4), (1, 2, 3)] == [sequence.prompt_ids for sequence in sequences]
    assert [5, 4, 3] == [len(sequence.prompt_ids) for sequence in sequences]


def test_prompts_are_shared_by_the_sequences_they_return(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "a.trace", manifest(), overwrite=False)
    info = Synthetic(rows=2).info(num_rows=4, num_return_sequences=2)
    writer.begin_call(info).end(info)
    writer.close("complete")
    sequences = open_trace(tmp_path / "a.trace").calls[0].sequences
    assert [5, 5, 4, 4] == [len(sequence.prompt_ids) for sequence in sequences]


def test_a_call_that_never_said_its_prompt_has_none(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "a.trace", manifest(), overwrite=False)
    info = Synthetic().info(prompt_ids=[], prompt_mask=None)
    writer.begin_call(info).end(info)
    writer.close("complete")
    with pytest.raises(
        SignalMissingError, match=r"Call 0 of '.*a.trace' has no prompt: it was interrupted before"
    ):
        _ = open_trace(tmp_path / "a.trace").calls[0].sequences[0].prompt_ids


def test_a_call_says_its_stages_and_criteria(batch: Path) -> None:
    call = open_trace(batch).calls[0]
    assert call.stage_names == ("logits", "TemperatureLogitsWarper", "TopKLogitsWarper")
    assert call.criterion_names == ("EosTokenCriteria", "EosTokenCriteria 2")
    assert [1, 2] == [processor.stage for processor in call.processors]
    assert len(call.criteria) == 2


def test_representations_say_what_is_there(batch: Path) -> None:
    trace = open_trace(batch)
    assert f"<Trace {str(batch)!r}: synthetic, 2 calls, complete, {trace.nbytes:,} bytes>" == repr(trace)
    assert [repr(call) for call in trace.calls] == [
        "<Call 0: sample, 3 rows, complete>",
        "<Call 1: sample, 1 row, complete>",
    ]
    step = trace.step(0, call=1)
    assert f"<Step 0: {step.token!r}, id {step.token_id}, prefill>" == repr(step)
    assert repr(step.sequence) == "<Sequence 0 of call 1: 1 steps>"


def test_text_without_a_vocabulary_shows_ids(tmp_path: Path) -> None:
    sequence = open_trace(write_trace(tmp_path / "a.trace")).calls[0].sequences[0]
    assert sequence.prompt_text == "#1 #2 #3 #4 #5"
    assert sequence.text == " ".join(f"#{token_id}" for token_id in sequence.token_ids)


def test_rows_end_where_they_finished(tmp_path: Path) -> None:
    path = tmp_path / "a.trace"
    writer = TraceWriter(path, manifest(), overwrite=False)
    call = writer.begin_call(Synthetic(rows=2).info())
    for row, step in ((1, 0), (0, 0), (1, 1)):
        call.add_row("steps", {"sequence": row, "step": step, "token_id": 10 * row + step})
    call.end(Synthetic(rows=2).info())
    writer.close("complete")
    sequences = open_trace(path).calls[0].sequences
    assert [(0,), (10, 11)] == [sequence.token_ids for sequence in sequences]
    assert [[0], [0, 1]] == [[step.index for step in sequence.steps] for sequence in sequences]
    assert np.array_equal([0, 1], [sequence.row for sequence in sequences])
