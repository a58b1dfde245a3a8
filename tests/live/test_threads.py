from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from tracer.live.replaying.repetition import rerun
from tracer.recording.recorder import record
from tracer.trace.opening import open_trace


@pytest.fixture
def threads() -> Iterator[None]:
    present = torch.get_num_threads()
    yield
    torch.set_num_threads(present)


@pytest.mark.usefixtures("threads")
def test_a_call_is_repeated_with_as_many_threads_as_it_had(demo: tuple[Any, Any], tmp_path: Path) -> None:
    model, tokenizer = demo
    inputs = tokenizer("The rain in Spain", return_tensors="pt")
    torch.set_num_threads(1)
    with record(model, tokenizer, to=tmp_path / "x.trace", preset="light", logits="last"):
        model.generate(**inputs, max_new_tokens=3, do_sample=False)
    trace = open_trace(tmp_path / "x.trace")
    torch.set_num_threads(2)

    assert 1 == trace.manifest.environment.num_threads
    assert rerun(trace, model).holds
    assert 2 == torch.get_num_threads()
