"""Recorded calls of a tiny Llama, made once, and copies of them to tamper with."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import tracer
from tests import zoo
from tracer.trace.trace import Trace

SAMPLING: dict[str, Any] = {
    "do_sample": True,
    "temperature": 0.7,
    "top_k": 20,
    "top_p": 0.9,
    "min_p": 0.01,
    "typical_p": 0.95,
    "repetition_penalty": 1.2,
    "no_repeat_ngram_size": 3,
    "bad_words_ids": [[5], [6, 7]],
    "sequence_bias": [[[9], 2.5], [[3, 4], -1.0]],
    "min_new_tokens": 2,
}


def record_call(
    path: Path, *, rows: int = 3, recording: dict[str, Any] | None = None, **generation: Any
) -> Trace:
    """Returns the trace of one call of the tiny Llama on left-padded prompts."""
    model = zoo.shared("llama")
    torch.manual_seed(0)
    settings = {"eos_token_id": list(zoo.EOS_IDS), "pad_token_id": zoo.PAD_ID, "max_new_tokens": 12}
    with tracer.record(model, None, to=path, **(recording or {})) as running:
        model.generate(**zoo.prompts(rows), **{**settings, **generation})
    assert running.fault is None
    return tracer.open_trace(path)


@pytest.fixture(scope="session")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> Trace:
    """Three rows, sampled, with nearly every processor that a setting can switch on."""
    return record_call(tmp_path_factory.mktemp("sampled") / "a.trace", **SAMPLING)


@pytest.fixture(scope="session")
def greedy(tmp_path_factory: pytest.TempPathFactory) -> Trace:
    """Two rows, greedy, no processors."""
    return record_call(tmp_path_factory.mktemp("greedy") / "a.trace", rows=2, do_sample=False)


@pytest.fixture
def copied(tmp_path: Path) -> Callable[[Trace], Path]:
    """Returns a function that copies a trace to a folder of the test's own."""

    def copy(trace: Trace) -> Path:
        return Path(shutil.copytree(trace.path, tmp_path / "copy.trace"))

    return copy
