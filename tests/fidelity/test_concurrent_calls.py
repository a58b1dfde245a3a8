"""Calls from other threads, several at once, and blocks that are not left in the order they were entered."""

import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import LogitsProcessor, TextIteratorStreamer

import tracer
from tests import zoo
from tests.fidelity.capture import run_bare, take_truth
from tests.fidelity.cells import SEED
from tests.fidelity.reading import Reader
from tests.fidelity.surroundings import differences, snapshot
from tests.fidelity.truth import Truth, save_truth
from tracer.errors import AlreadyRecordedError

NEW = {"max_new_tokens": 6}


def _take(model: Any, settings: dict[str, Any], path: Path) -> Truth:
    bare, _ = run_bare(model, settings, seed=SEED)
    truth = take_truth(model, settings, bare, seed=SEED)
    save_truth(truth, path)
    return truth


def _start(model: Any, streamer: Any) -> threading.Thread:
    thread = threading.Thread(target=model.generate, kwargs={**zoo.prompts(1), **NEW, "streamer": streamer})
    thread.start()
    return thread


def test_a_threaded_streamer_always_gives_a_complete_trace(tmp_path: Path) -> None:
    model, tokenizer = zoo.shared("llama", attention="sdpa"), zoo.tokenizer()
    expected = model.generate(**zoo.prompts(1), **NEW)[0, zoo.PROMPT_LENS[0] :].tolist()
    found = []
    for number in range(50):
        streamer = TextIteratorStreamer(tokenizer, skip_prompt=True)
        with tracer.record(model, tokenizer, to=tmp_path / f"{number}.trace"):
            thread = _start(model, streamer)
            text = "".join(streamer)
        thread.join()
        trace = tracer.open_trace(tmp_path / f"{number}.trace")
        found.append((trace.status, trace.calls[0].info.status, [step.token_id for step in trace.steps]))
        assert tokenizer.decode(expected).split() == text.split()
    assert [("complete", "complete", expected)] * 50 == found


def test_a_consumer_that_breaks_after_the_first_token_still_gives_a_whole_call(tmp_path: Path) -> None:
    model, tokenizer = zoo.shared("llama", attention="sdpa"), zoo.tokenizer()
    before = snapshot(model)
    expected = model.generate(**zoo.prompts(1), **NEW)[0, zoo.PROMPT_LENS[0] :].tolist()
    streamer = TextIteratorStreamer(tokenizer, skip_prompt=True)
    with tracer.record(model, tokenizer, to=tmp_path / "broken.trace"):
        thread = _start(model, streamer)
        for _text in streamer:
            break
    assert [] == differences(before, snapshot(model))
    thread.join()
    trace = tracer.open_trace(tmp_path / "broken.trace")
    assert ("complete", expected) == (trace.status, [step.token_id for step in trace.steps])


class _Gate(LogitsProcessor):
    """Holds the call up until `opened` is set; `reached` says that it waits there."""

    def __init__(self) -> None:
        self.reached, self.opened = threading.Event(), threading.Event()

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        self.reached.set()
        self.opened.wait(timeout=60)
        return scores


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Makes Ctrl-C raise, also in a process that a script started in the background, where it is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def _interrupt_main_thread_soon() -> threading.Timer:
    main = threading.main_thread().ident
    assert main is not None
    timer = threading.Timer(0.5, signal.pthread_kill, (main, signal.SIGINT))
    timer.start()
    return timer


