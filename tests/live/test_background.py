import threading

import pytest
import torch

from tests.tiny_model import save_tiny_model
from tracer.live.background.job import Job, Status
from tracer.live.background.runs import BranchRun, PromptRun
from tracer.live.loading.models import load_model
from tracer.trace.opening import open_trace

SETTINGS = {"do_sample": True, "temperature": 0.9}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return str(save_tiny_model(tmp_path_factory.mktemp("tiny") / "model"))


def finished(work):
    job = Job(work)
    job.wait(60)
    return job.progress


@pytest.fixture
def recorded(tiny, tmp_path):
    run = PromptRun(
        model=tiny, prompt="rain", to=tmp_path / "x.trace", max_new_tokens=8, seed=3, settings=SETTINGS
    )
    assert Status.DONE == finished(run).status
    return open_trace(run.to)


def test_a_recorded_prompt_gives_the_tokens_of_a_bare_run(recorded, tiny):
    model, tokenizer = load_model(tiny)
    messages = [{"role": "user", "content": "rain"}]
    inputs = tokenizer.apply_chat_template(
        messages, add_generation_prompt=True, return_tensors="pt", return_dict=True
    )
    torch.manual_seed(3)
    bare = model.generate(
        input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"], max_new_tokens=8, **SETTINGS
    )

    assert bare[0, inputs["input_ids"].shape[1] :].tolist() == list(recorded.sequence().token_ids)


def test_progress_ends_with_the_text_and_the_trace(tiny, tmp_path):
    progress = finished(
        PromptRun(model=tiny, prompt="rain", to=tmp_path / "x.trace", is_chat=False, max_new_tokens=5)
    )

    sequence = open_trace(progress.path).sequence()
    assert Status.DONE == progress.status
    tokenizer = load_model(tiny)[1]
    assert tokenizer.decode(sequence.token_ids, skip_special_tokens=True) == progress.text
    assert "rain" == sequence.prompt_text


def test_a_stop_keeps_what_was_recorded_until_then(tiny, tmp_path, monkeypatch):
    held, reached = threading.Event(), threading.Event()

    def put(streamer, value):
        original(streamer, value)
        if streamer._ids and len(streamer._ids) == 3:
            reached.set()
            held.wait(30)

    from tracer.live.background.streaming import ReportingStreamer

    original = ReportingStreamer.put
    monkeypatch.setattr(ReportingStreamer, "put", put)
    job = Job(PromptRun(model=tiny, prompt="rain", to=tmp_path / "x.trace", max_new_tokens=60))
    assert reached.wait(60)
    job.stop()
    held.set()
    job.wait(60)

    assert Status.STOPPED == job.progress.status
    assert "interrupted" == open_trace(job.progress.path).calls[0].status
    assert 3 <= len(open_trace(job.progress.path).sequence().token_ids) <= 4


def test_a_stop_before_the_first_token_leaves_no_folder(tiny, tmp_path, monkeypatch):
    def load(*_, progress, **__):
        progress("loading", 0, 0)
        job_is_there.wait(30)
        job.stop()
        progress("loading", 1, 0)

    job_is_there = threading.Event()
    monkeypatch.setattr("tracer.live.background.runs.load_model", load)
    monkeypatch.setattr("tracer.live.background.runs._loaded", {})
    job = Job(PromptRun(model=tiny, prompt="rain", to=tmp_path / "x.trace"))
    job_is_there.set()
    job.wait(60)

    assert (Status.STOPPED, None) == (job.progress.status, job.progress.path)
    assert not (tmp_path / "x.trace").exists()


def test_a_model_that_is_not_there_fails_with_the_reason_and_leaves_no_folder(tmp_path):
    progress = finished(PromptRun(model=str(tmp_path / "none"), prompt="rain", to=tmp_path / "x.trace"))

    assert Status.FAILED == progress.status
    assert str(tmp_path / "none") in progress.error
    assert not (tmp_path / "x.trace").exists()


def test_a_folder_in_use_is_refused_and_kept(recorded, tiny):
    progress = finished(PromptRun(model=tiny, prompt="rain", to=recorded.path))

    assert Status.FAILED == progress.status
    assert "holds a trace already" in progress.error
    assert 8 == len(open_trace(recorded.path).sequence().token_ids)


def test_a_branch_without_a_change_repeats_the_text(recorded, tmp_path):
    progress = finished(BranchRun(step=recorded.steps[3], to=tmp_path / "b.trace"))

    assert Status.DONE == progress.status
    assert recorded.sequence().token_ids == open_trace(progress.path).sequence().token_ids


def test_a_branch_takes_another_token(recorded, tmp_path):
    step = recorded.steps[3]
    other = next(one.token_id for one in step.candidates if one.token_id not in (step.token_id, 0, 1))

    progress = finished(BranchRun(step=step, to=tmp_path / "b.trace", token=other))

    assert other == open_trace(progress.path).sequence().token_ids[3]
