"""What ships with the package is what `make samples` makes."""

import sys
from importlib import util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

import tracer
from tracer.samples import sample_paths
from tracer.trace.opening import open_trace
from tracer.trace.trace import Trace


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    """Returns `examples/make_samples.py` as a module."""
    path = Path(__file__).parents[2] / "examples" / "make_samples.py"
    spec = util.spec_from_file_location("make_samples", path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["make_samples"] = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def entries(trace: Trace) -> list[str]:
    return sorted(trace.files.calls[0].arrays)


def test_the_samples_are_made_again_as_they_are(maker: ModuleType, tmp_path: Path) -> None:
    num_threads = torch.get_num_threads()
    model, tokenizer = tracer.load_model("demo", device="cpu")
    try:
        torch.set_num_threads(1)
        for sample, path in zip(maker.SAMPLES, sample_paths(), strict=True):
            made = maker.make(sample, model, tokenizer, tmp_path / f"whole-{path.name}", tmp_path / path.name)
            check_same(open_trace(path), made)
    finally:
        torch.set_num_threads(num_threads)


def check_same(shipped: Trace, made: Trace) -> None:
    """The same text, arrays and documents; numbers as near as another machine's rounding leaves them."""
    assert shipped.sequence().prompt_ids == made.sequence().prompt_ids
    assert shipped.sequence().token_ids == made.sequence().token_ids
    assert entries(shipped) == entries(made)
    assert shipped.calls[0].info.missing == made.calls[0].info.missing
    assert sorted(file.name for file in shipped.path.rglob("*")) == sorted(
        file.name for file in made.path.rglob("*")
    )
    for expected, got in zip(shipped.steps, made.steps, strict=True):
        assert abs(expected.model_probability - got.model_probability) < 1e-4
        assert np.isclose(expected.logsumexp, got.logsumexp, atol=1e-3).all()