def _leave_while_a_call_hangs(model: Any, gate: _Gate, to: Path, error: BaseException | None) -> Future[Any]:
    """Leaves a block with or without an error while a call hangs in it; Ctrl-C comes while leaving waits."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        try:
            with tracer.record(model, None, to=to):
                call = pool.submit(model.generate, **zoo.prompts(1), **NEW, logits_processor=[gate])
                assert gate.reached.wait(timeout=60)
                timer = _interrupt_main_thread_soon()
                if error is not None:
                    raise error
        except KeyboardInterrupt:
            return call
        finally:
            timer.join()
            gate.opened.set()
    raise AssertionError("Ctrl-C was swallowed")


@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize("error", [None, KeyboardInterrupt()], ids=["the first", "the second"])
def test_ctrl_c_while_leaving_stops_waiting_for_a_call_that_hangs(error: Any, tmp_path: Path) -> None:
    model, gate = zoo.build("llama", attention="sdpa"), _Gate()
    before = snapshot(model)
    expected = model.generate(**zoo.prompts(1), **NEW).tolist()
    call = _leave_while_a_call_hangs(model, gate, tmp_path / "hangs.trace", error)
    assert [] == differences(before, snapshot(model))
    assert expected == call.result(timeout=60).tolist()
    trace = tracer.open_trace(tmp_path / "hangs.trace")
    assert ("interrupted", "interrupted") == (trace.status, trace.calls[0].info.status)


def test_two_threads_on_one_model_are_two_calls(tmp_path: Path, reader: Reader) -> None:
    model = zoo.shared("llama", attention="sdpa")
    prompts = {length: {"input_ids": torch.arange(2, 2 + length)[None]} for length in (3, 11)}
    for length, prompt in prompts.items():
        _take(model, {**prompt, **NEW}, tmp_path / f"{length}.npz")
    barrier = threading.Barrier(2)

    def generate(length: int) -> None:
        barrier.wait(timeout=30)
        for _ in range(3):
            model.generate(**prompts[length], **NEW)

    before = snapshot(model)
    with (
        tracer.record(model, None, to=tmp_path / "two.trace"),
        ThreadPoolExecutor(max_workers=2) as pool,
    ):
        list(pool.map(generate, prompts))
    assert [] == differences(before, snapshot(model))
    calls = tracer.open_trace(tmp_path / "two.trace").calls
    assert [3, 3, 3, 11, 11, 11] == sorted(call.info.prompt_len for call in calls)
    truths = [tmp_path / f"{call.info.prompt_len}.npz" for call in calls]
    assert [] == reader.check(tmp_path / "two.trace", truths)


@pytest.mark.parametrize("last", ["first", "second"])
def test_two_blocks_on_two_models_may_be_left_in_any_order(last: str, tmp_path: Path, reader: Reader) -> None:
    models = {"first": zoo.shared("llama", attention="sdpa"), "second": zoo.shared("qwen3", attention="sdpa")}
    for name, model in models.items():
        _take(model, {**zoo.prompts(1), **NEW}, tmp_path / f"{name}.npz")
    before = {name: snapshot(model) for name, model in models.items()}
    blocks = {name: ExitStack() for name in models}
    for name, model in models.items():
        blocks[name].enter_context(tracer.record(model, None, to=tmp_path / f"{name}.trace"))
    calls = dict.fromkeys(models, 1)
    for model in models.values():
        model.generate(**zoo.prompts(1), **NEW)
    blocks["second" if last == "first" else "first"].close()
    for name, model in models.items():
        model.generate(**zoo.prompts(1), **NEW)
        calls[name] += name == last
    blocks[last].close()
    for name, model in models.items():
        assert [] == differences(before[name], snapshot(model))
        assert [] == reader.check(tmp_path / f"{name}.trace", [tmp_path / f"{name}.npz"] * calls[name])


def test_a_model_that_is_not_recorded_is_not_heard(tmp_path: Path, reader: Reader) -> None:
    recorded, other = zoo.shared("llama", attention="sdpa"), zoo.shared("mistral", attention="sdpa")
    _take(recorded, {**zoo.prompts(1), **NEW}, tmp_path / "truth.npz")
    with tracer.record(recorded, None, to=tmp_path / "one.trace"):
        other.generate(**zoo.prompts(1), **NEW)
        recorded.generate(**zoo.prompts(1), **NEW)
        recorded(**zoo.prompts(1))
    assert [] == reader.check(tmp_path / "one.trace", [tmp_path / "truth.npz"])


def test_a_second_block_on_one_model_is_refused(tmp_path: Path) -> None:
    model = zoo.shared("llama", attention="sdpa")
    before = snapshot(model)
    with tracer.record(model, None, to=tmp_path / "outer.trace"):
        inside = snapshot(model)
        with (
            pytest.raises(AlreadyRecordedError, match="record"),
            tracer.record(model, None, to=tmp_path / "inner.trace"),
        ):
            raise AssertionError("the inner block ran")
        assert [] == differences(inside, snapshot(model))
        model.generate(**zoo.prompts(1), **NEW)
    assert [] == differences(before, snapshot(model))
    assert not (tmp_path / "inner.trace").exists()
    assert 6 == len(tracer.open_trace(tmp_path / "outer.trace").steps)
