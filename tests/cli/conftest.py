"""A tiny model, a trace of it, and `tracer` as a function."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.tiny_model import save_tiny_model
from tracer.cli.main import main


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command left: exit code, stdout, stderr."""

    code: int
    out: str
    err: str

    @property
    def paragraph(self) -> str:
        """The error, which must be one paragraph on stderr and exit code 2."""
        assert self.code == 2
        assert "Traceback" not in self.err
        assert len(self.err.strip().splitlines()) == 1
        return self.err.strip()


Command = Callable[..., Outcome]


@pytest.fixture
def tracer(capsys: pytest.CaptureFixture[str]) -> Command:
    """Returns a function that runs `tracer ARGUMENTS` in this process."""

    def run(*arguments: object) -> Outcome:
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return Outcome(int(end.value.code or 0), printed.out, printed.err)

    return run


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns the folder of a tiny random model with its tokenizer."""
    return save_tiny_model(tmp_path_factory.mktemp("tiny") / "model")


@pytest.fixture(scope="session")
def recorded(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns a trace: one call with two sequences, then one call with one."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from tracer.recording.recorder import record

    model, tokenizer = AutoModelForCausalLM.from_pretrained(tiny), AutoTokenizer.from_pretrained(tiny)
    inputs = tokenizer("rain", return_tensors="pt")
    path = tmp_path_factory.mktemp("traces") / "several.trace"
    with torch.random.fork_rng(), record(model, tokenizer, to=path):
        torch.manual_seed(1)
        model.generate(**inputs, max_new_tokens=3, do_sample=True, top_k=9, num_return_sequences=2)
        model.generate(**inputs, max_new_tokens=4, do_sample=False)
    return path
