"""Executed lines are kept in the trace, read without torch, and made again only by a run that gives the same tokens."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

import tracer
from tests import zoo
from tests.live.source_lines import families
from tracer.analysis.executed_lines import LineRecord, line_document, read_line_document
from tracer.analysis.kept_lines import Origin, keep_lines, kept_lines
from tracer.errors import ModelError, SignalMissingError, TraceFormatError
from tracer.live.source_lines.line_recording import recording_lines
from tracer.live.source_lines.repeated_lines import repeat_lines
from tracer.trace.trace import Trace


def record_both(path: Path, **settings: Any) -> tuple[Trace, LineRecord]:
    model = families.model("llama")
    with tracer.record(model, None, to=path), recording_lines(model) as lines:
        families.generate("llama", **{**families.SAMPLED, **settings})
    return tracer.open_trace(path), lines.record()


def test_a_document_gives_the_record_back() -> None:
    with recording_lines(families.model("gpt2")) as lines:
        families.generate("gpt2")
    record = lines.record()
    assert record == read_line_document(json.loads(json.dumps(line_document(record), allow_nan=False)))


def test_lines_are_kept_with_the_call_they_were_recorded_with(tmp_path: Path) -> None:
    trace, record = record_both(tmp_path / "a.trace", rows=2)
    assert kept_lines(trace.call(0)) is None
    keep_lines(trace.call(0), record)
    kept = kept_lines(tracer.open_trace(trace.path).call(0))
    assert kept is not None
    assert (record, Origin.RECORDED) == (kept.record, kept.origin)
    assert kept.created_at.startswith("20")


def test_kept_lines_are_read_without_torch(tmp_path: Path) -> None:
    trace, record = record_both(tmp_path / "a.trace")
    keep_lines(trace.call(0), record)
    code = (
        "import sys, tracer\n"
        "from tracer.analysis.kept_lines import kept_lines\n"
        f"kept = kept_lines(tracer.open_trace({str(trace.path)!r}).call(0))\n"
        "assert not {'torch', 'transformers'} & sys.modules.keys()\n"
        "print(len(kept.record.frames))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert str(len(record.frames)) == printed.strip()


def test_lines_of_another_run_are_not_kept(tmp_path: Path) -> None:
    trace, record = record_both(tmp_path / "a.trace")
    with recording_lines(families.model("llama")) as lines:
        families.generate("llama", seed=77, **families.SAMPLED)
    assert record.output_ids != lines.record().output_ids
    with pytest.raises(ValueError, match="These source lines are of another run: row 0, step"):
        keep_lines(trace.call(0), lines.record())


@pytest.mark.parametrize("settings", [families.SAMPLED, families.GREEDY, {"rows": 2, **families.SAMPLED}])
def test_a_recorded_call_is_run_again_for_its_lines(tmp_path: Path, settings: dict[str, Any]) -> None:
    model = families.model("llama")
    with tracer.record(model, None, to=tmp_path / "a.trace"):
        families.generate("llama", seed=11, eos_token_id=list(zoo.EOS_IDS), **settings)
    trace = tracer.open_trace(tmp_path / "a.trace")
    before = torch.get_rng_state()
    record = repeat_lines(trace, model)
    assert torch.equal(before, torch.get_rng_state())
    for sequence in trace.call(0).sequences:
        row = record.output_ids[sequence.row][trace.call(0).info.prompt_len :]
        assert sequence.token_ids == row[: len(sequence.token_ids)]
    kept = kept_lines(trace.call(0))
    assert kept is not None
    assert (record, Origin.REPEATED) == (kept.record, kept.origin)


def test_a_repeated_run_with_other_tokens_is_refused(tmp_path: Path) -> None:
    model = zoo.build("llama")
    with tracer.record(model, None, to=tmp_path / "a.trace"):
        model.generate(**zoo.prompts(1), max_new_tokens=5, do_sample=False)
    with torch.no_grad():
        model.lm_head.weight.neg_()
    trace = tracer.open_trace(tmp_path / "a.trace")
    with pytest.raises(ModelError, match="run again, is not the recorded one: row 0, step 0 gave token"):
        repeat_lines(trace, model)
    assert kept_lines(trace.call(0)) is None


def test_another_model_is_refused(tmp_path: Path) -> None:
    trace, _ = record_both(tmp_path / "a.trace")
    with pytest.raises(ModelError, match="The trace was recorded with class_name='LlamaForCausalLM'"):
        repeat_lines(trace, families.model("gpt2"))


def test_a_call_that_cannot_begin_again_is_refused(tmp_path: Path) -> None:
    model = families.model("llama")
    embeds = model.get_input_embeddings()(zoo.prompts(1)["input_ids"]).detach()
    with tracer.record(model, None, to=tmp_path / "a.trace"):
        model.generate(inputs_embeds=embeds, max_new_tokens=3, do_sample=False)
    with pytest.raises(
        SignalMissingError, match="cannot be run again: the prompt was not given as token ids"
    ):
        repeat_lines(tracer.open_trace(tmp_path / "a.trace"), model)


@pytest.mark.parametrize("change", [{"version": 99}, {"record": {}}, {"origin": "guessed"}, {"record": 3}])
def test_damaged_lines_are_a_format_error(tmp_path: Path, change: dict[str, Any]) -> None:
    trace, record = record_both(tmp_path / "a.trace")
    path = keep_lines(trace.call(0), record)
    assert path is not None
    document = json.loads(path.read_text(encoding="utf-8"))
    document["document"] |= change
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(TraceFormatError, match=r"The source lines 'source-lines-000' of .* cannot be read"):
        kept_lines(trace.call(0))
